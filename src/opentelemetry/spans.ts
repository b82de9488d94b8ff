import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import type { CoreClient } from "../core/index.js";
import type { ObservedAttempt, ObservedOperation, ObservedRecovery } from "../features/observe/index.js";
import { attributesOf, closeCodeOf, errorTypeOf, spanKindOf, SYSTEM } from "./names.js";

/** Of the same clock as all that is observed. */
const at = (ms: number): Date => new Date(ms);
const endOf = (startedAt: number, durationInMs = 0): Date => at(startedAt + durationInMs);
const under = (span: Span | undefined): Context => (span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT);

/** The spans of one client. */
export class Spans {
  readonly #client: CoreClient;
  readonly #tracer: Tracer;
  readonly #attributes: Attributes;
  readonly #isContextSent: boolean;
  /** Of what hasn't ended. */
  readonly #open = new Map<object, Span>();
  /** The context of the call that has started the client; timers would bring it to attempts of much later. */
  #startedIn: Context | undefined;
  /** The newest attempt, which the client's own operations follow from. */
  #attempt: Span | undefined;
  /** The attempt that has made or recovered the connection. */
  #connected: Span | undefined;
  #recovery: Span | undefined;

  constructor(client: CoreClient, tracer: Tracer, attributes: Attributes, isContextSent: boolean) {
    this.#client = client;
    this.#tracer = tracer;
    this.#attributes = { ...attributes, ...SYSTEM };
    this.#isContextSent = isContextSent;
  }

  /** @param isStart the client has had no connection since it was started */
  attemptStarted(attempt: ObservedAttempt, isStart: boolean): void {
    if (!isStart) this.#startedIn = undefined;
    else this.#startedIn ??= context.active();
    const parent = this.#recovery ? under(this.#recovery) : (this.#startedIn ?? ROOT_CONTEXT);
    const attributes = {
      "messaging.operation.name": attempt.kind,
      "webpubsub.attempt": attempt.attempt,
    };
    this.#attempt = this.#begin(
      attempt,
      attempt.kind,
      SpanKind.CLIENT,
      attempt.startedAt,
      attributes,
      parent,
    );
  }

  attemptEnded(attempt: ObservedAttempt): void {
    const { startedAt, durationInMs, connectionId, outcome, error } = attempt;
    if (outcome === "succeeded") this.#connected = this.#attempt;
    const attributes = { "messaging.client.id": connectionId, "webpubsub.outcome": outcome };
    const failure = outcome === "failed" ? error : undefined;
    this.#end(attempt, endOf(startedAt, durationInMs), { ...attributes, ...closeCodeOf(error) }, failure);
  }

  /** The next start has a context of its own. */
  stopped(): void {
    this.#startedIn = undefined;
  }

  recoveryStarted(recovery: ObservedRecovery): void {
    const { connectionId, startedAt, error } = recovery;
    const attributes = {
      "messaging.operation.name": "recovery",
      "messaging.client.id": connectionId,
      "webpubsub.cause": errorTypeOf(error)["error.type"],
      ...closeCodeOf(error),
    };
    const links = this.#connected ? [{ context: this.#connected.spanContext() }] : [];
    this.#recovery = this.#begin(
      recovery,
      "recovery",
      SpanKind.INTERNAL,
      startedAt,
      attributes,
      ROOT_CONTEXT,
      links,
    );
  }

  recoveryEnded(recovery: ObservedRecovery): void {
    const { startedAt, durationInMs, attempts, recovered, replayed, error } = recovery;
    this.#recovery = undefined;
    const attributes = {
      "webpubsub.attempts": attempts,
      "webpubsub.recovered": recovered,
      "webpubsub.replayed": replayed,
    };
    this.#end(recovery, endOf(startedAt, durationInMs), attributes, recovered === false ? error : undefined);
  }

  operationQueued(operation: ObservedOperation): void {
    this.#spanOf(operation);
  }

  operationSent(operation: ObservedOperation): void {
    const { sentAt = operation.queuedAt } = operation;
    this.#open.get(operation)?.addEvent("sent", at(sentAt));
  }

  operationSettled(operation: ObservedOperation): void {
    const { queuedAt, durationInMs, ackId, invocationId, timesSent, error } = operation;
    const attributes = {
      "messaging.client.id": this.#client.connectionId,
      "messaging.message.conversation_id": invocationId,
      "webpubsub.ack_id": ackId,
      "webpubsub.times_sent": timesSent,
    };
    this.#end(operation, endOf(queuedAt, durationInMs), attributes, error);
  }

  /** The context that travels with an operation: that of its span. */
  contextOf(operation: ObservedOperation): Context {
    return trace.setSpan(context.active(), this.#spanOf(operation));
  }

  /** Ends what is open, without a result. */
  stop(): void {
    for (const span of this.#open.values()) span.end();
    this.#open.clear();
  }

  #spanOf(operation: ObservedOperation): Span {
    const span = this.#open.get(operation);
    if (span) return span;
    const { kind, group, event, isInternal, queuedAt } = operation;
    const attributes = { ...attributesOf(kind), "messaging.destination.name": group ?? event };
    const parent = isInternal ? under(this.#attempt) : context.active();
    return this.#begin(operation, kind, spanKindOf(kind, this.#isContextSent), queuedAt, attributes, parent);
  }

  #begin(
    key: object,
    name: string,
    kind: SpanKind,
    startedAt: number,
    attributes: Attributes,
    parent: Context,
    links?: Link[],
  ): Span {
    const all = { ...this.#attributes, ...attributes };
    const options = { kind, startTime: at(startedAt), attributes: all, ...(links && { links }) };
    const span = this.#tracer.startSpan(name, options, parent);
    this.#open.set(key, span);
    return span;
  }

  #end(key: object, endedAt: Date, attributes: Attributes, error: Error | undefined): void {
    const span = this.#open.get(key);
    this.#open.delete(key);
    if (!span) return;
    span.setAttributes({ ...attributes, ...errorTypeOf(error) });
    if (error) {
      span.recordException(error, endedAt);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    span.end(endedAt);
  }
}
