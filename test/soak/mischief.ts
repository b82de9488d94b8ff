import type { Fault } from "web-pubsub-emulator";
import type { Proxy } from "../network/proxy.js";

/** One fault after another, by chance: of the network, or of the service. */
export class Mischief {
  readonly #proxy: Proxy;
  readonly #users: number;
  readonly #random: () => number;
  #toCome: string[] = [];
  /** How often each kind was done. */
  readonly done = new Map<string, number>();

  constructor(proxy: Proxy, users: number, random: () => number) {
    this.#proxy = proxy;
    this.#users = users;
    this.#random = random;
  }

  /** Does one thing to the network, or gives what the service is to suffer. */
  next(): readonly Fault[] {
    // Each kind once before any of them again: also a run of some seconds has them all.
    if (this.#toCome.length === 0) this.#toCome = Object.keys(this.#kinds);
    const [kind = ""] = this.#toCome.splice(this.#below(this.#toCome.length), 1);
    this.#count(kind);
    return this.#kinds[kind]?.() ?? [];
  }

  restart(): readonly Fault[] {
    this.#count("restartService");
    return [{ kind: "restartService", sockets: this.#random() < 0.5 ? "close" : "cut" }];
  }

  readonly #kinds: Readonly<Record<string, () => readonly Fault[] | undefined | void>> = {
    "cut now": () => this.#someLink()?.cut(),
    "cut at a byte": () =>
      this.#someLink()?.cutAfter(1 + this.#below(4_000), this.#pick(["up", "down"] as const)),
    "one direction dead": () => this.#someLink()?.fallSilent(this.#pick(["up", "down"] as const)),
    "both directions dead": () => this.#someLink()?.fallSilent(),
    "links that never answer": () => {
      this.#proxy.deaf = 1 + this.#below(3);
    },
    weather: () => {
      this.#proxy.weather = this.#pick([
        {},
        { latencyInMs: this.#below(150) },
        { bytesPerSecond: 20_000 + this.#below(100_000) },
        { latencyInMs: this.#below(100), bytesPerSecond: 50_000 },
      ]);
    },
    cutTransports: (): Fault[] => [{ kind: "cutTransports", filter: this.#someone() }],
    goHalfOpen: (): Fault[] => [{ kind: "goHalfOpen", filter: this.#someone() }],
    refuseUpgrades: (): Fault[] => [
      {
        kind: "refuseUpgrades",
        with: this.#pick([503, 500, 429, "hang", "reset"] as const),
        only: this.#pick(["recovery", "new"] as const),
        times: 1 + this.#below(3),
      },
    ],
    rejectRecovery: (): Fault[] => [{ kind: "rejectRecovery", times: 1 }],
    announceRecovery: (): Fault[] => [{ kind: "announceRecovery", times: 2 }],
    renewTokens: (): Fault[] => [{ kind: "renewTokens", filter: this.#someone() }],
    replayTwice: (): Fault[] => [{ kind: "replayTwice", times: 2 }],
    "acks lost": (): Fault[] => [{ kind: "holdAcks", swallow: true, times: 3, filter: this.#someone() }],
    "acks late": (): Fault[] => [
      { kind: "holdAcks", delayInMs: this.#below(2_000), times: 5, filter: this.#someone() },
    ],
    // Only this user's messages may overtake one another by it.
    answerAcks: (): Fault[] => [
      { kind: "answerAcks", error: "InternalServerError", times: 2, filter: { userId: "u0" } },
    ],
  };

  #count(kind: string): void {
    this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
  }

  #someone(): { userId: string } {
    return { userId: `u${this.#below(this.#users)}` };
  }

  #someLink() {
    const { links } = this.#proxy;
    return links[this.#below(links.length)];
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[this.#below(values.length)];
    if (value === undefined) throw new Error("Nothing to pick from.");
    return value;
  }
}
