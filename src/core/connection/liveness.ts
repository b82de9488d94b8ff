/** How long the answer to a probe may take, in ms. */
const PROBE_TIMEOUT = 5_000;
/** A timer this late, in ms, tells that the page or the machine was held up. */
export const LATE = 2_000;
/** Probes whose own timers come late are repeated; after so many the link counts as dead. */
const MAX_PROBES = 3;

/** What is to be done now, and when to look again (absolute, in ms). */
export interface LivenessStep {
  readonly dead: boolean;
  readonly due: number;
}

/**
 * Decides from pings and silence whether a link is alive. Silence counts only from a ping that was
 * really sent; a timer that fires late proves nothing, so it probes first.
 */
export class Liveness {
  readonly #interval: number;
  readonly #timeout: number;
  readonly #ping: () => boolean;
  #heard = false;
  #probes = 0;
  #nextPing = Infinity;
  #silentSince = Infinity;
  #due = Infinity;

  /**
   * @param intervalInMs between pings; 0 for none
   * @param timeoutInMs of silence after a ping; 0 for no limit
   * @param ping sends a ping and tells whether it could
   */
  constructor(intervalInMs: number, timeoutInMs: number, ping: () => boolean) {
    this.#interval = intervalInMs || Infinity;
    this.#timeout = timeoutInMs || Infinity;
    this.#ping = ping;
  }

  /** A new or a proved link. Returns when to look (absolute, in ms). */
  begin(now: number): number {
    this.#heard = true;
    this.#answered();
    this.#nextPing = now + this.#interval;
    return (this.#due = this.#nextPing);
  }

  /** A frame has come. On the hot path: no clock, no timer. */
  heard(): void {
    this.#heard = true;
  }

  /** Asks for a sign of life out of turn. Returns when to look. */
  probe(now: number): number {
    if (this.#timeout === Infinity || (!this.#answered() && this.#probes > 0)) return this.#due;
    return this.#sendProbe(now);
  }

  /** To be called when the time to look has come. */
  tick(now: number): LivenessStep {
    const late = now - this.#due > LATE;
    // A clock that was put back doesn't put the next ping off.
    this.#nextPing = Math.min(this.#nextPing, now + this.#interval);
    if (!this.#answered() && (this.#probes > 0 || now - this.#silentSince >= this.#timeout)) {
      if (!late || this.#probes >= MAX_PROBES) return { dead: true, due: Infinity };
    }
    // What was heard before a sleep proves nothing either.
    if (late && this.#timeout !== Infinity) return { dead: false, due: this.#sendProbe(now) };
    if (now >= this.#nextPing) {
      this.#nextPing = now + this.#interval;
      this.#pingNow(now);
    }
    this.#due = Math.min(this.#nextPing, this.#silentSince + this.#timeout);
    return { dead: false, due: this.#due };
  }

  /** Whether something was heard since this was asked last. */
  #answered(): boolean {
    if (!this.#heard) return false;
    this.#heard = false;
    this.#probes = 0;
    this.#silentSince = Infinity;
    return true;
  }

  #sendProbe(now: number): number {
    // A probe that can't be sent is as good as unanswered: the socket isn't open any more.
    this.#pingNow(now);
    this.#probes++;
    return (this.#due = now + PROBE_TIMEOUT);
  }

  #pingNow(now: number): void {
    if (this.#ping()) this.#silentSince = Math.min(this.#silentSince, now);
  }
}
