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

/** Messages that are answered by an ack when they carry an `ackId`. */
export type Operation = JoinGroup | LeaveGroup | SendToGroup | SendEvent;

/** From a client to the service. */
export type ClientMessage = Operation | SequenceAck | Ping;

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

export interface GroupData {
  readonly kind: "groupData";
  readonly group: string;
  readonly fromUserId: string | undefined;
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

export interface ServerData {
  readonly kind: "serverData";
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

/** Messages about the connection itself: sent once, never replayed, without a sequence id. */
export type ControlMessage = Connected | Disconnected | Ack | Pong;

/** Messages that a reliable connection numbers, keeps until acknowledged and replays. */
export type DataMessage = GroupData | ServerData;

/** From the service to a client. */
export type ServiceMessage = ControlMessage | DataMessage;
