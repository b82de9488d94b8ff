import type { Environment, Timer } from "./environment.js";
import type { Session } from "./session.js";

/**
 * Sessions without a transport, each with the end of its recovery window. All windows are equally long, so the
 * one that came first leaves first, and one timer serves them all.
 */
export class WaitingRoom {
  readonly #environment: Environment;
  readonly #windowInMs: number;
  readonly #waiting = new Map<Session, { readonly deadline: number; readonly reason: string }>();
  #timer: Timer | undefined;

  constructor(environment: Environment, windowInMs: number) {
    this.#environment = environment;
    this.#windowInMs = windowInMs;
  }

  /** @param reason with which the client closed its transport; the empty string: none. */
  add(session: Session, reason: string): void {
    this.#waiting.set(session, { deadline: this.#environment.now() + this.#windowInMs, reason });
    this.#schedule();
  }

  remove(session: Session): void {
    this.#waiting.delete(session);
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** When the session's recovery window ends, in Unix milliseconds; undefined for one that doesn't wait. */
  deadline(session: Session): number | undefined {
    return this.#waiting.get(session)?.deadline;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    for (const { deadline } of this.#waiting.values()) {
      const delay = Math.max(0, deadline - this.#environment.now());
      this.#timer = this.#environment.setTimer(() => this.#expire(), delay);
      return;
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#environment.now();
    for (const [session, { deadline, reason }] of this.#waiting) {
      if (deadline > now) break;
      this.#waiting.delete(session);
      session.end(reason || "The connection was lost and not recovered in time.");
    }
    this.#schedule();
  }
}
