import { retryDelay, type RetryPolicy } from "../connection/retryPolicy.js";
import { abortedOperation, SendMessageError, type SendMessageErrorCode } from "../errors.js";
import type { AckMessage, AckMessageError } from "../models/messages.js";
import { Queue } from "../util/queue.js";
import { whenAborted } from "../util/whenAborted.js";
import type { NewOperation, Operation } from "./operation.js";
import { SentLine } from "./sentLine.js";

/** Explicit ids from here on don't move the automatic ones, which never get so far. */
const FAR_AWAY = 2 ** 52;
/** So many settled operations may lie in the queue before it is looked through. */
const DEAD_WEIGHT = 64;

export interface OutboxOptions {
  readonly maxPendingOperations: number;
  readonly messageRetry: RetryPolicy;
  readonly ackTimeoutInMs: number;
  readonly resendOnNewConnection: boolean;
  /** A random number from 0 to below 1. */
  readonly random: () => number;
  /** Called with the time at which `tick` will have something to do (absolute, in ms). */
  readonly onDue: (due: number) => void;
  /** Called when the last unsettled operation has ended. */
  readonly onIdle: () => void;
}

/**
 * Every operation that waits for its turn or for its answer. Holds no socket and no timer: it is
 * told what has happened and asked what to write.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #rejoins = new Queue<Operation>();
  #again = new Queue<Operation>();
  #fresh = new Queue<Operation>();
  /** In the order of sending, so that the first one's answer is due first. */
  readonly #sent = new SentLine();
  readonly #delayed = new Set<Operation>();
  /** Not a `Map`, for the reason that `SentLine` gives. */
  readonly #byAckId = Object.create(null) as Record<number, Operation | undefined>;
  #nextAckId = 1;
  #order = 0;
  #pending = 0;
  #dead = 0;
  #unsettled = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** How many operations of the application aren't settled. */
  get size(): number {
    return this.#unsettled;
  }

  /**
   * Settles on the ack id of a new operation.
   * @throws RangeError for what can't be an id, SendMessageError `AckIdInUse`
   */
  reserveAckId(explicit: number | undefined): number {
    if (explicit === undefined) return this.#nextAckId++;
    if (!Number.isSafeInteger(explicit) || explicit < 0) {
      throw new RangeError("ackId must be an integer from 0 to 2^53 - 1.");
    }
    if (this.#byAckId[explicit] !== undefined) {
      const message = `An operation with ackId ${explicit} is pending; leave ackId out.`;
      throw new SendMessageError(message, { ackId: explicit, code: "AckIdInUse" });
    }
    if (explicit >= this.#nextAckId && explicit < FAR_AWAY) this.#nextAckId = explicit + 1;
    return explicit;
  }

  /** @throws SendMessageError `TooManyPending` */
  add(given: NewOperation): void {
    const { ackId, isRejoin, signal } = given;
    const { maxPendingOperations } = this.#options;
    if (!isRejoin && this.#pending >= maxPendingOperations) {
      const message = `${maxPendingOperations} operations are waiting already (maxPendingOperations).`;
      throw new SendMessageError(message, { ackId, code: "TooManyPending" });
    }
    const operation: Operation = {
      ackId,
      frame: given.frame,
      isRejoin,
      persists: given.persists,
      signal,
      resolve: given.resolve,
      reject: given.reject,
      order: this.#order++,
      unlisten: undefined,
      place: "fresh",
      before: undefined,
      after: undefined,
      unanswered: false,
      resentOnNewConnection: false,
      retries: 0,
      late: false,
      position: 0,
      due: 0,
    };
    // First, since a signal of others may throw.
    if (signal !== undefined) {
      operation.unlisten = whenAborted(signal, () => this.#fail(operation, abortedOperation(ackId)));
    }
    if (ackId !== undefined) this.#byAckId[ackId] = operation;
    if (isRejoin) {
      this.#rejoins.push(operation);
      return;
    }
    this.#unsettled++;
    this.#pending++;
    this.#fresh.push(operation);
  }

  /** The next operation to write, which counts as sent from here on. */
  takeNext(now: number): Operation | undefined {
    const { ackTimeoutInMs, onDue } = this.#options;
    for (;;) {
      const operation = this.#rejoins.shift() ?? this.#again.shift() ?? this.#fresh.shift();
      if (operation === undefined) return undefined;
      if (operation.place === "settled") continue;
      if (operation.place === "fresh" && !operation.isRejoin) this.#pending--;
      operation.place = "sent";
      operation.due = now + ackTimeoutInMs;
      if (operation.ackId !== undefined) {
        this.#sent.add(operation);
        if (ackTimeoutInMs > 0) onDue(operation.due);
      }
      return operation;
    }
  }

  /** The socket has taken it. */
  written(operation: Operation): void {
    const { ackId, place } = operation;
    if (ackId === undefined && place === "sent") this.#succeed(operation, { isDuplicated: false });
  }

  /** The socket has thrown. */
  writeFailed(operation: Operation, now: number, cause: Error): void {
    // The socket's own callbacks may have ended it meanwhile.
    if (operation.place !== "sent") return;
    this.#sent.delete(operation);
    this.#retryLater(operation, now, () => this.#error(operation, "SendFailed", cause.message, { cause }));
  }

  /** The service has answered. Returns the position of the operation's frame; 0 where it has none. */
  answered({ ackId, success, error }: AckMessage, now: number): number {
    const operation = this.#byAckId[ackId];
    // Late, unknown, or the answer to an earlier owner of an explicit id.
    if (operation === undefined || operation.place === "fresh") return 0;
    const isDuplicated = !success && error?.name === "Duplicate";
    if (success || isDuplicated) {
      const { resentOnNewConnection } = operation;
      this.#succeed(
        operation,
        resentOnNewConnection ? { ackId, isDuplicated, resentOnNewConnection } : { ackId, isDuplicated },
      );
      return operation.position;
    }
    const refusal = (): SendMessageError => {
      // On the wire it may be null, whatever the type says.
      const errorDetail = error ?? undefined;
      const words = errorDetail ? `${errorDetail.name}: ${errorDetail.message}` : "without a reason";
      return this.#error(operation, "Refused", `The service refused: ${words}`, { errorDetail });
    };
    if (error?.name === "Forbidden" || error?.name === "BadRequest") {
      this.#fail(operation, refusal());
    } else if (operation.place === "sent") {
      this.#sent.delete(operation);
      this.#retryLater(operation, now, refusal);
    }
    return operation.position;
  }

  /**
   * Takes note of the time: delayed operations come back, and while there is a connection
   * unanswered ones are due again.
   */
  tick(now: number, connected: boolean): void {
    for (const operation of this.#delayed) {
      if (operation.due > now) continue;
      this.#delayed.delete(operation);
      this.#sendAgain(operation);
    }
    if (!connected || this.#options.ackTimeoutInMs === 0) return;
    for (let operation = this.#sent.first; operation !== undefined; operation = this.#sent.first) {
      if (operation.due > now) break;
      this.#sent.delete(operation);
      operation.unanswered = operation.late = true;
      if (this.#mayRetry(operation)) {
        this.#sendAgain(operation);
      } else {
        const message = `No answer within ${this.#options.ackTimeoutInMs} ms (ackTimeoutInMs).`;
        this.#fail(operation, this.#error(operation, "AckTimeout", message));
      }
    }
  }

  /** When `tick` has something to do (absolute, in ms). */
  nextDue(connected: boolean): number {
    let due = Infinity;
    for (const operation of this.#delayed) due = Math.min(due, operation.due);
    if (!connected || this.#options.ackTimeoutInMs === 0) return due;
    return Math.min(due, this.#sent.first?.due ?? Infinity);
  }

  /** The same connection stands again: everything unanswered is to be sent again, at no cost. */
  resume(): void {
    for (const operation of this.#takeUnfinished()) {
      operation.late = true;
      this.#sendAgain(operation);
    }
  }

  /** The connection id is gone, and with it what it knew of ack ids. */
  sessionEnded(cause: Error): void {
    const lost = (operation: Operation): void => {
      const message = `The connection was lost before the service answered: ${cause.message}`;
      this.#fail(operation, this.#error(operation, "ConnectionLost", message, { cause }));
    };
    for (const operation of [...this.#delayed, ...this.#takeUnfinished()]) {
      // It has paid for its next try already.
      const isDelayed = operation.place === "delayed";
      if (operation.unanswered && !operation.isRejoin) {
        operation.resentOnNewConnection =
          this.#options.resendOnNewConnection && (isDelayed || this.#mayRetry(operation));
        operation.unanswered = !operation.resentOnNewConnection;
      }
      if (operation.unanswered || operation.isRejoin) lost(operation);
      else if (!isDelayed) this.#sendAgain(operation);
    }
  }

  /** Rejects everything. */
  clear(cause: Error): void {
    const all = [...this.#takeUnfinished(), ...this.#fresh.drain(), ...this.#delayed];
    this.#dead = 0;
    for (const operation of all) {
      if (operation.place === "settled") continue;
      this.#fail(operation, this.#error(operation, "NotStarted", cause.message, { cause }));
    }
  }

  /** What was sent, or is to be sent again, in the order of the calls. */
  #takeUnfinished(): Operation[] {
    const sent = this.#sent.drain();
    for (const operation of sent) operation.unanswered = true;
    const unfinished = [...this.#rejoins.drain(), ...this.#again.drain(), ...sent];
    return unfinished.filter(({ place }) => place !== "settled").sort((a, b) => a.order - b.order);
  }

  #sendAgain(operation: Operation): void {
    operation.place = "again";
    (operation.isRejoin ? this.#rejoins : this.#again).push(operation);
  }

  #mayRetry(operation: Operation): boolean {
    return ++operation.retries <= this.#options.messageRetry.maxRetries || operation.persists === true;
  }

  #retryLater(operation: Operation, now: number, makeError: () => SendMessageError): void {
    if (!this.#mayRetry(operation)) {
      this.#fail(operation, makeError());
      return;
    }
    const { messageRetry, random } = this.#options;
    operation.place = "delayed";
    operation.late = true;
    operation.due = now + retryDelay(messageRetry, operation.retries, random());
    this.#delayed.add(operation);
    this.#options.onDue(operation.due);
  }

  #succeed(operation: Operation, result: Parameters<Operation["resolve"]>[0]): void {
    this.#settle(operation);
    operation.resolve(result, operation.late);
  }

  #fail(operation: Operation, error: SendMessageError): void {
    this.#settle(operation);
    operation.reject(error);
  }

  #settle(operation: Operation): void {
    const { place, ackId, unlisten, isRejoin } = operation;
    if (place === "fresh" && !isRejoin) this.#discardFresh();
    operation.place = "settled";
    if (ackId !== undefined) delete this.#byAckId[ackId];
    this.#sent.delete(operation);
    if (place === "delayed") this.#delayed.delete(operation);
    unlisten?.();
    if (!isRejoin && --this.#unsettled === 0) this.#options.onIdle();
  }

  /** A waiting operation has ended; its place in the queue is given back once enough have. */
  #discardFresh(): void {
    this.#pending--;
    if (++this.#dead < DEAD_WEIGHT || this.#dead * 2 < this.#fresh.size) return;
    const waiting = this.#fresh.drain();
    for (const operation of waiting) if (operation.place === "fresh") this.#fresh.push(operation);
    this.#dead = 0;
  }

  #error(
    operation: Operation,
    code: SendMessageErrorCode,
    message: string,
    more: { errorDetail?: AckMessageError; cause?: unknown } = {},
  ): SendMessageError {
    return new SendMessageError(message, { ackId: operation.ackId, code, ...more });
  }
}
