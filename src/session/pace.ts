import type { TimerHandle } from "../environment/environment.js";
import { toError } from "../errors.js";
import { logger } from "../logger.js";
import type { Settings } from "../options.js";
import { Pacer } from "./pacer.js";
import type { Writer } from "./sessionPart.js";

/** A service that leaves a ping unanswered so long, in ms, isn't paced by. */
const PONG_PATIENCE = 5_000;

/** Runs a `Pacer`: sends its pings, and gives up on a service that doesn't answer them. */
export class Pace {
  readonly #settings: Settings;
  readonly #onRoom: () => void;
  readonly #pacer = new Pacer(false);
  #timer: TimerHandle;

  /** @param onRoom called when there is room again */
  constructor(settings: Settings, onRoom: () => void) {
    this.#settings = settings;
    this.#onRoom = onRoom;
  }

  /** Whether the service keeps up with what is written; asks it by a ping now and then. */
  hasRoom(writer: Writer): boolean {
    const { environment, pingFrame } = this.#settings;
    if (pingFrame !== undefined && this.#pacer.takeMark()) {
      try {
        writer.write(pingFrame);
      } catch (thrown) {
        logger.info(`A ping could not be sent: ${toError(thrown).message}`);
      }
    }
    if (this.#pacer.open) return true;
    this.#timer ??= environment.setTimer(() => {
      this.set(false);
      this.#onRoom();
    }, PONG_PATIENCE);
    return false;
  }

  /** @returns the frame's position */
  wrote(size: number): number {
    return this.#pacer.wrote(size);
  }

  /** @param position of the operation that is answered; none: a ping is */
  readUpTo(position?: number): void {
    const wasOpen = this.#pacer.open;
    if (position === undefined) this.#pacer.pong();
    else this.#pacer.confirm(position);
    if (wasOpen || !this.#pacer.open) return;
    this.#clear();
    this.#onRoom();
  }

  /** A new socket, or none any more. Only a reliable connection has a window to keep. */
  set(on: boolean): void {
    const { pingFrame, protocol } = this.#settings;
    this.#clear();
    this.#pacer.reset(on && protocol.isReliableSubProtocol && pingFrame !== undefined);
  }

  #clear(): void {
    this.#settings.environment.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
