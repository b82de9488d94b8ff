import type { ConnectionError } from "../../core/errors.js";
import type { GroupDataMessage, WebPubSubMessage } from "../../core/models/messages.js";
import type {
  GroupStream,
  GroupStreamMessage,
  GroupStreamSubscription,
  OnGroupStreamOptions,
} from "./models.js";
import { amount, positive, type Settings } from "../../core/options.js";
import type { SessionPart } from "../../core/session/sessionPart.js";
import { checkFlag } from "../../core/util/checkFlag.js";
import type { OnListenerError } from "../../core/util/emitter.js";
import { InboundSubscription, type StreamListener } from "./inboundSubscription.js";

/** Brings the streams that arrive to those who asked for them. */
export class InboundStreams implements SessionPart {
  readonly #settings: Settings;
  readonly #onListenerError: OnListenerError;
  readonly #subscriptions = new Set<InboundSubscription>();
  /** There is a connection id; its link may be down. */
  #live = false;

  constructor(settings: Settings, onListenerError: OnListenerError) {
    this.#settings = settings;
    this.#onListenerError = onListenerError;
  }

  /** @throws TypeError or RangeError for options that can't be, TypeError for a protocol without streams */
  subscribe(
    callback: (stream: GroupStream) => unknown,
    given?: OnGroupStreamOptions,
  ): GroupStreamSubscription {
    const options = given ?? {};
    if (typeof callback !== "function") throw new TypeError("callback must be a function.");
    const groupNames = options.groupNames ?? undefined;
    if (groupNames !== undefined && !Array.isArray(groupNames))
      throw new TypeError("groupNames must be an array.");
    const listener: StreamListener = {
      callback,
      idleTimeoutInMs: amount("idleTimeoutInMs", options.idleTimeoutInMs, 300_000),
      handleFromStart: checkFlag("handleFromStart", options.handleFromStart, false),
      groupNames: groupNames && new Set(groupNames),
      maxBufferedBytes: positive("maxBufferedBytes", options.maxBufferedBytes, 1 << 26),
    };
    const { name } = this.#settings.protocol;
    if (name.startsWith("protobuf.")) throw new TypeError(`${name} has no streams; use JSON.`);
    const subscription = new InboundSubscription(
      listener,
      this.#settings.environment,
      this.#onListenerError,
      () => this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  begins(): void {
    this.#live = true;
  }

  resumes(): void {
    for (const subscription of this.#subscriptions) subscription.pause(false);
  }

  interrupted(): void {
    for (const subscription of this.#subscriptions) subscription.pause(true);
  }

  ends(cause: ConnectionError): void {
    this.#lose("ConnectionLost", "The connection was lost before the stream was complete.", cause);
  }

  refuse(cause: ConnectionError): void {
    this.#lose("NotStarted", "The client was stopped before the stream was complete.", cause);
  }

  receive(message: WebPubSubMessage, size: number): void {
    if (message.kind !== "groupData" || message.stream === undefined) return;
    const fragment = toFragment(message, message.stream);
    for (const subscription of [...this.#subscriptions]) {
      // A callback may have stopped the client.
      if (this.#live) subscription.receive(fragment, size);
    }
  }

  #lose(code: string, message: string, cause: ConnectionError): void {
    this.#live = false;
    for (const subscription of this.#subscriptions) {
      subscription.endAll(code, message, cause);
      subscription.pause(false);
    }
  }
}

function toFragment(
  { group, fromUserId, sequenceId, dataType, data }: GroupDataMessage,
  stream: GroupStreamMessage["stream"],
): GroupStreamMessage {
  return { groupName: group, fromUserId, sequenceId, dataType, data, stream };
}
