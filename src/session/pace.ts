import { attempt } from "../logger.js";
import type { Settings } from "../options.js";
import { Timer } from "../util/timer.js";
import { Pacer } from "./pacer.js";
import type { Writer } from "./sessionPart.js";

/** A service that leaves a ping unanswered so long, in ms, isn't paced by. */
const PONG_PATIENCE = 5_000;

/** Runs a `Pacer`: sends its pings, and gives up on a service that doesn't answer them. */
export class Pace {
  readonly #settings: Settings;
  readonly #onRoom: () => void;
  readonly #pacer = new Pacer(false);
  readonly #timer: Timer;

  /** @param onRoom called when there is room again */
  constructor(settings: Settings, onRoom: () => void) {
    this.#settings = settings;
    this.#timer = new Timer(settings.environment);
    this.#onRoom = onRoom;
  }

  /** Whether the service keeps up with what is written; asks it by a ping now and then. */
  hasRoom(writer: Writer): boolean {
    const { pingFrame } = this.#settings;
    if (pingFrame !== undefined && this.#pacer.takeMark()) {
      attempt("send a ping", () => writer.write(pingFrame));
    }
    if (this.#pacer.open) return true;
    if (!this.#timer.isSet) {
      this.#timer.after(PONG_PATIENCE, () => {
        this.set(false);
        this.#onRoom();
      });
    }
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
    this.#timer.clear();
    this.#onRoom();
  }

  /** A new socket, or none any more. Only a reliable connection has a window to keep. */
  set(on: boolean): void {
    const { pingFrame, protocol } = this.#settings;
    this.#timer.clear();
    this.#pacer.reset(on && protocol.isReliableSubProtocol && pingFrame !== undefined);
  }
}
