import type { ConnectionError } from "../../core/errors.js";
import type { GroupDataMessage } from "../../core/models/messages.js";
import type {
  GroupStream,
  GroupStreamMessage,
  GroupStreamSubscription,
  OnGroupStreamOptions,
} from "./models.js";
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
    groupData: (message, size) => {
      if (message.stream === undefined) return;
      const fragment = toFragment(message, message.stream);
      for (const subscription of [...this.#subscriptions]) {
        // A callback may have stopped the client.
        if (this.#live) subscription.receive(fragment, size);
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
      this.unsupported = new TypeError(`${port.settings.protocol.name} has no streams; use JSON.`);
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
    const groupNames = options.groupNames ?? undefined;
    if (groupNames !== undefined && !Array.isArray(groupNames))
      throw new TypeError("groupNames must be an array.");
    const listener: StreamListener = {
      ...checkOptions(TABLE, options),
      callback,
      groupNames: groupNames && new Set(groupNames),
    };
    if (this.unsupported !== undefined) throw this.unsupported;
    const subscription = new InboundSubscription(
      listener,
      this.#port.settings.environment,
      this.#port.onListenerError,
      () => this.#subscriptions.delete(subscription),
    );
    this.#subscriptions.add(subscription);
    return subscription.view;
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
