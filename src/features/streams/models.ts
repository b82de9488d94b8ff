/** The public types of streams. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { GroupStreamError } from "./groupStreamError.js";
import type { ASYNC_DISPOSE } from "../../core/util/asyncDispose.js";
import type { JSONTypes, StreamEndError, StreamInfo, WebPubSubDataType } from "../../core/models/messages.js";

/** Options of `openGroupStream`. */
export interface OpenGroupStreamOptions {
  /** Id of the stream, unique among this connection's open ones. Default: a random UUID. */
  streamId?: string;
  /** Don't deliver the stream to this connection. Default: false. */
  noEcho?: boolean;
  /**
   * Silence in ms after which the service closes the stream. The writer keeps the stream alive by itself, so
   * this only decides how soon the loss of a publisher is noticed. Default: the service's, 300,000.
   */
  idleTimeoutInMs?: number;
  /** Aborts the opening; has no effect once the stream is open. */
  abortSignal?: AbortSignalLike;
  /** Time in ms that the opening may take, including the wait for a connection. Default: 30,000. */
  startTimeoutInMs?: number;
  /**
   * How long in ms the service may be silent while `end` or `abort` waits for it and there is a connection.
   * Default: 30,000.
   */
  closeTimeoutInMs?: number;
  /** How many fragments may be unacknowledged before `write` waits. Default: 128. */
  maxUnackedFragments?: number;
  /** How many bytes, as sent, may be unacknowledged before `write` waits. Default: 2,097,152. */
  maxUnackedBytes?: number;
}

/** Options of `GroupStreamWriter.write`. */
export interface GroupStreamWriteOptions {
  /** Aborts the write while the fragment waits for room in the window. */
  abortSignal?: AbortSignalLike;
}

/** Options of `GroupStreamWriter.end`. */
export interface EndGroupStreamOptions {
  /** Stops the wait; the end is still sent. If it has fired before the call, nothing is sent. */
  abortSignal?: AbortSignalLike;
}

/** Options of `GroupStreamWriter.abort`. */
export interface AbortGroupStreamOptions {
  /** Stops the wait; the end is still sent. If it has fired before the call, nothing is sent. */
  abortSignal?: AbortSignalLike;
}

/** The content of a fragment, JSON `null` and any view of bytes included. */
export type StreamContent = JSONTypes | ArrayBuffer | ArrayBufferView | null;

/**
 * Sends one stream to a group. The stream lives as long as its connection id: it survives recoveries
 * without loss, and fails when a new connection is made.
 */
export interface GroupStreamWriter {
  /** Id of the stream. */
  readonly streamId: string;
  /**
   * The writer as a `WritableStream`, for `pipeTo`. Each chunk is a fragment; long strings and bytes are
   * split. Closing it ends the stream, aborting it aborts the stream.
   */
  readonly writable: WritableStream<StreamContent>;
  /**
   * Sends a fragment. Resolves when the fragment has a place in the window of unacknowledged fragments, and
   * waits while the window is full; await it to keep pace with the service. Without `dataType` a string is
   * sent as text, bytes as binary, anything else as JSON.
   * @throws GroupStreamError when the stream isn't open or fails, too many fragments wait or the signal fires; also
   * for a fragment that can't be encoded, after which the stream goes on
   */
  write(
    content: StreamContent,
    dataType: WebPubSubDataType,
    options?: GroupStreamWriteOptions,
  ): Promise<void>;
  write(content: StreamContent, options?: GroupStreamWriteOptions): Promise<void>;
  /**
   * Ends the stream after the written fragments. Resolves when the service has closed it; then it has
   * received all fragments.
   * @throws GroupStreamError when the stream isn't open, fails, or isn't closed in time, or the signal fires
   */
  end(options?: EndGroupStreamOptions): Promise<void>;
  /**
   * Ends the stream with an error for its receivers, after the written fragments. Resolves when the service
   * has closed it.
   * @throws GroupStreamError when the stream isn't open, fails, or isn't closed in time, or the signal fires
   */
  abort(error?: StreamEndError, options?: AbortGroupStreamOptions): Promise<void>;
  /**
   * Calls `listener` when the stream fails: closed by the service, lost with its connection, or stopped.
   * @returns a function that removes the listener
   */
  onError(listener: (error: GroupStreamError) => unknown): () => void;
}

/** One fragment of a stream. */
export interface GroupStreamMessage {
  /** Name of the group. */
  readonly groupName: string;
  /** User id of the publisher; empty if it has none. */
  readonly fromUserId: string;
  /** The message's sequence id on the connection; only on reliable subprotocols. */
  readonly sequenceId?: number;
  /** How the payload is encoded. */
  readonly dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  readonly data: JSONTypes | ArrayBuffer;
  /** Id of the stream, and the fragment's position in it. */
  readonly stream: StreamInfo;
}

/**
 * A stream that is being received. Each fragment goes to one reader: loop over the stream, or use one of
 * the methods below. `text`, `bytes` and `json` take the whole rest; other readers fail with `Taken` then.
 * Leaving a loop or cancelling `readable` ends the buffering. An unfinished stream never looks complete: it
 * ends with a `GroupStreamError`.
 */
export interface GroupStream extends AsyncIterable<GroupStreamMessage> {
  /** Name of the group. */
  readonly groupName: string;
  /** Id that the publisher has given to the stream. */
  readonly streamId: string;
  /** Fires when no more fragments will come, for any reason. */
  readonly abortSignal: AbortSignal;
  /** The payloads as a `ReadableStream`: strings, JSON values, and bytes as `Uint8Array`. */
  readonly readable: ReadableStream<JSONTypes | Uint8Array<ArrayBuffer>>;
  /** The whole rest as text: bytes are decoded as UTF-8, JSON values are written as JSON. */
  text(): Promise<string>;
  /** The whole rest as bytes: text and JSON are encoded as UTF-8. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  /** The result of `text()`, parsed. Rejects with SyntaxError if it isn't one JSON value. */
  json<T = unknown>(): Promise<T>;
}

/** Options of `onGroupStream`. */
export interface OnGroupStreamOptions {
  /**
   * Silence in ms after which a stream ends with `IdleTimeout`; counted for each stream separately. The time
   * of a recovery doesn't count. Default: 300,000. 0 waits forever.
   */
  idleTimeoutInMs?: number;
  /** Leave out streams whose beginning was missed. Default: false. */
  handleFromStart?: boolean;
  /** Only streams of these groups. Default: of all groups. */
  groupNames?: string[];
  /**
   * How many bytes of frames of one stream may wait for its reader; beyond that the stream ends with
   * `BufferFull`. Default: 67,108,864.
   */
  maxBufferedBytes?: number;
}

/** What `onGroupStream` returns. */
export interface GroupStreamSubscription {
  /** False once it is closed. */
  readonly isActive: boolean;
  /** Ends the subscription; unfinished streams end with `SubscriptionClosed`. */
  close(): Promise<void>;
  /** Closes the subscription at the end of an `await using` block. */
  [ASYNC_DISPOSE](): Promise<void>;
}

/** A stream with its content so far. A new object with every change. */
export interface GroupStreamView {
  /** Unique among the streams of the subscription; usable as a key in lists. */
  readonly key: number;
  /** Id that the publisher has given to the stream. */
  readonly streamId: string;
  /** User id of the publisher; undefined until the first fragment is read. */
  readonly fromUserId: string | undefined;
  /** `failed`: the content is incomplete; `error` says why. */
  readonly status: "open" | "ended" | "failed";
  /** Why the stream has failed; undefined unless `status` is `failed`. */
  readonly error: Error | undefined;
  /** The fragments so far. */
  readonly messages: readonly GroupStreamMessage[];
  /** The text fragments so far, joined. */
  readonly text: string;
}

/** Options of a handle's `subscribeStreams`. */
export interface GroupStreamsOptions extends Omit<OnGroupStreamOptions, "groupNames"> {
  /** How many of the newest streams are kept; older ones aren't read any further. Default: 10. */
  limit?: number | undefined;
}

/** What `streams(client)` returns. */
export interface StreamsApi {
  /**
   * Opens a stream to a group. Its fragments arrive in order and completely, or the stream ends with an
   * error. Resolves when the service has confirmed the stream; waits while there is no connection.
   * @throws GroupStreamError when the service refuses, `startTimeoutInMs` is over, the signal fires, or
   * the connection is lost for good before the answer
   */
  open(groupName: string, options?: OpenGroupStreamOptions): Promise<GroupStreamWriter>;
  /**
   * Calls `callback` with each stream that arrives in the groups of this connection, at its first fragment.
   * If the callback fails, that is reported as with `on`, and the stream is dropped.
   * @throws TypeError or RangeError for invalid options, TypeError on a protocol of
   * `web-pubsub-client/protobuf/core` that was made without `streamFrames`
   */
  onStream(
    callback: (stream: GroupStream) => void | Promise<void>,
    options?: OnGroupStreamOptions,
  ): GroupStreamSubscription;
  /**
   * Calls `listener` with the newest streams in a group of this connection, from now on, whenever one
   * begins, goes on or ends.
   * @returns a function that removes the listener
   * @throws TypeError or RangeError for invalid options, TypeError on a protocol of
   * `web-pubsub-client/protobuf/core` that was made without `streamFrames`
   */
  follow(
    groupName: string,
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void;
  /** Why the client's protocol has no streams; undefined if it has. */
  readonly unsupported: TypeError | undefined;
}
