import type { TimerHandle } from "../environment/environment.js";
import { ConnectionError, toError, type ConnectionErrorCode } from "../errors.js";
import { logger } from "../logger.js";
import type { Settings } from "../options.js";
import type { Link } from "./link.js";
import { Liveness } from "./liveness.js";

/** Runs what `Liveness` decides, for one link after another. */
export class Heartbeat {
  readonly #settings: Settings;
  readonly #onLost: (error: ConnectionError) => void;
  readonly #liveness: Liveness;
  #link: Link | undefined;
  #timer: TimerHandle;

  /** @param onLost called when the link can't be alive */
  constructor(settings: Settings, onLost: (error: ConnectionError) => void) {
    this.#settings = settings;
    this.#onLost = onLost;
    const { pingFrame, keepAliveIntervalInMs, keepAliveTimeoutInMs } = settings;
    const [interval, timeout] =
      pingFrame === undefined ? [0, 0] : [keepAliveIntervalInMs, keepAliveTimeoutInMs];
    this.#liveness = new Liveness(interval, timeout, () => this.ping(this.#link));
  }

  begin(link: Link | undefined): void {
    this.#link = link;
    this.#look(this.#liveness.begin(this.#settings.environment.now()));
  }

  end(): void {
    this.#settings.environment.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#link = undefined;
  }

  /** A frame has come. */
  heard(): void {
    this.#liveness.heard();
  }

  /** Asks for a sign of life out of turn. */
  probe(): void {
    if (!this.#lostUnheard()) this.#look(this.#liveness.probe(this.#settings.environment.now()));
  }

  /** Sends a ping and tells whether it could. */
  ping(link: Link | undefined): boolean {
    const { pingFrame } = this.#settings;
    if (pingFrame === undefined || link?.open !== true) return false;
    try {
      link.send(pingFrame);
      return true;
    } catch (thrown) {
      logger.info(`A ping could not be sent: ${toError(thrown).message}`);
      return false;
    }
  }

  /** Looks again at a given time. */
  #look(due: number): void {
    const { environment } = this.#settings;
    environment.clearTimer(this.#timer);
    this.#timer = undefined;
    if (due === Infinity) return;
    this.#timer = environment.setTimer(
      () => {
        if (this.#lostUnheard()) return;
        const step = this.#liveness.tick(environment.now());
        if (step.dead) {
          this.#lose("NoAnswer", "The service has not answered in time; the connection is given up.");
        } else {
          this.#look(step.due);
        }
      },
      Math.max(0, due - environment.now()),
    );
  }

  /** A socket that claims to be open isn't believed, but one that is closing or closed is. */
  #lostUnheard(): boolean {
    if (this.#link?.open === true) return false;
    this.#lose("Closed", "The WebSocket is not open any more.");
    return true;
  }

  #lose(code: ConnectionErrorCode, message: string): void {
    this.#onLost(new ConnectionError(code, message));
  }
}
