/**
 * The service's own model of what is said on a connection. No subprotocol shows here: a JSON client and a
 * protobuf client in one group exchange these values, each by its own codec.
 */

/** An unsigned 64-bit number: a `number` wherever that is exact, else a `bigint`. */
export type Uint64 = number | bigint;

/** Header-like pairs that travel with a message. */
export type Metadata = Readonly<Record<string, string>>;

/** The content of a message. JSON is kept as its text: it is parsed only where somebody needs the value. */
export type Payload =
  | { readonly dataType: "text"; readonly text: string }
  | { readonly dataType: "json"; readonly json: string }
  | { readonly dataType: "binary"; readonly bytes: Uint8Array }
  | { readonly dataType: "protobuf"; readonly bytes: Uint8Array };

/** Why an operation was not executed. `InternalServerError` is the only one worth trying again. */
export interface OperationError {
  readonly name: string;
  readonly message: string;
}

/** What a connection tells about itself in a group. */
export type GroupState = Readonly<Record<string, string>>;

/** The state of one connection in a group. */
export interface GroupStateItem {
  readonly connectionId: string;
  readonly userId: string | undefined;
  /** Absent: cleared. */
  readonly state: GroupState | undefined;
  /** Unix milliseconds by the service's clock; no two changes in a hub have the same. */
  readonly updatedAt: number;
}

export interface JoinGroup {
  readonly kind: "joinGroup";
  readonly group: string;
  readonly ackId: Uint64 | undefined;
}

export interface LeaveGroup {
  readonly kind: "leaveGroup";
  readonly group: string;
  readonly ackId: Uint64 | undefined;
}

export interface SendToGroup {
  readonly kind: "sendToGroup";
  readonly group: string;
  readonly ackId: Uint64 | undefined;
  readonly noEcho: boolean;
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
  /** 0: never expires. */
  readonly ttlSeconds: number;
}

export interface SendEvent {
  readonly kind: "event";
  readonly event: string;
  readonly ackId: Uint64 | undefined;
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

export interface SequenceAck {
  readonly kind: "sequenceAck";
  readonly sequenceId: Uint64;
}

export interface Ping {
  readonly kind: "ping";
}

export interface SetGroupState {
  readonly kind: "setGroupState";
  readonly group: string;
  readonly ackId: Uint64 | undefined;
  /** Absent: cleared. */
  readonly state: GroupState | undefined;
}

export interface SubscribeGroupState {
  readonly kind: "subscribeGroupState";
  readonly group: string;
  readonly ackId: Uint64 | undefined;
}

export interface UnsubscribeGroupState {
  readonly kind: "unsubscribeGroupState";
  readonly group: string;
  readonly ackId: Uint64 | undefined;
}

/** Asks the application a question; answered by an `invokeResponse`. */
export interface Invoke {
  readonly kind: "invoke";
  readonly invocationId: string;
  readonly event: string;
  readonly payload: Payload | undefined;
  readonly metadata: Metadata | undefined;
}

export interface CancelInvocation {
  readonly kind: "cancelInvocation";
  readonly invocationId: string;
}

export interface StartStream {
  readonly kind: "startStream";
  readonly group: string;
  readonly noEcho: boolean;
  readonly streamId: string;
  /** Milliseconds without any message of the stream after which it is closed. Absent: the service's default. */
  readonly idleTimeoutInMs: number | undefined;
  /** Goes with every fragment. */
  readonly metadata: Metadata | undefined;
}

export interface StreamData {
  readonly kind: "streamData";
  readonly streamId: string;
  readonly streamSequenceId: Uint64;
  readonly payload: Payload;
}

export interface StreamKeepAlive {
  readonly kind: "streamKeepAlive";
  readonly streamId: string;
}

export interface StreamEnd {
  readonly kind: "streamEnd";
  readonly streamId: string;
  /** Absent: the stream is complete. */
  readonly error: { readonly message?: string; readonly userErrorCode?: string } | undefined;
}

/** Messages that are answered by an ack when they carry an `ackId`. */
export type Operation =
  | JoinGroup
  | LeaveGroup
  | SendToGroup
  | SendEvent
  | SetGroupState
  | SubscribeGroupState
  | UnsubscribeGroupState;

/** Messages of a stream to a group: answered by stream acks, nacks and the closing of the stream. */
export type StreamMessage = StartStream | StreamData | StreamKeepAlive | StreamEnd;

/** From a client to the service. */
export type ClientMessage = Operation | StreamMessage | Invoke | CancelInvocation | SequenceAck | Ping;

export interface Connected {
  readonly kind: "connected";
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly reconnectionToken: string | undefined;
}

export interface Disconnected {
  readonly kind: "disconnected";
  readonly reason: string;
}

export interface Ack {
  readonly kind: "ack";
  readonly ackId: Uint64;
  /** Absent: success. */
  readonly error: OperationError | undefined;
}

export interface Pong {
  readonly kind: "pong";
}

export interface InvokeResponse {
  readonly kind: "invokeResponse";
  readonly invocationId: string;
  /** Absent: the handler answered without content. */
  readonly payload: Payload | undefined;
  /** Absent: success. */
  readonly error: OperationError | undefined;
}

export interface StreamAck {
  readonly kind: "streamAck";
  readonly streamId: string;
  /** Everything before it was taken. */
  readonly expectedSequenceId: number;
}

export interface StreamNack {
  readonly kind: "streamNack";
  readonly streamId: string;
  readonly name: StreamNackName;
  readonly message: string;
  /** Where the publisher must start again. */
  readonly expectedSequenceId: number;
}

/** Why a fragment must be sent again. */
export type StreamNackName = "InvalidSequenceId" | "TransientError";

/** The last word about a stream to its publisher. */
export interface StreamClosed {
  readonly kind: "streamClosed";
  readonly streamId: string;
  /** Absent: complete. */
  readonly error: OperationError | undefined;
}

/** Where in which stream a group message belongs. */
export interface StreamPosition {
  readonly streamId: string;
  readonly streamSequenceId: number;
  /** Present: the stream ends here. Such a message has no content. */
  readonly end?: {
    readonly error?: {
      readonly name: string;
      readonly message?: string | undefined;
      readonly userErrorCode?: string | undefined;
    };
  };
}

export interface GroupData {
  readonly kind: "groupData";
  readonly group: string;
  readonly fromUserId: string | undefined;
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
  /** Present: a fragment of a stream. */
  readonly stream?: StreamPosition;
}

/** Every state of a group, to one that has just subscribed. */
export interface GroupStateSnapshot {
  readonly kind: "groupStateSnapshot";
  readonly group: string;
  readonly items: readonly GroupStateItem[];
}

/** States of a group that have changed. */
export interface GroupStateUpdate {
  readonly kind: "groupStateUpdate";
  readonly group: string;
  readonly items: readonly GroupStateItem[];
}

export interface ServerData {
  readonly kind: "serverData";
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

/** Messages about the connection itself: sent once, never replayed, without a sequence id. */
export type ControlMessage =
  Connected | Disconnected | Ack | Pong | InvokeResponse | StreamAck | StreamNack | StreamClosed;

/** Messages that a reliable connection numbers, keeps until acknowledged and replays. */
export type DataMessage = GroupData | ServerData | GroupStateSnapshot | GroupStateUpdate;

/** From the service to a client. */
export type ServiceMessage = ControlMessage | DataMessage;
