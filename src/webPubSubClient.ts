import { createClientLogger } from "@azure/logger";
import { EventEmitter } from "events";
import { ADVICE } from "./advice.js";
import { completeGroup, type Group } from "./completeGroup.js";
import { WebPubSubJsonReliableProtocol } from "./completeProtocols.js";
import { CoreClient } from "./core/coreClient.js";
import type { WebPubSubClientCredential } from "./core/credential.js";
import type { WebPubSubDataType } from "./core/models/messages.js";
import type { OperationOptions, WebPubSubClientOptions, WebPubSubResult } from "./core/models/options.js";
import type { CoreClientEvents } from "./core/models/events.js";
import type { Parts } from "./core/options.js";
import type { MessageContent } from "./core/session/operationMessage.js";
import type { GroupContent } from "./features/groups/groupOptions.js";
import { groups } from "./features/groups/groups.js";
import type { HistoryGroupOptions } from "./features/history/models.js";
import { invocations } from "./features/invocations/index.js";
import type { InvokeEventOptions, InvokeEventResult } from "./features/invocations/models.js";
import { presence } from "./features/presence/index.js";
import type { GroupState, GroupStateRecord, PresenceEvents } from "./features/presence/models.js";
import { retain } from "./features/retain/index.js";
import { streams } from "./features/streams/index.js";
import type {
  GroupStream,
  GroupStreamSubscription,
  GroupStreamWriter,
  OnGroupStreamOptions,
  OpenGroupStreamOptions,
} from "./features/streams/models.js";

/** All events of the client, each with the argument of its listeners. */
export interface WebPubSubClientEvents extends CoreClientEvents, PresenceEvents {}

const COMPLETE: Parts = {
  protocol: WebPubSubJsonReliableProtocol,
  // Many components may listen to one client, so a high count isn't a sign of a leak.
  listeners: () => new EventEmitter().setMaxListeners(0),
  // Switched on with `setLogLevel` of `@azure/logger`.
  logger: createClientLogger("web-pubsub-client"),
  advice: ADVICE,
};

/**
 * A client of Azure Web PubSub with all features. It keeps one connection alive and recovers or replaces it when it is
 * lost. As far as the service allows, no message is lost, duplicated or reordered.
 */
export class WebPubSubClient extends CoreClient<WebPubSubClientEvents> {
  /**
   * @param clientAccessUrl a `wss://` URL with its access token
   * @throws TypeError or RangeError for invalid options
   */
  constructor(clientAccessUrl: string, options?: WebPubSubClientOptions);
  /** @param credential gives a fresh URL for every new connection */
  constructor(credential: WebPubSubClientCredential, options?: WebPubSubClientOptions);
  constructor(credential: string | WebPubSubClientCredential, options?: WebPubSubClientOptions) {
    super(credential, options, COMPLETE);
    // What they have saved is restored at once then.
    this._inside().session.makeFeatures = () =>
      [groups, invocations, presence, streams].forEach((make) => make(this));
  }

  /**
   * Keeps the client connected while a part of the application, such as a component, needs it. The first
   * call starts the client, with `keepTrying`; `releaseDelayInMs` after the last one is released it is stopped.
   * @returns a function that releases the client
   */
  retain(): () => void {
    return retain(this);
  }

  /**
   * Returns the handle of a group: subscribe to it, send to it, loop over its messages. The same name and
   * schema object give the same handle; the newest `history` counts.
   * @throws TypeError for a name that isn't a string of 1 to 1024 characters, an invalid schema or invalid `history`,
   * RangeError for a `history.limit` of 0 or numbers below 0
   */
  group<T = GroupContent, In = T>(name: string, options?: HistoryGroupOptions<T, In>): Group<T, In> {
    return completeGroup(this, name, options);
  }

  /**
   * Calls the application's server by an event and resolves with its answer. Waits while there is no
   * connection; a call that was sent is never sent again. Without `dataType` a string is sent as text,
   * bytes as binary, anything else as JSON.
   * @throws InvocationError when the server or the service refuses, or when the answer doesn't come within
   * `timeoutInMs` or can't come any more
   */
  invokeEvent(
    eventName: string,
    content: MessageContent,
    dataType: WebPubSubDataType,
    options?: InvokeEventOptions,
  ): Promise<InvokeEventResult>;
  invokeEvent(
    eventName: string,
    content: MessageContent,
    options?: InvokeEventOptions,
  ): Promise<InvokeEventResult>;
  invokeEvent(
    eventName: string,
    content: MessageContent,
    typeOrOptions?: WebPubSubDataType | InvokeEventOptions,
    more?: InvokeEventOptions,
  ): Promise<InvokeEventResult> {
    return invocations(this).invoke(eventName, content, typeOrOptions, more);
  }

  /**
   * Sets this connection's state in a group, in place of the earlier one. The state ends when the connection
   * leaves the group or the client stops; on a new connection it is set again (`restoreGroupStates`).
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  setGroupState(groupName: string, state: GroupState, options?: OperationOptions): Promise<WebPubSubResult> {
    return presence(this).set(groupName, state, options);
  }

  /**
   * Clears this connection's state in a group.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  clearGroupState(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return presence(this).clear(groupName, options);
  }

  /**
   * Subscribes to the states of all connections in a group: `listGroupStates` returns them, and
   * `group-states-changed` is emitted when they change. The group needn't be joined. The subscription is
   * renewed on new connections, also after stop and start, until `unsubscribeGroupStates` is called.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  subscribeGroupStates(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return presence(this).subscribe(groupName, options);
  }

  /**
   * Ends `subscribeGroupStates`; the known states are forgotten at once.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  unsubscribeGroupStates(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return presence(this).unsubscribe(groupName, options);
  }

  /**
   * Returns a copy of this connection's own state in a group, as last acknowledged; undefined for none.
   * @throws Error when the group isn't joined
   */
  getGroupState(groupName: string): GroupState | undefined {
    return presence(this).get(groupName);
  }

  /**
   * The last known states of a group's connections, this one's included. Returns copies; empty until the
   * service has answered and while there is no connection.
   * @throws Error when the group's states aren't subscribed
   */
  listGroupStates(groupName: string): GroupStateRecord[] {
    return presence(this).list(groupName);
  }

  /**
   * Opens a stream to a group. Its fragments arrive in order and completely, or the stream ends with an
   * error. Resolves when the service has confirmed the stream; waits while there is no connection.
   * @throws GroupStreamError when the service refuses, `startTimeoutInMs` is over, the signal fires, or
   * the connection is lost for good before the answer
   */
  openGroupStream(groupName: string, options?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    return streams(this).open(groupName, options);
  }

  /**
   * Calls `callback` with each stream that arrives in the groups of this connection, at its first fragment.
   * If the callback fails, that is reported as with `on`, and the stream is dropped.
   * @throws TypeError or RangeError for invalid options, TypeError on a protocol of
   * `web-pubsub-client/protobuf/core` that was made without `streamFrames`
   */
  onGroupStream(
    callback: (stream: GroupStream) => void | Promise<void>,
    options?: OnGroupStreamOptions,
  ): GroupStreamSubscription {
    return streams(this).onStream(callback, options);
  }
}
