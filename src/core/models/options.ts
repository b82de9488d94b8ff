/** The options of the client and of its operations, with units and defaults. */
import type { AbortSignalLike } from "@azure/abort-controller";
import type { Environment, WebSocketConstructor } from "../environment/environment.js";
import type { WebPubSubClientProtocol } from "../codec/protocol.js";
import type { ClientLogger } from "../log.js";
import type { MessageMetadata, OperationMessage } from "./messages.js";
import type { SavedSession } from "./savedSession.js";

/** Options of the client. All may be left out; the object is read once and never changed. */
export interface WebPubSubClientOptions {
  /** The subprotocol to speak. Default: `WebPubSubJsonReliableProtocol()`. */
  protocol?: WebPubSubClientProtocol;
  /**
   * Make a new connection when one is lost and can't be recovered. Default: true. Recovery of the same
   * connection is always tried.
   */
  autoReconnect?: boolean;
  /**
   * Join the groups of `joinGroup` again after a new connection. Default: true. Groups whose handles
   * have subscribers are always joined.
   */
  autoRejoinGroups?: boolean;
  /**
   * Set this connection's states in its groups again on a new connection, once the group is joined
   * again. Default: true. With false they are forgotten when the connection is lost.
   */
  restoreGroupStates?: boolean;
  /** How operations are retried. Default: 3 retries, 1,000 ms apart. */
  messageRetryOptions?: WebPubSubRetryOptions;
  /**
   * How attempts to make a new connection are repeated after the first, immediate one. Fields that are
   * left out default to: no limit, exponential from 1,000 ms to 30,000 ms, with jitter.
   */
  reconnectRetryOptions?: WebPubSubRetryOptions;
  /**
   * Silence in ms, counted from a ping that was sent, after which the connection is given up.
   * Default: 45,000. 0 turns the check off. Throws RangeError when negative.
   */
  keepAliveTimeoutInMs?: number;
  /** Time in ms between pings. Default: 20,000. 0 sends none. Throws RangeError when negative. */
  keepAliveIntervalInMs?: number;
  /**
   * Time in ms that one attempt to connect may take, credential included. Default: 10,000.
   * Throws RangeError unless above 0.
   */
  connectTimeoutInMs?: number;
  /**
   * Time in ms to wait for the answer to an operation before it is sent again with the same ack id, which
   * counts as a retry. Default: 30,000. 0 waits forever. Throws RangeError when negative.
   */
  ackTimeoutInMs?: number;
  /**
   * How many operations may wait to be sent; further ones are refused. Default: 10,000.
   * Throws RangeError unless above 0.
   */
  maxPendingOperations?: number;
  /**
   * Send unanswered operations again on a new connection, although the service may have executed
   * them on the old one. Default: true. The results of such operations carry `resentOnNewConnection`.
   */
  resendOnNewConnection?: boolean;
  /**
   * How long in ms a group stays joined after the last subscriber of its handles has gone, and the client
   * stays connected after the last `retain` was released. So components that are mounted again within this
   * time find everything as it was. Default: 1,000. Throws RangeError when negative.
   */
  releaseDelayInMs?: number;
  /** WebSocket class for proxies, headers or test doubles. Default: the platform's; in Node that of `ws`. */
  webSocket?: WebSocketConstructor;
  /**
   * The logger to use. Default: `@azure/logger`, under the name `web-pubsub-client`; a `CoreClient` logs
   * nothing.
   */
  logger?: ClientLogger;
  /** Clock, timers, randomness, sockets and wake signals, for unusual hosts and virtual time. */
  environment?: Partial<Environment>;
}

/** How often something is retried, and with which delays. */
export interface WebPubSubRetryOptions {
  /** Retries after the first attempt. Default: 3 for messages, no limit for connections. */
  maxRetries?: number;
  /** Delay in ms before the first retry. Default: 1,000. */
  retryDelayInMs?: number;
  /** Upper bound in ms for `Exponential`. Default: 30,000. */
  maxRetryDelayInMs?: number;
  /** Whether the delay doubles with each retry. Default: `Fixed` for messages, `Exponential` for connections. */
  mode?: RetryMode;
  /**
   * Draw each delay at random between 0 and its bound, so that many clients don't retry in step.
   * Default: true for `Exponential`, false for `Fixed`.
   */
  jitter?: boolean;
}

/** `Fixed`: always the same delay. `Exponential`: it doubles up to a bound. */
export type RetryMode = "Exponential" | "Fixed";

/** Options of `start`. */
export interface StartOptions {
  /** Aborts the attempt at once, whatever it is waiting for. */
  abortSignal?: AbortSignalLike;
  /**
   * If the first attempt fails, go on as after a lost connection, by `reconnectRetryOptions`, and resolve
   * when connected. Default: false; then the first failure rejects.
   */
  keepTrying?: boolean;
  /**
   * Go on with a session that `suspend()` or `snapshot()` has returned, of this client or an earlier one: with its
   * connection, so that no message is missed, its unsettled operations and its groups. If its connection can't be
   * recovered, a new one is made as after any loss. The attempts go on as with `keepTrying`. Add listeners first: what
   * came meanwhile arrives with the connection. Groups that handles held stay joined for 5 s, and their messages wait
   * for the first subscriber. States that were watched are held as long. A `CoreClient` makes its features
   * (`presence(client)` and so on) before this call, so that they know what they have saved. Throws TypeError for what
   * isn't such a session.
   */
  resume?: SavedSession | undefined;
  /** Called with each operation of that session, and the promise of its result. */
  onRestored?: OnRestored | undefined;
}

/**
 * Called with an operation of the session before and the promise of its result, for its own promise ended with that
 * session.
 */
export type OnRestored = (operation: OperationMessage, result: Promise<WebPubSubResult>) => unknown;

/** Options of `stop`. */
export interface StopOptions {
  /** How long in ms pending operations may still be sent and answered. Default: 0. */
  drainInMs?: number;
}

/** Options that every acknowledged operation has. */
export interface OperationOptions {
  /**
   * Id by which the service answers and finds duplicates. Default: chosen by the client; nearly every
   * program can leave it out.
   */
  ackId?: number;
  /** Aborts the operation at once; if it was sent already, it may still be executed. */
  abortSignal?: AbortSignalLike;
}

/** Options of `joinGroup`. */
export interface JoinGroupOptions extends OperationOptions {}

/** Options of `leaveGroup`. */
export interface LeaveGroupOptions extends OperationOptions {}

/** Options of `sendToGroup`. */
export interface SendToGroupOptions extends OperationOptions {
  /** Don't deliver the message to this connection. Default: false. */
  noEcho?: boolean;
  /** Don't ask for an answer: resolves when the message is handed to the socket. Default: false. */
  fireAndForget?: boolean;
  /** Travels with the message: ASCII strings, 8 KiB in all. Default: none. */
  metadata?: MessageMetadata;
  /** How long the service may hold the message for a receiver, in seconds (0 to 300). Default: the service's. */
  ttlSeconds?: number;
}

/** Options of `sendEvent`. */
export interface SendEventOptions extends OperationOptions {
  /** Don't ask for an answer: resolves when the message is handed to the socket. Default: false. */
  fireAndForget?: boolean;
  /** Travels with the message: ASCII strings, 8 KiB in all. Default: none. */
  metadata?: MessageMetadata;
}

/** What an operation resolves to. */
export interface WebPubSubResult {
  /** The id that was answered; undefined for fire-and-forget. */
  ackId?: number;
  /** The service had executed this ack id before. */
  isDuplicated: boolean;
  /**
   * The operation was sent on one connection without an answer and again on a new one, so it may
   * have been executed twice.
   */
  resentOnNewConnection?: boolean;
}

/** Options that `WebPubSubClientCredential.getClientAccessUrl` is called with. */
export interface GetClientAccessUrlOptions {
  /** Fires when the attempt that needs the URL has ended. */
  abortSignal?: AbortSignalLike;
}
