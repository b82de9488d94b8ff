import type { Environment, Timer } from "./environment.js";
import type { Session } from "./session.js";

/**
 * Sessions without a transport, each with the end of its recovery window. All windows are equally long, so the
 * one that came first leaves first, and one timer serves them all.
 */
export class WaitingRoom {
  readonly #environment: Environment;
  readonly #windowInMs: number;
  readonly #deadlines = new Map<Session, number>();
  #timer: Timer | undefined;

  constructor(environment: Environment, windowInMs: number) {
    this.#environment = environment;
    this.#windowInMs = windowInMs;
  }

  add(session: Session): void {
    this.#deadlines.set(session, this.#environment.now() + this.#windowInMs);
    this.#schedule();
  }

  remove(session: Session): void {
    this.#deadlines.delete(session);
    if (this.#deadlines.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** When the session's recovery window ends, in Unix milliseconds; undefined for one that doesn't wait. */
  deadline(session: Session): number | undefined {
    return this.#deadlines.get(session);
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    for (const deadline of this.#deadlines.values()) {
      const delay = Math.max(0, deadline - this.#environment.now());
      this.#timer = this.#environment.setTimer(() => this.#expire(), delay);
      return;
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#environment.now();
    for (const [session, deadline] of this.#deadlines) {
      if (deadline > now) break;
      this.#deadlines.delete(session);
      session.end("The connection was lost and not recovered in time.");
    }
    this.#schedule();
  }
}
