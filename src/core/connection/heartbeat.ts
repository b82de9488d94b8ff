import { ConnectionError, type ConnectionErrorCode } from "../errors.js";
import { tryOrLog } from "../log.js";
import type { Settings } from "../options.js";
import { Timer } from "../util/timer.js";
import type { Link } from "./link.js";
import { Liveness } from "./liveness.js";

/** Runs what `Liveness` decides, for one link after another. */
export class Heartbeat {
  readonly #settings: Settings;
  readonly #onLost: (error: ConnectionError) => void;
  readonly #onPing: () => void;
  readonly #liveness: Liveness;
  #link: Link | undefined;
  readonly #timer: Timer;

  /**
   * @param onLost called when the link can't be alive
   * @param onPing called when a ping was sent
   */
  constructor(settings: Settings, onLost: (error: ConnectionError) => void, onPing: () => void) {
    this.#settings = settings;
    this.#onLost = onLost;
    this.#timer = new Timer(settings.environment);
    this.#onPing = onPing;
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
    this.#timer.clear();
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
    const { logger, pingFrame } = this.#settings;
    if (pingFrame === undefined || link?.open !== true) return false;
    const sent = tryOrLog(logger, "send a ping", () => link.send(pingFrame));
    if (sent) this.#onPing();
    return sent;
  }

  /**
   * Looks again at a given time.
   * @param isLast what was silent before is dead: an answer that waited behind the timer has had its turn
   */
  #look(due: number, isLast = false): void {
    this.#timer.at(due, () => {
      if (this.#lostUnheard()) return;
      const step = this.#liveness.tick(this.#settings.environment.now());
      if (!step.dead) this.#look(step.due);
      else if (isLast) this.#lose("NoAnswer", "The service has not answered in time.");
      else this.#look(-Infinity, true);
    });
  }

  /** A socket that claims to be open isn't believed, but one that is closing or closed is. */
  #lostUnheard(): boolean {
    if (this.#link?.open === true) return false;
    this.#lose("Closed", "The WebSocket was closed.");
    return true;
  }

  #lose(code: ConnectionErrorCode, message: string): void {
    this.#onLost(new ConnectionError(code, message));
  }
}
