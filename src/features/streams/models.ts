/** The public types of streams. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { GroupStreamError } from "./groupStreamError.js";
import type { JSONTypes, StreamEndError, StreamInfo, WebPubSubDataType } from "../../core/models/messages.js";

/** Options of `openGroupStream`. */
export interface OpenGroupStreamOptions {
  /** Id of the stream, unique among this connection's open ones. Default: a random UUID. */
  streamId?: string;
  /** Don't deliver the stream to this connection. Default: false. */
  noEcho?: boolean;
  /**
   * Silence in ms after which the service closes the stream. The writer keeps it alive by itself, so
   * this only tells how soon the loss of a publisher is noticed. Default: the service's, 300,000.
   */
  idleTimeoutInMs?: number;
  /** Gives the opening up; no effect once the stream is open. */
  abortSignal?: AbortSignalLike;
  /** Time in ms that the opening may take, waiting for a connection included. Default: 30,000. */
  startTimeoutInMs?: number;
  /**
   * How long in ms `end` and `abort` wait for the service without hearing anything from it, while
   * there is a connection. Default: 30,000.
   */
  closeTimeoutInMs?: number;
  /** So many fragments may be unacknowledged before `write` waits. Default: 128. */
  maxUnackedFragments?: number;
  /** So many bytes, as sent, may be unacknowledged before `write` waits. Default: 2,097,152. */
  maxUnackedBytes?: number;
}

/** Options of `GroupStreamWriter.write`. */
export interface GroupStreamWriteOptions {
  /** Takes the fragment back while it waits for room in the window. */
  abortSignal?: AbortSignalLike;
}

/** Options of `GroupStreamWriter.end`. */
export interface EndGroupStreamOptions {
  /** Stops the waiting; the end is sent all the same. Nothing is done if it has fired before. */
  abortSignal?: AbortSignalLike;
}

/** Options of `GroupStreamWriter.abort`. */
export interface AbortGroupStreamOptions {
  /** Stops the waiting; the end is sent all the same. Nothing is done if it has fired before. */
  abortSignal?: AbortSignalLike;
}

/** What a fragment may be: JSON `null` and any view of bytes included. */
export type StreamContent = JSONTypes | ArrayBuffer | ArrayBufferView | null;

/**
 * Sends one stream to a group. It lives as long as its connection id: it survives recoveries without
 * loss and fails with a new connection.
 */
export interface GroupStreamWriter {
  readonly streamId: string;
  /**
   * The same writer for `pipeTo`: chunks are fragments, long strings and bytes are split; closing
   * ends the stream, aborting aborts it.
   */
  readonly writable: WritableStream<StreamContent>;
  /**
   * Sends a fragment. Resolves when it has a place in the window of unacknowledged fragments, and
   * waits for one while the window is full: await it to keep pace with the service. Without
   * `dataType` a string is sent as text, bytes as binary, anything else as JSON.
   * @throws GroupStreamError; one that can't be written is refused at once and harms no other
   */
  write(
    content: StreamContent,
    dataType: WebPubSubDataType,
    options?: GroupStreamWriteOptions,
  ): Promise<void>;
  write(content: StreamContent, options?: GroupStreamWriteOptions): Promise<void>;
  /**
   * Ends the stream behind what was written. Resolves when the service has closed it: then it has
   * everything.
   * @throws GroupStreamError
   */
  end(options?: EndGroupStreamOptions): Promise<void>;
  /**
   * Ends the stream with an error for its receivers, behind what was written. Resolves when the
   * service has closed it.
   * @throws GroupStreamError
   */
  abort(error?: StreamEndError, options?: AbortGroupStreamOptions): Promise<void>;
  /**
   * Calls back when the stream fails: closed by the service, lost with its connection, stopped.
   * @returns a function that removes the listener
   */
  onError(listener: (error: GroupStreamError) => unknown): () => void;
}

/** One fragment of a stream. */
export interface GroupStreamMessage {
  readonly groupName: string;
  readonly fromUserId: string;
  /** Of the connection, only on reliable subprotocols. */
  readonly sequenceId?: number;
  readonly dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  readonly data: JSONTypes | ArrayBuffer;
  readonly stream: StreamInfo;
}

/**
 * A stream that is being received. Each fragment goes to one reader: loop over it, or use one of the
 * methods below. `text`, `bytes` and `json` take all that is left for themselves; other readers get
 * `Taken` then. A loop that is left, or a `readable` that is cancelled, stops the buffering. An
 * unfinished stream never looks complete: it ends with a `GroupStreamError`.
 */
export interface GroupStream extends AsyncIterable<GroupStreamMessage> {
  readonly groupName: string;
  readonly streamId: string;
  /** Fires when nothing more will come, for whatever reason. */
  readonly abortSignal: AbortSignal;
  /** The payloads: strings, JSON values, and bytes as `Uint8Array`. */
  readonly readable: ReadableStream<JSONTypes | Uint8Array<ArrayBuffer>>;
  /** All of it as text: bytes are read as UTF-8, JSON values written as JSON. */
  text(): Promise<string>;
  /** All of it as bytes: text and JSON are written as UTF-8. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** `text()`, parsed. Rejects with SyntaxError for what isn't one JSON value. */
  json<T = unknown>(): Promise<T>;
}

/** Options of `onGroupStream`. */
export interface OnGroupStreamOptions {
  /**
   * Silence in ms after which a stream ends with `IdleTimeout`, for each stream by itself. The time
   * of a recovery doesn't count. Default: 300,000. 0 waits for ever.
   */
  idleTimeoutInMs?: number;
  /** Leave out streams whose beginning was missed. Default: false. */
  handleFromStart?: boolean;
  /** Only streams of these groups. Default: of all groups. */
  groupNames?: string[];
  /**
   * How much of one stream may wait for its reader, in bytes of frames; past it the stream ends with
   * `BufferFull`. Default: 67,108,864.
   */
  maxBufferedBytes?: number;
}

/** What `onGroupStream` returns. */
export interface GroupStreamSubscription {
  readonly isActive: boolean;
  /** No further stream is delivered; unfinished ones end with `SubscriptionClosed`. */
  close(): Promise<void>;
  /** Closes the subscription at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A stream as far as it has come. A new object with every change. */
export interface GroupStreamView {
  /** Unlike that of every other stream of the subscription: good as a key in lists. */
  readonly key: number;
  readonly streamId: string;
  /** Its publisher; undefined until the first fragment is read. */
  readonly fromUserId: string | undefined;
  /** `failed`: what is here is not all of it; `error` says why. */
  readonly status: "open" | "ended" | "failed";
  readonly error: Error | undefined;
  /** The fragments so far. */
  readonly messages: readonly GroupStreamMessage[];
  /** The text fragments so far, put together. */
  readonly text: string;
}

/** Options of a handle's `subscribeStreams`. */
export interface GroupStreamsOptions extends Omit<OnGroupStreamOptions, "groupNames"> {
  /** How many streams are kept: the newest. Older ones are not read any further. Default: 10. */
  limit?: number | undefined;
}

/** What `streams(client)` gives. */
export interface StreamsApi {
  /**
   * Opens a stream to a group: fragments that arrive in order and complete, or with an error. Resolves
   * when the service has confirmed it; waits while there is no connection.
   * @throws GroupStreamError when the service refuses, `startTimeoutInMs` is over, the signal fires, or
   * the connection is lost for good before the answer
   */
  open(groupName: string, options?: OpenGroupStreamOptions): Promise<GroupStreamWriter>;
  /**
   * Calls back with each stream that arrives in a group this connection is in, at its first fragment.
   * A callback that fails is logged, and its stream is dropped.
   * @throws TypeError or RangeError for options that can't be, TypeError on a protobuf protocol, which
   * has no streams
   */
  onStream(
    callback: (stream: GroupStream) => void | Promise<void>,
    options?: OnGroupStreamOptions,
  ): GroupStreamSubscription;
  /**
   * Calls `listener` with the newest streams in a group this connection is in, from now on, whenever one
   * begins, goes on or ends.
   * @returns a function that ends it
   * @throws TypeError or RangeError for options that can't be, TypeError on a protobuf protocol, which
   * has no streams
   */
  follow(
    groupName: string,
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void;
  /** Why the client's protocol has no streams; undefined where it has. */
  readonly unsupported: TypeError | undefined;
}
