import { checkNames } from "../../core/advice.js";
import type { ConnectionError } from "../../core/errors.js";
import type { GroupStream, GroupStreamSubscription, OnGroupStreamOptions } from "./models.js";
import type { FeaturePort } from "../../core/feature.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { amount, checkOptions, flag, positive, type OptionTable } from "../../core/util/checkOptions.js";
import { streamFrames } from "./frames.js";
import { InboundSubscription, type StreamListener } from "./inboundSubscription.js";

const TABLE: OptionTable<Pick<StreamListener, "idleTimeoutInMs" | "handleFromStart" | "maxBufferedBytes">> = {
  idleTimeoutInMs: [amount, 300_000],
  handleFromStart: [flag, false],
  maxBufferedBytes: [positive, 1 << 26],
};

/** Passes received fragments to the subscriptions of `onGroupStream`. */
export class InboundStreams implements FeatureHooks {
  readonly receive: FeatureHooks["receive"] = {
    groupData: ({ group: groupName, fromUserId, sequenceId, dataType, data, stream }, size) => {
      if (stream === undefined) return;
      const fragment = { groupName, fromUserId, sequenceId, dataType, data, stream };
      for (const subscription of [...this.#subscriptions]) {
        // A callback may have stopped the client, or closed the subscription.
        if (this.#live && this.#subscriptions.has(subscription)) subscription.receive(fragment, size);
      }
    },
  };
  readonly #port: FeaturePort;
  readonly #subscriptions = new Set<InboundSubscription>();
  /** There is a connection id; its link may be down. */
  #live = false;

  constructor(port: FeaturePort) {
    this.#port = port;
    if (!port.carries(streamFrames))
      this.unsupported = new TypeError(
        `${port.settings.protocol.name} carries no streams: give it streamFrames, or use web-pubsub-client/protobuf.`,
      );
  }

  /** Why the protocol has no streams; undefined if it has. */
  readonly unsupported: TypeError | undefined;

  /** @throws TypeError or RangeError for invalid options, TypeError for a protocol without streams */
  subscribe(
    callback: (stream: GroupStream) => unknown,
    given?: OnGroupStreamOptions,
  ): GroupStreamSubscription {
    const options = given ?? {};
    if (typeof callback !== "function") throw new TypeError("callback must be a function.");
    checkNames(this.#port.settings, options, "onGroupStream", this);
    const groupNames = options.groupNames ?? undefined;
    if (groupNames !== undefined && !Array.isArray(groupNames))
      throw new TypeError("groupNames must be an array.");
    const listener: StreamListener = {
      ...checkOptions(TABLE, options),
      callback,
      groupNames: groupNames && new Set(groupNames),
    };
    if (this.unsupported !== undefined) throw this.unsupported;
    return new InboundSubscription(listener, this.#port, this.#subscriptions).view;
  }

  onOpened(): void {
    this.#live = true;
  }

  onRecovered(): void {
    for (const subscription of this.#subscriptions) subscription.pause(false);
  }

  onSuspended(): void {
    for (const subscription of this.#subscriptions) subscription.pause(true);
  }

  onLost(cause: ConnectionError): void {
    this.#lose("ConnectionLost", "The connection was lost before the stream was complete.", cause);
  }

  onStopped(cause: ConnectionError): void {
    this.#lose("NotStarted", "The client was stopped before the stream was complete.", cause);
  }

  #lose(code: string, message: string, cause: ConnectionError): void {
    this.#live = false;
    for (const subscription of this.#subscriptions) subscription.endAll(code, message, cause);
  }
}
