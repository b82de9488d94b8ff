import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from "@opentelemetry/api";
import type {
  ObservedAttempt,
  ObservedLoad,
  ObservedOperation,
  ObservedRecovery,
} from "../features/observe/index.js";
import { attributesOf, errorTypeOf, isMessage, SYSTEM } from "./names.js";

/** In s, as the conventions advise for operations. */
const OPERATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** In s; a recovery is tried for up to 30 s. */
const CONNECTIONS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60];

const seconds = (durationInMs = 0): number => durationInMs / 1_000;

/** The metrics of one client. */
export class Measurements {
  readonly #attributes: Attributes;
  readonly #operation: Histogram;
  readonly #sent: Counter;
  readonly #consumed: Counter;
  readonly #attempt: Histogram;
  readonly #reconnects: Counter;
  readonly #recovery: Histogram;
  readonly #replayed: Counter;
  readonly #roundTrip: Histogram;
  readonly #pending: UpDownCounter;
  readonly #unread: UpDownCounter;
  /** What is counted as waiting. */
  #load: ObservedLoad = { pending: 0, unread: 0 };

  constructor(meter: Meter, attributes: Attributes) {
    this.#attributes = { ...attributes, ...SYSTEM };
    const times = (name: string, description: string, explicitBucketBoundaries: number[]): Histogram =>
      meter.createHistogram(name, { description, unit: "s", advice: { explicitBucketBoundaries } });
    this.#operation = times(
      "messaging.client.operation.duration",
      "From the call to the end of an operation",
      OPERATIONS,
    );
    this.#sent = meter.createCounter("messaging.client.sent.messages", {
      description: "Messages, events and invocations that were sent",
      unit: "{message}",
    });
    this.#consumed = meter.createCounter("messaging.client.consumed.messages", {
      description: "Messages that were given to the application",
      unit: "{message}",
    });
    this.#attempt = times(
      "webpubsub.client.attempt.duration",
      "Attempts to connect or to recover",
      CONNECTIONS,
    );
    this.#reconnects = meter.createCounter("webpubsub.client.reconnects", {
      description: "New connections in place of lost ones",
      unit: "{connection}",
    });
    this.#recovery = times(
      "webpubsub.client.recovery.duration",
      "From the loss of a link until frames flow again or its connection is given up",
      CONNECTIONS,
    );
    this.#replayed = meter.createCounter("webpubsub.client.replayed.messages", {
      description: "Messages that the service has sent again in recoveries",
      unit: "{message}",
    });
    this.#roundTrip = times("webpubsub.client.round_trip.duration", "From a ping to its pong", OPERATIONS);
    this.#pending = meter.createUpDownCounter("webpubsub.client.pending.count", {
      description: "Operations, invocations and streams that aren't settled",
      unit: "{operation}",
    });
    this.#unread = meter.createUpDownCounter("webpubsub.client.unread.count", {
      description: "Frames that the service isn't known to have read",
      unit: "{frame}",
    });
  }

  /** @param isStart the client had no connection before */
  attemptEnded({ kind, durationInMs, outcome, error }: ObservedAttempt, isStart: boolean): void {
    this.#attempt.record(seconds(durationInMs), {
      ...this.#attributes,
      "messaging.operation.name": kind,
      "webpubsub.outcome": outcome,
      ...(outcome === "failed" && errorTypeOf(error)),
    });
    if (kind === "connect" && outcome === "succeeded" && !isStart) this.#reconnects.add(1, this.#attributes);
  }

  recoveryEnded({ durationInMs, recovered, replayed = 0 }: ObservedRecovery): void {
    this.#recovery.record(seconds(durationInMs), { ...this.#attributes, "webpubsub.recovered": recovered });
    this.#replayed.add(replayed, this.#attributes);
  }

  operationSettled({ kind, durationInMs, timesSent, error }: ObservedOperation): void {
    const attributes = { ...this.#attributes, ...attributesOf(kind), ...errorTypeOf(error) };
    this.#operation.record(seconds(durationInMs), attributes);
    if (timesSent > 0 && isMessage(kind)) this.#sent.add(1, attributes);
  }

  /** @param from who has sent it: `group` or `server` */
  consumed(from: string): void {
    this.#consumed.add(1, {
      ...this.#attributes,
      "messaging.operation.name": "receive",
      "webpubsub.from": from,
    });
  }

  roundTrip(durationInMs: number): void {
    this.#roundTrip.record(seconds(durationInMs), this.#attributes);
  }

  /** Counts differences, so that the clients of a process add up. */
  load({ pending, unread }: ObservedLoad): void {
    if (pending !== this.#load.pending) this.#pending.add(pending - this.#load.pending, this.#attributes);
    if (unread !== this.#load.unread) this.#unread.add(unread - this.#load.unread, this.#attributes);
    this.#load = { pending, unread };
  }
}
