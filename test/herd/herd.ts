import { seeded } from "../helpers/seeded.js";
import { Calendar } from "./calendar.js";
import type { AttemptKind, Caller, MakeCaller, Outlet } from "./caller.js";

/** What happens to the service. It goes away at 0 and closes every connection then. */
export interface Outage {
  readonly clients: number;
  readonly seed: number;
  readonly awayInMs: number;
  /** With which every connection ends. 1006: without warning. */
  readonly closeCode: number;
  /** Whether the connections can be resumed afterwards. */
  readonly sessions: "kept" | "gone";
  /** What an attempt meets while the service is away. */
  readonly whileAway: "refused" | "unanswered";
  /** How many handshakes a second it takes when it is back; it refuses the others at once. */
  readonly handshakesPerSecond: number;
  /** What a refusal costs of the time that a handshake takes. */
  readonly refusalCost: number;
}

export interface Stampede {
  /** Attempts that reached the service, by 100 ms: the first of each client, and all later ones. */
  readonly first: readonly number[];
  readonly later: readonly number[];
  /** Later attempts in the busiest second, and in the busiest 100 ms. */
  readonly peakPerSecond: number;
  readonly peakPer100Ms: number;
  /** Those in the busiest second from the service's return on. */
  readonly returnPeakPerSecond: number;
  /** All attempts until the last client was back, or the end of the simulation. */
  readonly attempts: number;
  /** From the return of the service until 99 % of the clients are connected; undefined if it never came to that. */
  readonly tailInMs: number | undefined;
  /** The same for half of them, and for all. */
  readonly medianInMs: number | undefined;
  readonly lastInMs: number | undefined;
}

export const BIN = 100;
const HORIZON = 300_000;

export function stampede(outage: Outage, makeCaller: MakeCaller): Stampede {
  const random = seeded(outage.seed);
  const calendar = new Calendar(HORIZON);
  const door = new Door(outage);
  const first: number[] = [];
  const later: number[] = [];
  const returns: number[] = [];

  for (let i = 0; i < outage.clients; i++) {
    // The way to the service and back, the same for each of a client's attempts.
    const roundTrip = 20 + Math.floor(random() * 180);
    let attempts = 0;
    let back = false;
    const attempt = (kind: AttemptKind): void => {
      const number = attempts++;
      calendar.at(calendar.now + roundTrip / 2, () => {
        const counts = number === 0 ? first : later;
        const bin = Math.floor(calendar.now / BIN);
        counts[bin] = (counts[bin] ?? 0) + 1;
        const answer = door.knock(kind, calendar.now);
        if (answer === undefined) return;
        calendar.at(calendar.now + roundTrip / 2, () => {
          // A client that has given this attempt up doesn't hear the answer.
          if (attempts !== number + 1 || back) return;
          caller[answer]();
          if (answer !== "welcomed") return;
          back = true;
          returns.push(calendar.now);
        });
      });
    };
    const outlet: Outlet = {
      now: () => calendar.now,
      random,
      after: (delayInMs, callback) => calendar.at(calendar.now + delayInMs, callback),
      attempt,
    };
    const caller: Caller = makeCaller(outlet);
    calendar.at(roundTrip / 2, () => caller.dropped(outage.closeCode));
  }
  calendar.run(() => returns.length === outage.clients);

  const share = (part: number): number | undefined => {
    const time = returns[Math.ceil(outage.clients * part) - 1];
    return time === undefined ? undefined : time - outage.awayInMs;
  };
  return {
    first: filled(first),
    later: filled(later),
    peakPerSecond: busiest(later, 1_000 / BIN),
    peakPer100Ms: busiest(later, 1),
    returnPeakPerSecond: busiest(later.slice(Math.floor(outage.awayInMs / BIN)), 1_000 / BIN),
    attempts: sum(first) + sum(later),
    tailInMs: share(0.99),
    medianInMs: share(0.5),
    lastInMs: share(1),
  };
}

/** What meets an attempt. */
class Door {
  readonly #outage: Outage;
  #time = 0;
  /** What the service can do at this moment, in handshakes: never more than a tenth of a second of work. */
  #credit = 0;

  constructor(outage: Outage) {
    this.#outage = outage;
    this.#time = outage.awayInMs;
  }

  knock(kind: AttemptKind, now: number): "refused" | "forgotten" | "welcomed" | undefined {
    const { awayInMs, whileAway, handshakesPerSecond, refusalCost, sessions } = this.#outage;
    if (now < awayInMs) return whileAway === "refused" ? "refused" : undefined;
    if (handshakesPerSecond !== Infinity) {
      const earned = ((now - this.#time) * handshakesPerSecond) / 1_000;
      this.#credit = Math.min(handshakesPerSecond / 10, this.#credit + earned);
      this.#time = now;
      if (this.#credit < 1) {
        this.#credit -= refusalCost;
        return "refused";
      }
      this.#credit--;
    }
    return kind === "recovery" && sessions === "gone" ? "forgotten" : "welcomed";
  }
}

/** The largest sum of so many bins in a row. */
function busiest(counts: readonly number[], bins: number): number {
  let largest = 0;
  let window = 0;
  for (let i = 0; i < counts.length; i++) {
    window += (counts[i] ?? 0) - (counts[i - bins] ?? 0);
    largest = Math.max(largest, window);
  }
  return largest;
}

function filled(counts: readonly number[]): number[] {
  return Array.from(counts, (count) => count ?? 0);
}

function sum(counts: readonly (number | undefined)[]): number {
  let total = 0;
  for (const count of counts) total += count ?? 0;
  return total;
}
