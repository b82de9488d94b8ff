import type { Effect, Event, In, State } from "../../core/connection/state.js";
import type { WebPubSubMessage } from "../../core/models/messages.js";
import type { ObservedAttempt, ObservedRecovery } from "./models.js";

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What the log tells, by the observer's methods. */
type Tell = <Name extends keyof Told>(method: Name, told: Told[Name]) => void;
interface Told {
  onAttemptStarted: ObservedAttempt;
  onAttemptEnded: ObservedAttempt;
  onRecoveryStarted: ObservedRecovery;
  onRecoveryEnded: ObservedRecovery;
  onRoundTrip: number;
}

/** Finds attempts, recoveries and round trips in the steps of the state machine and in the frames. */
export class AttemptLog {
  readonly #canPing: boolean;
  readonly #tell: Tell;
  #attempt: Writable<ObservedAttempt> | undefined;
  #recovery: Writable<ObservedRecovery> | undefined;
  /** The times of the pings without a pong, over this socket. */
  #pings: number[] = [];
  /** Messages over this socket before the first pong. */
  #replayed = 0;
  #isCaughtUp = false;

  /** @param canPing the client's codec can write pings */
  constructor(canPing: boolean, tell: Tell) {
    this.#canPing = canPing;
    this.#tell = tell;
  }

  step(event: Event, before: State, after: State, effects: readonly Effect[], now: number): void {
    const isNew = before.epoch !== after.epoch;
    if (isAttempt(before) && (isNew || before.name !== after.name))
      this.#endAttempt(event, after, effects, now);
    this.#followRecovery(event, before, after, effects, now);
    if (!isNew) return;
    this.#pings = [];
    if (!isAttempt(after)) return;
    this.#replayed = 0;
    this.#isCaughtUp = false;
    const { attempt } = after;
    this.#attempt =
      after.name === "Connecting"
        ? { kind: "connect", attempt, startedAt: now }
        : { kind: "recover", attempt, startedAt: now, connectionId: after.identity.connectionId };
    if (this.#recovery && after.name === "Recovering") this.#recovery.attempts++;
    this.#tell("onAttemptStarted", this.#attempt);
  }

  received(messages: readonly (WebPubSubMessage | null)[], now: number): void {
    for (const message of messages) {
      // A codec of the application's own may return anything.
      const { kind, sequenceId } = (message ?? {}) as {
        readonly kind?: string;
        readonly sequenceId?: number;
      };
      if (kind === "pong") this.#answered(now);
      else if (!this.#isCaughtUp && sequenceId !== undefined) this.#replayed++;
    }
  }

  pinged(now: number): void {
    this.#pings.push(now);
  }

  #answered(now: number): void {
    const pinged = this.#pings.shift();
    if (pinged !== undefined) this.#tell("onRoundTrip", now - pinged);
    this.#isCaughtUp = true;
    this.#endRecovery();
  }

  #endAttempt(event: Event, after: State, effects: readonly Effect[], now: number): void {
    const attempt = this.#attempt;
    if (!attempt) return;
    this.#attempt = undefined;
    attempt.durationInMs = now - attempt.startedAt;
    attempt.error = errorOf(event, effects);
    const isAbandoned = event.type === "abort" || !attempt.error;
    attempt.outcome = after.name === "Connected" ? "succeeded" : isAbandoned ? "abandoned" : "failed";
    if (after.name === "Connected") attempt.connectionId = after.identity.connectionId;
    this.#tell("onAttemptEnded", attempt);
  }

  #followRecovery(event: Event, before: State, after: State, effects: readonly Effect[], now: number): void {
    const recovery = this.#recovery;
    if (before.name === "Recovering" && after.name !== "Recovering" && recovery) {
      recovery.durationInMs = now - recovery.startedAt;
      recovery.recovered =
        after.name === "Connected" && after.identity.connectionId === recovery.connectionId;
      // Why it was lost; from here on only why it is given up.
      if (!recovery.recovered) recovery.error = errorOf(event, effects);
      // The replay isn't complete yet.
      if (recovery.recovered && this.#canPing && !this.#isCaughtUp) return;
    }
    // Recovered, and lost again before the replay was complete.
    if (after.name !== "Connected" || before.name === "Recovering") this.#endRecovery();
    if (after.name !== "Recovering") return;
    if (before.name !== "Recovering") {
      this.#recovery = {
        connectionId: after.identity.connectionId,
        startedAt: now,
        attempts: 0,
        error: errorOf(event, effects),
      };
      this.#tell("onRecoveryStarted", this.#recovery);
    }
  }

  /** Once its result is known. */
  #endRecovery(): void {
    const recovery = this.#recovery;
    if (recovery?.recovered === undefined) return;
    this.#recovery = undefined;
    if (recovery.recovered && this.#canPing) recovery.replayed = this.#replayed;
    this.#tell("onRecoveryEnded", recovery);
  }
}

function isAttempt(state: State): state is In<"Connecting" | "Recovering"> {
  return state.name === "Connecting" || (state.name === "Recovering" && state.phase !== "waiting");
}

function errorOf(event: Event, effects: readonly Effect[]): Error | undefined {
  if ("error" in event) return event.error;
  for (const effect of effects)
    if (effect.type === "changed" && effect.details.error) return effect.details.error;
  return undefined;
}
