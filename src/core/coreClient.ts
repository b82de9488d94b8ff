import { checkNames } from "./advice.js";
import type { ConnectionInfo } from "./connection/connectionInfo.js";
import type { WebPubSubClientCredential } from "./credential.js";
import { toError } from "./errors.js";
import { Inside } from "./inside.js";
import type { CoreClientEvents, WebPubSubClientState } from "./models/events.js";
import type { WebPubSubDataType } from "./models/messages.js";
import type { SavedSession } from "./models/savedSession.js";
import type {
  OperationOptions,
  SendEventOptions,
  SendToGroupOptions,
  StartOptions,
  StopOptions,
  WebPubSubClientOptions,
  WebPubSubResult,
} from "./models/options.js";
import { CORE, type Parts } from "./options.js";
import { sendEventMessage, sendToGroupMessage, type MessageContent } from "./session/operationMessage.js";
import { ASYNC_DISPOSE } from "./util/asyncDispose.js";
import { amount } from "./util/checkOptions.js";
import type { Emitter } from "./util/emitter.js";
import { split } from "./util/split.js";

/**
 * A client of Azure Web PubSub that connects, recovers, joins, sends and receives. It keeps one connection
 * alive and recovers or replaces it when it is lost. As far as the service allows, no message is lost,
 * duplicated or reordered. Everything else is a feature, which you add by importing it.
 */
export class CoreClient<Events extends CoreClientEvents = CoreClientEvents> {
  /**
   * A function and no `#private` field: proxies, such as Vue's, wrap neither functions nor what they return. Left out
   * of the declarations, since types that unwrap proxies lose private members.
   * @internal
   */
  readonly _inside: () => Inside;

  /**
   * @param clientAccessUrl a `wss://` URL with its access token
   * @throws TypeError or RangeError for invalid options
   */
  constructor(clientAccessUrl: string, options?: WebPubSubClientOptions);
  /** @param credential gives a fresh URL for every new connection */
  constructor(credential: WebPubSubClientCredential, options?: WebPubSubClientOptions);
  /**
   * For classes that extend this one.
   * @param parts the parts of the client that the core doesn't choose
   * @internal
   */
  constructor(
    credential: string | WebPubSubClientCredential,
    options: WebPubSubClientOptions | undefined,
    parts: Parts,
  );
  constructor(
    credential: string | WebPubSubClientCredential,
    options?: WebPubSubClientOptions,
    parts: Parts = CORE,
  ) {
    const inside = new Inside(this, credential, options, parts);
    this._inside = () => inside;
  }

  /** State of the connection. */
  get state(): WebPubSubClientState {
    return this._inside().connection.state;
  }

  /** Id of the connection that is established or being recovered. */
  get connectionId(): string | undefined {
    return this._inside().connection.identity?.connectionId;
  }

  /** User of the connection that is established or being recovered. */
  get userId(): string | undefined {
    return this._inside().connection.identity?.userId;
  }

  /** State, ids, last error and next attempt in one immutable object; each `state-changed` brings a new one. */
  get connectionInfo(): ConnectionInfo {
    return this._inside().connection.info;
  }

  /**
   * Connects: one attempt of at most `connectTimeoutInMs`, or several with `keepTrying`. Resolves when the
   * service has confirmed the connection. From then on the client stays connected by itself.
   * @throws ConnectionError when the attempt fails or the client isn't stopped, AbortError when
   * `abortSignal` fires. After a failed attempt or an abort the client is stopped and may be started again.
   */
  start(options?: StartOptions): Promise<void> {
    const { connection, settings } = this._inside();
    try {
      checkNames(settings, options, "start", this);
    } catch (thrown) {
      return Promise.reject(toError(thrown));
    }
    return connection.start(options ?? {});
  }

  /**
   * Ends the connection for good; it can't be recovered. Pending operations reject, or have `drainInMs` to
   * complete if that is given. Resolves when the client is stopped; then `start` may be called again. What isn't an
   * object of options, such as the event that a listener is called with, doesn't keep it from stopping.
   * @throws TypeError or RangeError for an invalid `drainInMs`
   */
  async stop(options?: StopOptions): Promise<void> {
    const { connection, settings } = this._inside();
    // A bound `stop` may be the listener of an event or a signal: whatever comes with that, it stops.
    if (options) settings.advice?.checkNames(options, "stop", this);
    return connection.stop(amount("drainInMs", options?.drainInMs, 0));
  }

  /**
   * Stops the client at once, and keeps its connection for another client, which goes on by `start({ resume })` within
   * 30 s: in another page or process, for example. Synchronous, so that it works while a page unloads. Pending
   * operations reject with code `Suspended` and go on in the other client. `stopped` is emitted, `disconnected` isn't.
   * @returns the session, which can be written as JSON; undefined if the client isn't started. It holds what takes over
   * the connection: keep it secret.
   */
  suspend(): SavedSession | undefined {
    return this._inside().connection.save(true);
  }

  /**
   * Returns the same as `suspend`, and the client goes on. For what may end without notice: what happens after it
   * is unknown to who resumes.
   */
  snapshot(): SavedSession | undefined {
    return this._inside().connection.save(false);
  }

  /** Stops the client at the end of an `await using` block. */
  [ASYNC_DISPOSE](): Promise<void> {
    return this.stop();
  }

  /**
   * Calls `listener` on every `event`. What a listener throws is reported by the platform's
   * `reportError`, or on the console; other listeners are still called.
   * @returns a function that removes the listener
   */
  on<E extends keyof Events & string>(event: E, listener: (args: Events[E]) => unknown): () => void {
    const inside = this._inside();
    inside.settings.advice?.checkEvent(event);
    return emitterOf<Events>(inside).on(event, listener);
  }

  /**
   * Calls `listener` on the next `event` only.
   * @returns a function that removes the listener
   */
  once<E extends keyof Events & string>(event: E, listener: (args: Events[E]) => unknown): () => void {
    const inside = this._inside();
    inside.settings.advice?.checkEvent(event);
    return emitterOf<Events>(inside).on(event, listener, true);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<E extends keyof Events & string>(event: E, listener: (args: Events[E]) => unknown): void {
    emitterOf<Events>(this._inside()).off(event, listener);
  }

  /**
   * Joins a group: its messages arrive as `group-message`. The group is joined again on every new
   * connection until `leaveGroup` is called.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  joinGroup(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this._inside().session.memberships.table.enter(groupName, options);
  }

  /**
   * Leaves a group. While a handle (`group`) has subscribers the group stays joined for them; then this only
   * cancels `joinGroup`, and the result has no ack id.
   * @throws SendMessageError when the service refuses or the operation fails otherwise
   */
  leaveGroup(groupName: string, options?: OperationOptions): Promise<WebPubSubResult> {
    return this._inside().session.memberships.table.leave(groupName, options);
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
    return this._inside().session.submit(
      () => sendToGroupMessage(groupName, content, dataType, options),
      options,
    );
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
    return this._inside().session.submit(
      () => sendEventMessage(eventName, content, dataType, options),
      options,
    );
  }
}

/** The events of features use the same emitter, which needn't know them. */
function emitterOf<Events extends object>({ emitter }: Inside): Emitter<Events> {
  return emitter as unknown as Emitter<Events>;
}
