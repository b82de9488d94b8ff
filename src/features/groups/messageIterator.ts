import { checkSignal } from "../../core/util/checkSignal.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { Queue } from "../../core/util/queue.js";
import { checkNames } from "../../core/advice.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { MessageOverflowError } from "./groupErrors.js";
import type { GroupFeed } from "./groupFeed.js";
import type { GroupMessage, GroupMessagesOptions } from "./groupOptions.js";

type Result<T> = IteratorResult<GroupMessage<T>, undefined>;

/** The messages of a group, for one `for await` loop. */
export function iterateMessages<T>(
  feed: GroupFeed<T, never>,
  options?: GroupMessagesOptions,
): AsyncIterableIterator<GroupMessage<T>> {
  const buffer = new MessageBuffer(feed, options);
  const iterator: AsyncIterableIterator<GroupMessage<T>> = {
    next: () => buffer.next(),
    return: () => buffer.return(),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** A subscriber with a bounded buffer. */
class MessageBuffer<T> {
  readonly #buffer = new Queue<GroupMessage<T>>();
  readonly #waiting = new Queue<Deferred<Result<T>>>();
  readonly #ends: (() => void)[] = [];
  #ended = false;
  #error: Error | undefined;

  constructor(feed: GroupFeed<T, never>, options?: GroupMessagesOptions) {
    checkNames(feed.port.settings, options, "messages", feed);
    const signal = checkSignal(options?.abortSignal);
    const maxBuffered = options?.maxBuffered ?? 1_000;
    const overflow = options?.overflow ?? "error";
    if (!(maxBuffered >= 1)) throw new RangeError("maxBuffered must be at least 1.");
    if (!["error", "drop-oldest", "drop-newest"].includes(overflow))
      throw new TypeError('overflow must be "error", "drop-oldest" or "drop-newest".');
    if (signal?.aborted) {
      this.#end();
      return;
    }
    let dropped = false;
    const onMessage = (message: GroupMessage<T>): void => {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) return waiting.resolve({ value: message, done: false });
      if (this.#buffer.size >= maxBuffered) {
        if (overflow === "error") return this.#end(new MessageOverflowError(feed.name, maxBuffered));
        if (!dropped)
          feed.port.settings.logger.warning(`Messages of group ${feed.name} are lost (${overflow}).`);
        dropped = true;
        if (overflow === "drop-newest") return;
        this.#buffer.shift();
      }
      this.#buffer.push(message);
    };
    const onStatus = (): void => {
      if (feed.status === "refused") this.#end(feed.error);
    };
    const onAbort = (): void => {
      this.#buffer.drain();
      this.#end();
    };
    // Subscribed before the status is watched: if the join fails at once, everything to end is known already.
    this.#ends.push(feed.subscribe(onMessage), whenAborted(signal, onAbort), feed.onStatusChange(onStatus));
    // If another subscriber's join was refused before, no status change follows.
    onStatus();
  }

  next(): Promise<Result<T>> {
    const message = this.#buffer.shift();
    if (message !== undefined) return Promise.resolve({ value: message, done: false });
    if (!this.#ended) {
      const waiting = deferred<Result<T>>();
      this.#waiting.push(waiting);
      return waiting.promise;
    }
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }

  /** Called when the loop is left: ends the subscription. */
  return(): Promise<Result<T>> {
    this.#buffer.drain();
    this.#error = undefined;
    this.#end();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Ends the subscription. The buffered messages are still returned, then the error, once. */
  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const end of this.#ends) end();
    for (const waiting of this.#waiting.drain()) {
      if (this.#error === undefined) waiting.resolve({ value: undefined, done: true });
      else waiting.reject(this.#error);
      this.#error = undefined;
    }
  }
}
