import type { Environment } from "../../core/environment/environment.js";
import type { GroupStream, GroupStreamMessage, GroupStreamSubscription } from "./models.js";
import type { OnListenerError } from "../../core/util/emitter.js";
import { safely } from "../../core/util/safely.js";
import { Timer } from "../../core/util/timer.js";
import { fromWire, GroupStreamError } from "./groupStreamError.js";
import { InboundStream } from "./inboundStream.js";

/** How long a stream whose rest is dropped is remembered after its last fragment, in ms. */
const UNWANTED_FOR = 300_000;

/** The callback and the options of a subscription. */
export interface StreamListener {
  readonly callback: (stream: GroupStream) => unknown;
  /** 0: no timeout. */
  readonly idleTimeoutInMs: number;
  readonly handleFromStart: boolean;
  readonly groupNames: ReadonlySet<string> | undefined;
  readonly maxBufferedBytes: number;
}

/** A stream that is being received. */
type Entry = {
  readonly key: string;
  /** Undefined: the rest of the stream is dropped. */
  stream: InboundStream | undefined;
  /** Id of the next fragment. */
  expected: number;
  /** When the last fragment came. */
  heardAt: number;
  readonly timer: Timer;
};

/** One subscription of `onGroupStream`: assigns fragments to streams and checks that none is missing. */
export class InboundSubscription {
  /** The object that the application gets. */
  readonly view: GroupStreamSubscription;
  readonly #listener: StreamListener;
  readonly #environment: Environment;
  readonly #onListenerError: OnListenerError;
  readonly #onClosed: () => void;
  readonly #entries = new Map<string, Entry>();
  #isActive = true;
  #paused = false;

  constructor(
    listener: StreamListener,
    environment: Environment,
    onListenerError: OnListenerError,
    onClosed: () => void,
  ) {
    this.#listener = listener;
    this.#environment = environment;
    this.#onListenerError = onListenerError;
    this.#onClosed = onClosed;
    const isActive = (): boolean => this.#isActive;
    const close = (): Promise<void> => this.#close();
    this.view = {
      get isActive() {
        return isActive();
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  receive(fragment: GroupStreamMessage, size: number): void {
    const { groupName, stream: info } = fragment;
    const { groupNames, handleFromStart } = this.#listener;
    if (!this.#isActive || groupNames?.has(groupName) === false) return;
    const { streamId, streamSequenceId: id } = info;
    const key = `${groupName.length}:${groupName}${streamId}`;
    let entry = this.#entries.get(key);
    // The id is used by a new stream: the end of the previous one was missed.
    if (entry !== undefined && entry.stream === undefined && id === 1) {
      this.#forget(entry);
      entry = undefined;
    }
    if (entry === undefined) {
      if (handleFromStart && id !== 1) return;
      entry = this.#begin(key, groupName, streamId, id);
    }
    entry.heardAt = this.#environment.now();
    if (entry.stream !== undefined) this.#append(entry, entry.stream, fragment, size);
    if (info.endOfStream) this.#forget(entry);
  }

  /** Ends all streams with an error. */
  endAll(code: string, message: string, cause?: Error): void {
    for (const entry of this.#entries.values()) {
      this.#forget(entry);
      const { stream } = entry;
      stream?.end(new GroupStreamError(code, stream.streamId, message, { cause }));
    }
  }

  /** Silence doesn't count while the link is down. */
  pause(paused: boolean): void {
    this.#paused = paused;
    for (const entry of this.#entries.values()) entry.heardAt = this.#environment.now();
  }

  #close(): Promise<void> {
    this.#isActive = false;
    this.#onClosed();
    this.endAll("SubscriptionClosed", "The subscription was closed before the stream was complete.");
    return Promise.resolve();
  }

  #begin(key: string, groupName: string, streamId: string, expected: number): Entry {
    const stream = new InboundStream(groupName, streamId, () => this.#drop(entry));
    const heardAt = this.#environment.now();
    const entry: Entry = { key, stream, expected, heardAt, timer: new Timer(this.#environment) };
    this.#entries.set(key, entry);
    this.#watch(entry);
    const failed = (error: unknown): void => {
      this.#onListenerError("a group stream", error);
      // No reader is left.
      stream.leave();
    };
    safely(this.#listener.callback, failed)(stream.view);
    return entry;
  }

  #append(entry: Entry, stream: InboundStream, fragment: GroupStreamMessage, size: number): void {
    const { dataType, data, stream: info } = fragment;
    const { streamSequenceId: id, endOfStream, error } = info;
    const { expected } = entry;
    const isEmpty = endOfStream === true && isEmptyPayload(dataType, data);
    if (id > expected && !error) {
      this.#fail(entry, stream, "SequenceGap", `Fragment ${expected} is missing: ${id} came.`);
      return;
    }
    if (id < expected && !isEmpty && !error) {
      this.#fail(entry, stream, "DuplicateFragment", `Fragment ${id} came again; ${expected} is next.`);
      return;
    }
    entry.expected = id + 1;
    if (!isEmpty && id === expected) {
      stream.push(fragment, size);
      if (stream.size > this.#listener.maxBufferedBytes) {
        const message = `More than ${this.#listener.maxBufferedBytes} bytes are waiting already (maxBufferedBytes).`;
        this.#fail(entry, stream, "BufferFull", message);
      }
    }
    if (error) stream.end(fromWire(stream.streamId, error));
    else if (endOfStream) stream.end();
  }

  #fail(entry: Entry, stream: InboundStream, code: string, message: string): void {
    this.#drop(entry);
    stream.end(new GroupStreamError(code, stream.streamId, message));
  }

  /** Drops the rest of the stream, until its end or for as long as fragments come. */
  #drop(entry: Entry): void {
    entry.stream = undefined;
    if (this.#entries.get(entry.key) === entry) this.#watch(entry);
  }

  #forget(entry: Entry): void {
    entry.timer.clear();
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  /** Uses one timer: it checks when the last fragment came, and is set again if that is recent. */
  #watch(entry: Entry): void {
    entry.timer.clear();
    const limit = this.#listener.idleTimeoutInMs || (entry.stream === undefined ? UNWANTED_FOR : Infinity);
    if (limit === Infinity) return;
    const now = this.#environment.now();
    if (this.#paused) entry.heardAt = now;
    const left = entry.heardAt + limit - now;
    if (left > 0) {
      entry.timer.after(left, () => this.#watch(entry));
      return;
    }
    this.#forget(entry);
    const { stream } = entry;
    const message = `No data within ${limit} ms (idleTimeoutInMs).`;
    stream?.end(new GroupStreamError("IdleTimeout", stream.streamId, message));
  }
}

/** Whether an end has no payload; it may carry the last fragment. */
function isEmptyPayload(dataType: string, data: unknown): boolean {
  if (dataType === "text") return data === "";
  return data === undefined || (data instanceof ArrayBuffer && data.byteLength === 0);
}
