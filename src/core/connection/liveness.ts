/** How long the answer to a probe may take, in ms. */
const PROBE_TIMEOUT = 5_000;
/** A timer that is this late, in ms, shows that the page or the machine was suspended. */
export const LATE = 2_000;
/** Probes whose own timers are late are repeated; after this many the link counts as dead. */
const MAX_PROBES = 3;

/** Whether the link is dead, and when to check again (absolute, in ms). */
export interface LivenessStep {
  readonly dead: boolean;
  readonly due: number;
}

/**
 * Decides from pings and silence whether a link is alive. Silence counts only from a ping that was
 * really sent. A timer that fires late proves nothing, so the link is probed first.
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
   * @param intervalInMs time between pings; 0 for no pings
   * @param timeoutInMs how long a ping may stay unanswered; 0 for no limit
   * @param ping sends a ping and returns whether it was sent
   */
  constructor(intervalInMs: number, timeoutInMs: number, ping: () => boolean) {
    this.#interval = intervalInMs || Infinity;
    this.#timeout = timeoutInMs || Infinity;
    this.#ping = ping;
  }

  /** The link is new, or proved to be alive. Returns when to check (absolute, in ms). */
  begin(now: number): number {
    this.#heard = true;
    this.#answered();
    this.#nextPing = now + this.#interval;
    return (this.#due = this.#nextPing);
  }

  /** A frame was received. On the hot path, so it uses no clock and no timer. */
  heard(): void {
    this.#heard = true;
  }

  /** Asks for a sign of life at once. Returns when to check. */
  probe(now: number): number {
    if (this.#timeout === Infinity || (!this.#answered() && this.#probes > 0)) return this.#due;
    return this.#sendProbe(now);
  }

  /** Call this when the time to check has come. */
  tick(now: number): LivenessStep {
    const late = now - this.#due > LATE;
    // A clock that was set back doesn't delay the next ping.
    this.#nextPing = Math.min(this.#nextPing, now + this.#interval);
    if (!this.#answered() && (this.#probes > 0 || now - this.#silentSince >= this.#timeout)) {
      if (!late || this.#probes >= MAX_PROBES) return { dead: true, due: Infinity };
    }
    // A frame from before a sleep proves nothing either.
    if (late && this.#timeout !== Infinity) return { dead: false, due: this.#sendProbe(now) };
    if (now >= this.#nextPing) {
      this.#nextPing = now + this.#interval;
      this.#pingNow(now);
    }
    this.#due = Math.min(this.#nextPing, this.#silentSince + this.#timeout);
    return { dead: false, due: this.#due };
  }

  /** Whether a frame was received since the last call. */
  #answered(): boolean {
    if (!this.#heard) return false;
    this.#heard = false;
    this.#probes = 0;
    this.#silentSince = Infinity;
    return true;
  }

  #sendProbe(now: number): number {
    // A probe that can't be sent counts as unanswered: the socket isn't open any more.
    this.#pingNow(now);
    this.#probes++;
    return (this.#due = now + PROBE_TIMEOUT);
  }

  #pingNow(now: number): void {
    if (this.#ping()) this.#silentSince = Math.min(this.#silentSince, now);
  }
}
