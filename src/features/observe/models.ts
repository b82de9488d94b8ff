import type { MessageMetadata, WebPubSubMessage } from "../../core/models/messages.js";
import type { OnStateChangedArgs } from "../../core/models/events.js";

/**
 * What is called when something happens in a client. Every method may be left out, and what nobody listens to isn't
 * computed. All times are in ms: `At` is of the environment's clock (Unix time), `InMs` is a duration. What a method
 * throws is reported, as from a listener, and harms nothing.
 */
export interface Observer {
  /** The client begins to make a connection, or to recover the one it has. */
  onAttemptStarted?(attempt: ObservedAttempt): unknown;
  /** The attempt has succeeded or failed, or was given up. The same object as in `onAttemptStarted`. */
  onAttemptEnded?(attempt: ObservedAttempt): unknown;
  /** The state has changed, or a further attempt is scheduled: the argument of the event `state-changed`. */
  onState?(change: OnStateChangedArgs): unknown;
  /** A link is lost, and the client is going to recover its connection. */
  onRecoveryStarted?(recovery: ObservedRecovery): unknown;
  /** The connection is recovered and the replay complete, or it is lost. The same object as in `onRecoveryStarted`. */
  onRecoveryEnded?(recovery: ObservedRecovery): unknown;
  /** A frame was received, or is handed to the socket. */
  onFrame?(frame: ObservedFrame): unknown;
  /** An operation or an invocation was submitted. A call with wrong arguments isn't reported. */
  onOperationQueued?(operation: ObservedOperation): unknown;
  /** Its frame is handed to the socket: each time that it is sent. The same object as in `onOperationQueued`. */
  onOperationSent?(operation: ObservedOperation): unknown;
  /** Its promise is about to settle. The same object as in `onOperationQueued`. */
  onOperationSettled?(operation: ObservedOperation): unknown;
  /** The service has answered a ping. @param durationInMs from the ping to its pong */
  onRoundTrip?(durationInMs: number): unknown;
  /** What waits may have changed. */
  onLoad?(load: ObservedLoad): unknown;
  /**
   * Returns metadata to send with a message to a group, an event or, on protobuf, an invocation; or nothing. Called at
   * the call, before the message is encoded. Names that the caller has used keep the caller's values.
   */
  addMetadata?(operation: ObservedOperation): MessageMetadata | undefined;
}

/** Options of `observe`. */
export interface ObserveOptions {
  /** Frames and operations carry their `message`. Reconnection tokens are left out. Default: false. */
  content?: boolean;
}

/** One attempt to make a connection or to recover it. */
export interface ObservedAttempt {
  /** Whether a new connection is made, or the one that was lost is recovered. */
  readonly kind: "connect" | "recover";
  /** Its number, from 1. */
  readonly attempt: number;
  /** When it began. */
  readonly startedAt: number;
  /** Id of the connection that is recovered; once a new one is made, its id. */
  readonly connectionId?: string | undefined;
  /** Undefined until it has ended. `abandoned`: the client was stopped, or has slept and begins another attempt. */
  readonly outcome?: "succeeded" | "failed" | "abandoned" | undefined;
  /** From its begin to its end; undefined until then. */
  readonly durationInMs?: number | undefined;
  /** Why it has failed: a `ConnectionError`. Secrets are left out. */
  readonly error?: Error | undefined;
}

/** From the loss of a link to the recovery of its connection, or to its end. */
export interface ObservedRecovery {
  /** Id of the connection. */
  readonly connectionId: string;
  /** When the link was lost. */
  readonly startedAt: number;
  /** How many attempts were begun. */
  readonly attempts: number;
  /** Undefined until it has ended. */
  readonly recovered?: boolean | undefined;
  /** From the loss until frames flow again, or until the connection is given up. */
  readonly durationInMs?: number | undefined;
  /**
   * How many messages the service has sent on the new socket before its first answer to a ping: those that were
   * missed, and those of which it didn't know that they had arrived.
   */
  readonly replayed?: number | undefined;
  /** Why the link was lost; once the connection is given up, why: undefined if the client was stopped. */
  readonly error?: Error | undefined;
}

/** One frame on the wire. */
export interface ObservedFrame {
  /** `in`: received from the service; `out`: sent to it. */
  readonly direction: "in" | "out";
  /** What it holds; `unknown` for what a codec of your own writes or doesn't read. */
  readonly kind: WebPubSubMessage["kind"] | "unknown";
  /** Its size on the wire. */
  readonly bytes: number;
  /** When it was received, or handed to the socket. */
  readonly at: number;
  /** Name of the group that it is about; undefined for other frames. */
  readonly group?: string | undefined;
  /** Ack id of the operation that it sends or answers; undefined for other frames. */
  readonly ackId?: number | undefined;
  /** Number of the message in a reliable subprotocol. */
  readonly sequenceId?: number | undefined;
  /**
   * Only with `content`. On protobuf it is left out for the frames of streams, sequence acks and cancelled
   * invocations that the client sends: only their kind is known.
   */
  readonly message?: WebPubSubMessage | undefined;
}

/** An operation (join, leave, send, event, state) or an invocation, from the call to its end. */
export interface ObservedOperation {
  /** What it does. */
  readonly kind:
    | "joinGroup"
    | "leaveGroup"
    | "sendToGroup"
    | "sendEvent"
    | "setGroupState"
    | "subscribeGroupState"
    | "unsubscribeGroupState"
    | "invoke";
  /** Name of the group; undefined for events and invocations. */
  readonly group?: string | undefined;
  /** Name of the event; undefined for what sends none. */
  readonly event?: string | undefined;
  /** Undefined for what is sent without waiting for an answer. A client that resumes a session may change it. */
  readonly ackId?: number | undefined;
  /** Id of the invocation; undefined for operations. */
  readonly invocationId?: string | undefined;
  /** Made by the client itself, for example to join a group again. */
  readonly isInternal: boolean;
  /** When it was submitted. */
  readonly queuedAt: number;
  /** How many times it was handed to a socket: 2 or more if it was sent again. */
  readonly timesSent: number;
  /** When it was last handed to a socket. */
  readonly sentAt?: number | undefined;
  /** From the call to the end; undefined until then. */
  readonly durationInMs?: number | undefined;
  /** Why it has failed. */
  readonly error?: Error | undefined;
  /** Only with `content`. */
  readonly message?: WebPubSubMessage | undefined;
}

/** What waits in a client. */
export interface ObservedLoad {
  /** Operations, invocations and streams that aren't settled. */
  readonly pending: number;
  /** Frames that the service isn't known to have read; a long one counts as several, one for each 11,650 bytes. */
  readonly unread: number;
}

/** Returned by `observe`. */
export interface Observation {
  /** What waits now. */
  load(): ObservedLoad;
  /** Ends the observation; the observer isn't called any more. */
  stop(): void;
}
