import type { FeaturePort } from "../../core/feature.js";
import { ASYNC_DISPOSE } from "../../core/util/asyncDispose.js";
import { isBytes } from "../../core/util/bytes.js";
import { safely } from "../../core/util/safely.js";
import { Timer } from "../../core/util/timer.js";
import { fromWire } from "./groupStreamError.js";
import { InboundStream } from "./inboundStream.js";
import type { GroupStream, GroupStreamMessage, GroupStreamSubscription } from "./models.js";

/** How long a stream whose rest is dropped is remembered after its last fragment, in ms, if it has no idle timeout. */
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

/** A stream that is being received. If it is over, its rest is dropped, until its end or for as long as fragments come. */
type Entry = {
  readonly stream: InboundStream;
  /** Id of the next fragment. */
  expected: number;
  /** When the last fragment came; Infinity while the link is down. */
  heardAt: number;
  readonly timer: Timer;
};

/** One subscription of `onGroupStream`: assigns fragments to streams and checks that none is missing. */
export class InboundSubscription {
  /** The object that the application gets. */
  readonly view: GroupStreamSubscription;
  readonly #listener: StreamListener;
  readonly #port: FeaturePort;
  readonly #entries = new Map<string, Entry>();

  /** @param active the subscriptions that aren't closed; this one is added */
  constructor(listener: StreamListener, port: FeaturePort, active: Set<InboundSubscription>) {
    this.#listener = listener;
    this.#port = port;
    active.add(this);
    const close = (): Promise<void> => {
      active.delete(this);
      this.endAll("SubscriptionClosed", "The subscription was closed before the stream was complete.");
      return Promise.resolve();
    };
    const isActive = (): boolean => active.has(this);
    // A getter, since what is handed out may be copied into a proxy or frozen.
    this.view = {
      get isActive() {
        return isActive();
      },
      close,
      [ASYNC_DISPOSE]: close,
    };
  }

  receive(fragment: GroupStreamMessage, size: number): void {
    const { groupName, stream: info } = fragment;
    const { groupNames, handleFromStart } = this.#listener;
    if (groupNames?.has(groupName) === false) return;
    const key = `${groupName.length}:${groupName}${info.streamId}`;
    const isFirst = info.streamSequenceId === 1;
    let entry = this.#entries.get(key);
    // The id is used by a new stream: the end of the previous one was missed.
    if (isFirst && entry?.stream.isOver) entry = this.#forget(key, entry);
    if (entry === undefined) {
      if (handleFromStart && !isFirst) return;
      entry = this.#begin(key, fragment);
    }
    entry.heardAt = this.#now();
    this.#append(entry, fragment, size);
    if (info.endOfStream) this.#forget(key, entry);
  }

  /** Ends all streams with an error. */
  endAll(code: string, message: string, cause?: Error): void {
    for (const [key, entry] of this.#entries) {
      this.#forget(key, entry);
      entry.stream.fail(code, message, cause);
    }
  }

  /** Silence doesn't count while the link is down. */
  pause(paused: boolean): void {
    for (const [key, entry] of this.#entries) {
      entry.heardAt = paused ? Infinity : this.#now();
      this.#watch(key, entry);
    }
  }

  #begin(key: string, { groupName, stream: info }: GroupStreamMessage): Entry {
    const { environment } = this.#port.settings;
    const stream = new InboundStream(groupName, info.streamId);
    const timer = new Timer(environment);
    const entry = { stream, expected: info.streamSequenceId, heardAt: this.#now(), timer };
    this.#entries.set(key, entry);
    this.#watch(key, entry);
    const failed = (error: unknown): void => {
      this.#port.onListenerError("a group stream", error);
      // No reader is left.
      stream.leave();
    };
    safely(this.#listener.callback, failed)(stream.view);
    return entry;
  }

  #append(entry: Entry, fragment: GroupStreamMessage, size: number): void {
    const { stream, expected } = entry;
    const { streamSequenceId: id, endOfStream, error } = fragment.stream;
    const isEmpty = endOfStream === true && isEmptyPayload(fragment);
    if (!error) {
      if (id > expected) return stream.fail("SequenceGap", `Fragment ${expected} is missing: ${id} came.`);
      if (id < expected && !isEmpty)
        return stream.fail("DuplicateFragment", `Fragment ${id} came again; ${expected} is next.`);
    }
    entry.expected = id + 1;
    if (!isEmpty && id === expected) {
      const { maxBufferedBytes } = this.#listener;
      stream.push(fragment, size);
      if (stream.size > maxBufferedBytes)
        stream.fail(
          "BufferFull",
          `More than ${maxBufferedBytes} bytes are waiting already (maxBufferedBytes).`,
        );
    }
    if (error) stream.end(fromWire(stream.view.streamId, error));
    else if (endOfStream) stream.end();
  }

  #forget(key: string, { timer }: Entry): undefined {
    timer.clear();
    this.#entries.delete(key);
  }

  /** Uses one timer: it checks when the last fragment came, and is set again if that is recent. */
  #watch(key: string, entry: Entry): void {
    const { idleTimeoutInMs } = this.#listener;
    const { stream, heardAt, timer } = entry;
    const limit = idleTimeoutInMs || UNWANTED_FOR;
    const now = this.#now();
    // Without a timeout a stream that is read may be silent for ever.
    const due = (idleTimeoutInMs || stream.isOver ? heardAt : now) + limit;
    if (due > now) return timer.at(due, () => this.#watch(key, entry));
    this.#forget(key, entry);
    stream.fail("IdleTimeout", `No data within ${limit} ms (idleTimeoutInMs).`);
  }

  #now(): number {
    return this.#port.settings.environment.now();
  }
}

/** Whether an end has no payload; it may carry the last fragment. */
function isEmptyPayload({ dataType, data }: GroupStreamMessage): boolean {
  if (dataType === "text") return data === "";
  return data === undefined || (isBytes(data) && data.byteLength === 0);
}
