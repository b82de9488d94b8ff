import { retryDelay, type RetryPolicy } from "../connection/retryPolicy.js";
import { abortedOperation, SendMessageError, type SendMessageErrorCode } from "../errors.js";
import type { AckMessage, AckMessageError } from "../models/messages.js";
import type { WebPubSubResult } from "../models/options.js";
import { getOrAdd } from "../util/getOrAdd.js";
import { whenAborted } from "../util/whenAborted.js";
import type { Frame } from "./frame.js";
import { idsAfter } from "./idsAfter.js";
import { isOver, type Lane, type NewOperation, type Operation } from "./operation.js";
import type { OperationMessage } from "../models/messages.js";
import { ReadyLine } from "./readyLine.js";
import type { SavedContent } from "../models/savedSession.js";
import { bytesToBase64 } from "../savedSession.js";
import { SentLine } from "./sentLine.js";
import type { Suspect } from "./suspect.js";

/** Explicit ids from here on don't move the automatic ones, which never reach that. */
const FAR_AWAY = 2 ** 52;

export interface OutboxOptions {
  readonly maxPendingOperations: number;
  readonly messageRetry: RetryPolicy;
  readonly ackTimeoutInMs: number;
  readonly resendOnNewConnection: boolean;
  /** A random number from 0 to below 1. */
  readonly random: () => number;
  /** Called with the time at which `tick` must be called (absolute, in ms). */
  readonly onDue: (due: number) => void;
  /** Called when the last unsettled operation has ended. */
  readonly onIdle: () => void;
  /** Called when a caller has aborted an operation; others may be sent then. */
  readonly onAborted: () => void;
}

/**
 * All operations that wait to be sent or answered. Holds no socket and no timer: it is told what has
 * happened and asked what to write.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** The waiting operations that are the first of their lane. */
  readonly #ready = new ReadyLine();
  #released = false;
  readonly #lanes = new Map<string, Lane>();
  /** In the order of sending, so the first has the earliest deadline. */
  readonly #sent = new SentLine();
  readonly #delayed = new Set<Operation>();
  /** Not a `Map`, for the reason that `SentLine` gives. */
  readonly #byAckId = Object.create(null) as Record<number, Operation | undefined>;
  /** The lanes of declined operations, and those without a lane: what the service may decline again. */
  readonly #suspects = new Set<string | Operation>();
  #nextAckId = 1;
  #order = 0;
  #pending = 0;
  #unsettled = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** How many operations of the application aren't settled. */
  get size(): number {
    return this.#unsettled;
  }

  /** Whether operations have come to the front of their lanes since the last call. */
  takeReleased(): boolean {
    const released = this.#released;
    this.#released = false;
    return released;
  }

  /**
   * Chooses the ack id of a new operation.
   * @throws RangeError for an invalid id, SendMessageError `AckIdInUse`
   */
  reserveAckId(explicit: number | undefined): number {
    if (explicit === undefined) return this.#nextAckId++;
    if (!Number.isSafeInteger(explicit) || explicit < 0) {
      throw new RangeError("ackId must be an integer from 0 to 2^53 - 1.");
    }
    if (this.#byAckId[explicit]) {
      const message = `An operation with ackId ${explicit} is pending; leave ackId out.`;
      throw new SendMessageError(message, { ackId: explicit, code: "AckIdInUse" });
    }
    if (explicit >= this.#nextAckId && explicit < FAR_AWAY) this.#nextAckId = explicit + 1;
    return explicit;
  }

  /** Takes an operation in. @throws SendMessageError `TooManyPending` */
  add(given: NewOperation): Operation {
    const { internal, message, restored, signal } = given;
    const { ackId } = message;
    const { maxPendingOperations } = this.#options;
    const sent = restored?.sent === true;
    if (!internal && !restored && this.#pending >= maxPendingOperations) {
      const words = `${maxPendingOperations} operations are waiting already (maxPendingOperations).`;
      throw new SendMessageError(words, { ackId, code: "TooManyPending" });
    }
    const operation: Operation = {
      ackId,
      message,
      isNumbered: given.isNumbered,
      frame: given.frame,
      lane: undefined,
      replaceable: given.replaceable,
      internal,
      maxRetries: given.maxRetries,
      calledOff: false,
      signal,
      settle: given.settle,
      order: this.#order++,
      unlisten: undefined,
      place: sent ? "again" : "fresh",
      rank: 0,
      replaced: undefined,
      before: undefined,
      after: undefined,
      handed: sent,
      unanswered: sent,
      resentOnNewConnection: restored?.resent === true,
      retries: 0,
      position: 0,
      due: 0,
    };
    // First, since the caller's signal may throw.
    if (signal) {
      operation.unlisten = whenAborted(signal, () => {
        this.#fail(operation, abortedOperation(operation.ackId));
        this.#options.onAborted();
      });
    }
    if (ackId !== undefined) this.#byAckId[ackId] = operation;
    if (!internal) {
      this.#unsettled++;
      if (!sent) this.#pending++;
    }
    if (given.lane !== undefined) this.#enterLane(given.lane, operation);
    if (isReady(operation)) this.#ready.insert(operation);
    return operation;
  }

  /** The operations of the application that aren't settled. @param isExact false: what isn't sent may be sent yet */
  save(isExact: boolean): Pick<SavedContent, "nextAckId" | "operations"> {
    const operations = this.#all()
      .filter((operation) => !operation.internal && !isOver(operation))
      .map(({ message, handed, resentOnNewConnection }) => ({
        message: bytesToBase64(message),
        sent: handed || !isExact,
        resent: resentOnNewConnection,
      }));
    return { nextAckId: this.#nextAckId, operations };
  }

  /**
   * Takes in operations of the session before: ahead of those that wait already, which get new ack ids, since the
   * service knows the old ones.
   * @param add adds them
   */
  restore({ nextAckId }: SavedContent, add: () => void, encode: (message: OperationMessage) => Frame): void {
    const waiting = this.#all();
    for (const operation of waiting) {
      this.#ready.remove(operation);
      if (operation.isNumbered) delete this.#byAckId[operation.ackId as number];
    }
    this.#lanes.clear();
    this.#nextAckId = Math.max(this.#nextAckId, idsAfter(nextAckId, this.#options.random()));
    add();
    for (const operation of waiting) {
      operation.order = this.#order++;
      if (operation.isNumbered) {
        const ackId = this.#nextAckId++;
        operation.ackId = operation.message.ackId = ackId;
        operation.frame = encode(operation.message);
        this.#byAckId[ackId] = operation;
      }
      // One that was replaced ends with another one of its lane.
      if (operation.lane && !isOver(operation)) this.#lane(operation, operation.lane.key).push(operation);
      if (isReady(operation)) this.#ready.insert(operation);
    }
  }

  /** The client wasn't started in time. */
  refuse(operation: Operation, why: string): void {
    if (operation.place !== "settled") this.#fail(operation, this.#error(operation, "NotStarted", why));
  }

  /** The next operation to write; it counts as sent from now on. */
  takeNext(now: number): Operation | undefined {
    const { ackTimeoutInMs, onDue } = this.#options;
    const operation = this.#ready.shift();
    if (!operation) return undefined;
    // If it is declined now, that is known; if it isn't, it was none.
    if (this.#suspects.size > 0) this.#suspects.delete(suspectKey(operation));
    if (operation.place === "fresh" && !operation.internal) this.#pending--;
    operation.place = "sent";
    operation.handed = true;
    operation.due = now + ackTimeoutInMs;
    if (operation.ackId !== undefined) {
      this.#sent.add(operation);
      if (ackTimeoutInMs > 0) onDue(operation.due);
    }
    return operation;
  }

  /** The socket has accepted the frame. */
  written(operation: Operation): void {
    const { ackId, place } = operation;
    if (ackId === undefined && place === "sent") this.#succeed(operation, { isDuplicated: false });
  }

  /** The socket has thrown. */
  writeFailed(operation: Operation, now: number, cause: Error): void {
    // The socket's callbacks may have ended the operation meanwhile.
    if (operation.place !== "sent") return;
    this.#sent.delete(operation);
    this.#retryLater(operation, now, () => this.#error(operation, "SendFailed", cause.message, { cause }));
  }

  /** The service has answered. Returns the position of the operation's frame; 0 if there is none. */
  answered({ ackId, success, error }: AckMessage, now: number): number {
    const operation = this.#byAckId[ackId];
    // Late, unknown, or an answer to an earlier operation with the same explicit id.
    if (!operation || operation.place === "fresh") return 0;
    const isDuplicated = !success && error?.name === "Duplicate";
    if (success || isDuplicated) {
      const { resentOnNewConnection } = operation;
      this.#succeed(
        operation,
        resentOnNewConnection ? { ackId, isDuplicated, resentOnNewConnection } : { ackId, isDuplicated },
      );
      return operation.position;
    }
    // An earlier sending may have been executed nevertheless.
    operation.handed = operation.unanswered;
    const refusal = (): SendMessageError => {
      // The wire may carry null, though the type excludes it.
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
   * Handles deadlines: delayed operations are sent again, and so are unanswered ones while there is a
   * connection.
   */
  tick(now: number, connected: boolean): void {
    for (const operation of this.#delayed) {
      if (operation.due > now) continue;
      this.#delayed.delete(operation);
      this.#sendAgain(operation);
    }
    if (!connected || this.#options.ackTimeoutInMs === 0) return;
    for (let operation = this.#sent.first; operation; operation = this.#sent.first) {
      if (operation.due > now) break;
      this.#sent.delete(operation);
      operation.unanswered = true;
      if (this.#mayRetry(operation)) {
        this.#sendAgain(operation);
      } else {
        const message = `No answer within ${this.#options.ackTimeoutInMs} ms (ackTimeoutInMs).`;
        this.#giveUp(operation, () => this.#error(operation, "AckTimeout", message));
      }
    }
  }

  /** When `tick` must be called (absolute, in ms). */
  nextDue(connected: boolean): number {
    let due = Infinity;
    for (const operation of this.#delayed) due = Math.min(due, operation.due);
    if (!connected || this.#options.ackTimeoutInMs === 0) return due;
    return Math.min(due, this.#sent.first?.due ?? Infinity);
  }

  /** The service has declined one of the frames that it hasn't read: all operations among them are suspects. */
  declined(isRead: (position: number) => boolean): void {
    for (let each = this.#sent.first; each; each = each.after)
      if (!isRead(each.position)) this.#suspects.add(suspectKey(each));
  }

  /** If the next operation to write is a suspect: what to call if it is declined again. */
  get nextSuspect(): Suspect | undefined {
    if (this.#suspects.size === 0) return undefined;
    const operation = this.#ready.first;
    if (!operation || !this.#suspects.has(suspectKey(operation))) return undefined;
    return {
      onDeclined: (cause) => {
        if (operation.place !== "sent") return;
        // What the service can't accept it hasn't executed.
        operation.handed = false;
        const message = "The service has declined this operation twice (close code 1007).";
        this.#fail(operation, this.#error(operation, "Refused", message, { cause }));
      },
    };
  }

  /** The same connection is recovered: all unanswered operations are sent again, which costs no retry. */
  resume(): void {
    const sent = this.#sent.drain();
    for (const operation of sent) {
      operation.unanswered = true;
      operation.place = "again";
    }
    this.#ready.insertAll(sent);
  }

  /** The connection id is gone, and with it the service's record of ack ids. */
  sessionEnded(cause: Error): void {
    this.resume();
    for (const operation of this.#all()) {
      const { internal, place } = operation;
      if (isOver(operation) || (place === "fresh" && !internal)) continue;
      if (operation.unanswered && !internal) {
        operation.resentOnNewConnection =
          // The next try of a delayed one is counted already.
          this.#options.resendOnNewConnection && (place === "delayed" || this.#mayRetry(operation));
        operation.unanswered = !operation.resentOnNewConnection;
      }
      if (!operation.unanswered && !internal) continue;
      const message = `The connection was lost before the service answered: ${cause.message}`;
      this.#fail(operation, this.#error(operation, "ConnectionLost", message, { cause }));
    }
  }

  /** Rejects all operations. */
  clear(cause: Error & { readonly code?: string }): void {
    this.#suspects.clear();
    this.resume();
    for (const operation of this.#all()) {
      if (isOver(operation)) continue;
      const code = cause.code === "Suspended" ? "Suspended" : "NotStarted";
      this.#fail(operation, this.#error(operation, code, cause.message, { cause }));
    }
  }

  /** All operations that aren't settled, in the order of the calls. */
  #all(): Operation[] {
    const ready = this.#ready.drain();
    this.#ready.insertAll(ready);
    const answerable = Object.values(this.#byAckId) as Operation[];
    return [...new Set([...answerable, ...this.#delayed, ...ready])].sort((a, b) => a.order - b.order);
  }

  #sendAgain(operation: Operation): void {
    operation.place = "again";
    if (isReady(operation)) this.#ready.insert(operation);
  }

  #enterLane(key: string, operation: Operation): void {
    const { internal, replaceable } = operation;
    if (!internal) {
      // Internal operations come first.
      for (const each of [...(this.#lanes.get(key)?.operations ?? [])]) {
        if (each.internal && each.replaceable === replaceable) this.#endRetries(each);
        else if (!each.internal && each.place !== "sent") break;
      }
    }
    const operations = this.#lane(operation, key);
    if (internal) {
      // Before everything that isn't on its way over this connection.
      const at = operations.findIndex((each) => !each.internal && each.place !== "sent" && !each.unanswered);
      const [first] = operations;
      if (at === 0 && first) this.#ready.remove(first);
      operations.splice(at < 0 ? operations.length : at, 0, operation);
      return;
    }
    const last = operations.at(-1);
    const replaces = replaceable === true && last?.replaceable === true && last.place === "fresh";
    if (replaces && !last.internal) {
      this.#pending--;
      this.#ready.remove(last);
      last.place = "replaced";
      operation.replaced = last;
      operations.pop();
    }
    operations.push(operation);
  }

  /** Assigns an operation to a lane. Returns the lane's operations. */
  #lane(operation: Operation, key: string): Operation[] {
    operation.lane = getOrAdd(this.#lanes, key, (): Lane => ({ key, operations: [] }));
    return operation.lane.operations;
  }

  /** A call by the application replaces an internal operation. */
  #endRetries(operation: Operation): void {
    operation.calledOff = true;
    if (operation.place !== "sent" && !isOver(operation)) this.#fail(operation, this.#calledOff(operation));
  }

  /** The next operation of a lane may be sent. */
  #advance(lane: Lane): void {
    const { key, operations } = lane;
    const [first] = operations;
    if (!first) this.#lanes.delete(key);
    else if (isReady(first)) {
      this.#released = true;
      this.#ready.insert(first);
    }
  }

  #leaveLane(lane: Lane, operation: Operation): void {
    const { operations } = lane;
    const at = operations[0] === operation ? 0 : operations.lastIndexOf(operation);
    if (at >= 0) operations.splice(at, 1);
    if (at === 0) this.#advance(lane);
  }

  #mayRetry(operation: Operation): boolean {
    const { calledOff, maxRetries = this.#options.messageRetry.maxRetries } = operation;
    return !calledOff && ++operation.retries <= maxRetries;
  }

  /** Fails an operation. If it was called off, its own error doesn't matter any more. */
  #giveUp(operation: Operation, makeError: () => SendMessageError): void {
    this.#fail(operation, operation.calledOff ? this.#calledOff(operation) : makeError());
  }

  #calledOff(operation: Operation): SendMessageError {
    return this.#error(operation, "Aborted", "A call of the application has taken its place.");
  }

  #retryLater(operation: Operation, now: number, makeError: () => SendMessageError): void {
    if (!this.#mayRetry(operation)) return this.#giveUp(operation, makeError);
    const { messageRetry, random } = this.#options;
    operation.place = "delayed";
    operation.due = now + retryDelay(messageRetry, operation.retries, random());
    this.#delayed.add(operation);
    this.#options.onDue(operation.due);
  }

  #succeed(operation: Operation, result: WebPubSubResult): void {
    for (const each of this.#settle(operation)) each.settle(undefined, false, result);
  }

  #fail(operation: Operation, error: SendMessageError): void {
    const { handed, place, replaced } = operation;
    // Never sent, and aborted by its caller: the call that it replaced is restored.
    const back = place === "fresh" && error.code === "Aborted" ? firstWaiting(replaced) : undefined;
    if (back) this.#restore(back, operation);
    for (const each of this.#settle(operation)) each.settle(error, handed);
  }

  #restore(replaced: Operation, by: Operation): void {
    by.replaced = undefined;
    replaced.place = "fresh";
    this.#pending++;
    // Behind the one that ends now, so that it moves up to its place.
    const { operations } = (replaced.lane = by.lane as Lane);
    operations.splice(operations.lastIndexOf(by) + 1, 0, replaced);
  }

  /** @returns the operations that have ended, itself last */
  #settle(operation: Operation): Operation[] {
    const settled = [operation];
    // A replaced one that its caller aborts ends alone.
    if (operation.place !== "replaced") {
      for (let each = firstWaiting(operation.replaced); each; each = firstWaiting(each.replaced))
        settled.push(each);
    }
    for (const each of settled.reverse()) this.#end(each);
    return settled;
  }

  #end(operation: Operation): void {
    const { lane, place, ackId, unlisten, internal } = operation;
    if (place === "fresh" && !internal) this.#pending--;
    if (isReady(operation)) this.#ready.remove(operation);
    operation.place = "settled";
    if (ackId !== undefined) delete this.#byAckId[ackId];
    this.#suspects.delete(operation);
    this.#sent.delete(operation);
    if (place === "delayed") this.#delayed.delete(operation);
    unlisten?.();
    if (lane && place !== "replaced") this.#leaveLane(lane, operation);
    if (!internal && --this.#unsettled === 0) this.#options.onIdle();
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

/** The newest replaced operation in the chain that hasn't been aborted since. */
function firstWaiting(operation: Operation | undefined): Operation | undefined {
  while (operation && operation.place !== "replaced") operation = operation.replaced;
  return operation;
}

/** An internal operation is made anew on each connection, so its lane is remembered, and which kind it is there. */
function suspectKey(operation: Operation): string | Operation {
  const { lane, replaceable } = operation;
  return lane ? `${lane.key} ${replaceable}` : operation;
}

/** It waits to be sent and is the first of its lane. */
function isReady(operation: Operation): boolean {
  const { lane, place } = operation;
  return (place === "fresh" || place === "again") && (!lane || lane.operations[0] === operation);
}
