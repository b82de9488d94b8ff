import { Connection } from "./core/connection/connection.js";
import type { ConnectionInfo } from "./core/connection/connectionInfo.js";
import { Retention } from "./features/retain/retention.js";
import { toUrlSource, type WebPubSubClientCredential } from "./core/credential.js";
import type { Group } from "./features/groups/group.js";
import type { GroupContent, GroupOptions } from "./features/groups/groupOptions.js";
import { Groups } from "./features/groups/groups.js";
import { logger } from "./core/log.js";
import type { WebPubSubClientEvents, WebPubSubClientState } from "./core/models/events.js";
import type { GroupState, GroupStateRecord } from "./features/presence/models.js";
import type { InvokeEventOptions, InvokeEventResult } from "./features/invocations/models.js";
import type { WebPubSubDataType } from "./core/models/messages.js";
import type {
  OperationOptions,
  SendEventOptions,
  SendToGroupOptions,
  StartOptions,
  StopOptions,
  WebPubSubClientOptions,
  WebPubSubResult,
} from "./core/models/options.js";
import type {
  GroupStream,
  GroupStreamSubscription,
  GroupStreamWriter,
  OnGroupStreamOptions,
  OpenGroupStreamOptions,
} from "./features/streams/models.js";
import { amount, toSettings, type Settings } from "./core/options.js";
import { GroupStates } from "./features/presence/groupStates.js";
import { Invocations } from "./features/invocations/invocations.js";
import { sendEventMessage, sendToGroupMessage, type MessageContent } from "./core/session/operationMessage.js";
import { Session } from "./core/session/session.js";
import { InboundStreams } from "./features/streams/inboundStreams.js";
import { OutboundStreams } from "./features/streams/outboundStreams.js";
import { Emitter } from "./core/util/emitter.js";
import { split } from "./core/util/split.js";

/**
 * A client of Azure Web PubSub. It keeps one connection alive, recovers or renews it, and neither
 * loses, doubles nor reorders what can be kept.
 */
export class WebPubSubClient {
  readonly #settings: Settings;
  readonly #emitter: Emitter<WebPubSubClientEvents>;
  readonly #session: Session;
  readonly #connection: Connection;
  // Made when first asked for: most clients need few of them.
  #madeInvocations: Invocations | undefined;
  #madeGroupStates: GroupStates | undefined;
  #madeOutbound: OutboundStreams | undefined;
  #madeInbound: InboundStreams | undefined;
  #madeGroups: Groups | undefined;
  #madeRetention: Retention | undefined;

  /**
   * @param clientAccessUrl a `wss://` URL with its access token
   * @throws TypeError or RangeError for options that can't be
   */
  constructor(clientAccessUrl: string, options?: WebPubSubClientOptions);
  /** @param credential asked for a fresh URL on every new connection */
  constructor(credential: WebPubSubClientCredential, options?: WebPubSubClientOptions);
  constructor(credential: string | WebPubSubClientCredential, options?: WebPubSubClientOptions) {
    const settings = toSettings(options);
    this.#settings = settings;
    this.#emitter = new Emitter(onListenerError);
    this.#session = new Session(settings, this.#emitter);
    this.#connection = new Connection(settings, toUrlSource(credential), this.#emitter, this.#session);
    this.#session.connectTo(this.#connection);
  }

  get #invocations(): Invocations {
    return (this.#madeInvocations ??= this.#session.attach(new Invocations(this.#settings, this.#session)));
  }

  get #groupStates(): GroupStates {
    return (this.#madeGroupStates ??= this.#session.attach(
      new GroupStates(this.#settings, this.#emitter, this.#session, this.#session.memberships),
    ));
  }

  get #outbound(): OutboundStreams {
    return (this.#madeOutbound ??= this.#session.attach(
      new OutboundStreams(this.#settings, this.#session, onListenerError),
    ));
  }

  get #inbound(): InboundStreams {
    return (this.#madeInbound ??= this.#session.attach(new InboundStreams(this.#settings, onListenerError)));
  }

  get #groups(): Groups {
    return (this.#madeGroups ??= new Groups(
      {
        session: this.#session,
        groupStates: this.#groupStates,
        inbound: this.#inbound,
        outbound: this.#outbound,
      },
      this.#settings,
      this.#emitter,
      onListenerError,
    ));
  }

  get #retention(): Retention {
    return (this.#madeRetention ??= new Retention(this.#connection, this.#settings, this.#emitter));
  }

  /** Where the connection stands. */
  get state(): WebPubSubClientState {
    return this.#connection.state;
  }

  /** Id of the connection that stands or is being recovered. */
  get connectionId(): string | undefined {
    return this.#connection.identity?.connectionId;
  }

  /** User of the connection that stands or is being recovered. */
  get userId(): string | undefined {
    return this.#connection.identity?.userId;
  }

  /** All of it in one object that never changes: a new one comes with each `state-changed`. */
  get connectionInfo(): ConnectionInfo {
    return this.#connection.info;
  }

  /**
   * Connects: one attempt, at most `connectTimeoutInMs` long, or more with `keepTrying`. Resolves
   * when the service has confirmed the connection. From then on the client keeps connected by itself.
   * @throws ConnectionError when the attempt fails or the client isn't stopped, AbortError when
   * `abortSignal` fires; the client is stopped then and may be started again
   */
  start(options?: StartOptions): Promise<void> {
    return this.#connection.start(options?.abortSignal, options?.keepTrying);
  }

  /**
   * Ends the connection for good; the service forgets it. Pending operations reject, after
   * `drainInMs` if that is given. Resolves when the client is stopped; `start` works again then.
   */
  async stop(options?: StopOptions): Promise<void> {
    return this.#connection.stop(amount("drainInMs", options?.drainInMs, 0));
  }

  /**
   * Keeps the client connected for one user of several, such as a component: the first starts it,
   * with `keepTrying`, and `releaseDelayInMs` after the last has gone it is stopped.
   * @returns a function that says that this user has gone
   */
  retain(): () => void {
    return this.#retention.retain();
  }

  /** Stops the client at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Calls `listener` on every `event`. A listener that throws is logged and harms no other.
   * @returns a function that removes the listener
   */
  on<E extends keyof WebPubSubClientEvents>(
    event: E,
    listener: (args: WebPubSubClientEvents[E]) => unknown,
  ): () => void {
    return this.#emitter.on(event, listener);
  }

  /**
   * Calls `listener` on the next `event` only.
   * @returns a function that removes the listener
   */
  once<E extends keyof WebPubSubClientEvents>(
    event: E,
    listener: (args: WebPubSubClientEvents[E]) => unknown,
  ): () => void {
    return this.#emitter.on(event, listener, true);
  }

  /** Removes a listener that `on` or `once` has added. */
  off<E extends keyof WebPubSubClientEvents>(
    event: E,
    listener: (args: WebPubSubClientEvents[E]) => unknown,
  ): void {
    this.#emitter.off(event, listener);
  }

  /**
   * Joins a group: its messages arrive as `group-message`. The group is joined again on every new
   * connection until `leaveGroup` is called.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  joinGroup(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#session.memberships.join(groupName, options);
  }

  /**
   * Leaves a group. While a handle (`group`) has subscribers it stays joined for them; then only the
   * wish of `joinGroup` ends, and the result has no ack id.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  leaveGroup(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#session.memberships.leave(groupName, options);
  }

  /**
   * A group as an object: subscribe to it, send to it, loop over its messages. The same handle for
   * the same name (and schema object).
   * @throws TypeError for a name that isn't a string of 1 to 1024 characters
   */
  group<T = GroupContent, In = T>(name: string, options?: GroupOptions<T, In>): Group<T, In> {
    return this.#groups.get(name, options?.schema);
  }

  /**
   * Publishes to a group. Without `dataType` a string is sent as text, bytes as binary, anything
   * else as JSON.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  sendToGroup(
    groupName: string,
    content: MessageContent,
    dataType: WebPubSubDataType,
    options?: SendToGroupOptions,
  ): Promise<WebPubSubResult>;
  sendToGroup(
    groupName: string,
    content: MessageContent,
    options?: SendToGroupOptions,
  ): Promise<WebPubSubResult>;
  sendToGroup(
    groupName: string,
    content: MessageContent,
    typeOrOptions?: WebPubSubDataType | SendToGroupOptions,
    more?: SendToGroupOptions,
  ): Promise<WebPubSubResult> {
    const [dataType, options] = split(typeOrOptions, more);
    return this.#session.submit(() => sendToGroupMessage(groupName, content, dataType, options), options);
  }

  /**
   * Sends an event to the application's server. Without `dataType` a string is sent as text, bytes
   * as binary, anything else as JSON.
   * @throws SendMessageError when the service or the server refuses or the operation fails otherwise
   */
  sendEvent(
    eventName: string,
    content: MessageContent,
    dataType: WebPubSubDataType,
    options?: SendEventOptions,
  ): Promise<WebPubSubResult>;
  sendEvent(eventName: string, content: MessageContent, options?: SendEventOptions): Promise<WebPubSubResult>;
  sendEvent(
    eventName: string,
    content: MessageContent,
    typeOrOptions?: WebPubSubDataType | SendEventOptions,
    more?: SendEventOptions,
  ): Promise<WebPubSubResult> {
    const [dataType, options] = split(typeOrOptions, more);
    return this.#session.submit(() => sendEventMessage(eventName, content, dataType, options), options);
  }

  /**
   * Calls the application's server by an event and resolves with its answer. Waits while there is no
   * connection; once sent it is never sent again. Without `dataType` a string is sent as text, bytes
   * as binary, anything else as JSON.
   * @throws InvocationError when the server or the service refuses, when the answer doesn't come in
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
    const [dataType, options] = split(typeOrOptions, more);
    return this.#invocations.invoke(eventName, content, dataType, options);
  }

  /**
   * Says something about this connection in a group, in place of what was said before. It ends when
   * the connection leaves the group or the client stops; on a new connection it is set again
   * (`restoreGroupStates`).
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  setGroupState(groupName: string, state: GroupState, options?: OperationOptions): Promise<WebPubSubResult> {
    // None at all is a mistake, which the operation tells: clearing has its own name.
    return this.#groupStates.own.set(groupName, state ?? null, options);
  }

  /**
   * Takes back what this connection has said in a group.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  clearGroupState(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#groupStates.own.set(groupName, undefined, options);
  }

  /**
   * Asks for the states of all connections in a group, now and as they change: `listGroupStates`
   * holds them, `group-states-changed` tells of changes. Needs no membership. Goes on over new
   * connections, stop and start until `unsubscribeGroupStates` is called.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  subscribeGroupStates(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#groupStates.watches.subscribe(groupName, options);
  }

  /**
   * Ends `subscribeGroupStates`; what was known is forgotten at once.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  unsubscribeGroupStates(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#groupStates.watches.unsubscribe(groupName, options);
  }

  /**
   * This connection's own state in a group as last acknowledged; undefined for none. A copy.
   * @throws Error when the group isn't joined
   */
  getGroupState(groupName: string): GroupState | undefined {
    return this.#groupStates.own.get(groupName);
  }

  /**
   * The states of a group's connections as last told by the service, own one included. Copies; empty
   * until the service has answered and while there is no connection.
   * @throws Error when the group's states aren't subscribed
   */
  listGroupStates(groupName: string): GroupStateRecord[] {
    return this.#groupStates.watches.list(groupName);
  }

  /**
   * Opens a stream to a group: fragments that arrive in order and complete, or with an error. Resolves
   * when the service has confirmed it; waits while there is no connection.
   * @throws GroupStreamError when the service refuses, `startTimeoutInMs` is over, the signal fires, or
   * the connection is lost for good before the answer
   */
  openGroupStream(groupName: string, options?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    return this.#outbound.open(groupName, options);
  }

  /**
   * Calls back with each stream that arrives in a group this connection is in, at its first fragment.
   * A callback that fails is logged, and its stream is dropped.
   * @throws TypeError or RangeError for options that can't be, TypeError on a protobuf protocol, which
   * has no streams
   */
  onGroupStream(
    callback: (stream: GroupStream) => void | Promise<void>,
    options?: OnGroupStreamOptions,
  ): GroupStreamSubscription {
    return this.#inbound.subscribe(callback, options);
  }
}

function onListenerError(event: string, error: unknown): void {
  logger.error(`A listener of ${event} failed:`, error);
}
