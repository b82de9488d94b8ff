/** The messages between client and service, as codecs read and write them. */

/** Any value that JSON can carry. `null` may be sent too. */
export type JSONTypes = string | number | boolean | object;

/** How the payload of a message is encoded. */
export type WebPubSubDataType =
  /** Bytes. */
  | "binary"
  /** A JSON value. */
  | "json"
  /** A string. */
  | "text"
  /** Bytes of a `google.protobuf.Any`. */
  | "protobuf";

/** Metadata that travels beside the payload of a message (ASCII strings, 8 KiB in all). */
export type MessageMetadata = Record<string, string>;

/** Every message between client and service; `kind` distinguishes them. */
export type WebPubSubMessage =
  | GroupDataMessage
  | ServerDataMessage
  | JoinGroupMessage
  | LeaveGroupMessage
  | ConnectedMessage
  | DisconnectedMessage
  | SendToGroupMessage
  | SendEventMessage
  | SequenceAckMessage
  | PingMessage
  | AckMessage
  | InvokeMessage
  | InvokeResponseMessage
  | CancelInvocationMessage
  | PongMessage
  | StreamDataMessage
  | StreamEndMessage
  | StreamAckMessage
  | StreamNackMessage
  | StreamClosedMessage
  | SetGroupStateMessage
  | SubscribeGroupStateMessage
  | UnsubscribeGroupStateMessage
  | GroupStateSnapshotMessage
  | GroupStateUpdateMessage;

/** The messages whose only content is a group's name. */
export type BareGroupMessage =
  JoinGroupMessage | LeaveGroupMessage | SubscribeGroupStateMessage | UnsubscribeGroupStateMessage;

/** A message that the service answers with its ack id. */
export type OperationMessage =
  BareGroupMessage | SendToGroupMessage | SendEventMessage | SetGroupStateMessage;

/** The field that all messages have. */
export interface WebPubSubMessageBase {
  /** Tells which message it is. */
  kind: DownstreamMessageType | UpstreamMessageType;
}

/** Kinds that the service sends. */
export type DownstreamMessageType =
  | "ack"
  | "pong"
  | "connected"
  | "disconnected"
  | "groupData"
  | "serverData"
  | "invokeResponse"
  | "streamAck"
  | "streamNack"
  | "streamClosed"
  | "groupStateSnapshot"
  | "groupStateUpdate";

/** Kinds that the client sends. */
export type UpstreamMessageType =
  | "joinGroup"
  | "leaveGroup"
  | "sendToGroup"
  | "sendEvent"
  | "sequenceAck"
  | "ping"
  | "invoke"
  | "cancelInvocation"
  | "streamData"
  | "streamEnd"
  | "setGroupState"
  | "subscribeGroupState"
  | "unsubscribeGroupState";

/** The service's answer to an operation that carried an ack id. */
export interface AckMessage extends WebPubSubMessageBase {
  readonly kind: "ack";
  /** The ack id of the operation. */
  ackId: number;
  /** Whether the service has executed the operation. */
  success: boolean;
  /** Why the service didn't execute it; left out on success. */
  error?: AckMessageError;
}

/** Why the service didn't execute an operation (`Duplicate`: it had executed it before). */
export interface AckMessageError {
  /** Known names: `Forbidden`, `BadRequest`, `InternalServerError`, `Duplicate`. */
  name: string;
  /** The service's words. */
  message: string;
}

/** The service's answer to a ping. */
export interface PongMessage extends WebPubSubMessageBase {
  readonly kind: "pong";
}

/** The connection is established. */
export interface ConnectedMessage extends WebPubSubMessageBase {
  readonly kind: "connected";
  /** Id that the service has given to the connection. */
  connectionId: string;
  /** User id of the access token; empty if there is none. */
  userId: string;
  /** Only on reliable subprotocols: the secret with which this connection can be recovered. */
  reconnectionToken: string;
}

/** The service is about to close the connection. */
export interface DisconnectedMessage extends WebPubSubMessageBase {
  readonly kind: "disconnected";
  /** The service's reason. */
  message: string;
}

/** A message published to a group. */
export interface GroupDataMessage extends WebPubSubMessageBase {
  readonly kind: "groupData";
  /** How the payload is encoded. */
  dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data: JSONTypes | ArrayBuffer;
  /** Only on reliable subprotocols. */
  sequenceId?: number;
  /** Name of the group. */
  group: string;
  /** User id of the sender; empty if it has none, and on protobuf. */
  fromUserId: string;
  /** The stream that the message is a fragment of; left out if of none. */
  stream?: StreamInfo;
  /** What the sender has sent beside the payload; left out if nothing. */
  metadata?: MessageMetadata;
}

/** A message sent by the application's server. */
export interface ServerDataMessage extends WebPubSubMessageBase {
  readonly kind: "serverData";
  /** How the payload is encoded. */
  dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data: JSONTypes | ArrayBuffer;
  /** Only on reliable subprotocols. */
  sequenceId?: number;
  /** What the server has sent beside the payload; left out if nothing. */
  metadata?: MessageMetadata;
}

/** The stream that a group message belongs to, and its position in it. */
export interface StreamInfo {
  /** Id of the stream. */
  streamId: string;
  /** 1 for the first fragment. */
  streamSequenceId: number;
  /** This is the last message of the stream. */
  endOfStream?: boolean;
  /** The error with which the stream ended. */
  error?: StreamDataError;
}

/** Why a stream ended early. */
export interface StreamDataError {
  /** Name of the error; see `GroupStreamErrorCode`. */
  name: string;
  /** The words of the publisher or the service. */
  message?: string;
  /** The publisher's own error code, if `name` is `UserError`. */
  userErrorCode?: string;
}

/** The error with which a publisher ends its stream. */
export interface StreamEndError {
  /** Words for the receivers. */
  message?: string;
  /** An error code of the application, for the receivers. */
  userErrorCode?: string;
}

/** Turns a `sendToGroup` message into the start of a stream. */
export interface StartStreamOptions {
  /** Id of the stream, unique among this connection's open ones. */
  streamId: string;
  /** Silence in ms after which the service closes the stream. */
  idleTimeoutInMs?: number;
}

/** Join a group. */
export interface JoinGroupMessage extends WebPubSubMessageBase {
  readonly kind: "joinGroup";
  /** Name of the group. */
  group: string;
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
}

/** Leave a group. */
export interface LeaveGroupMessage extends WebPubSubMessageBase {
  readonly kind: "leaveGroup";
  /** Name of the group. */
  group: string;
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
}

/** Send an event to the application's server. */
export interface SendEventMessage extends WebPubSubMessageBase {
  readonly kind: "sendEvent";
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
  /** How the payload is encoded. */
  dataType: WebPubSubDataType;
  /** The payload: a string for `text`, bytes for `binary` and `protobuf`, else a JSON value. */
  data: JSONTypes | ArrayBuffer;
  /** Name of the event. */
  event: string;
  /** Travels beside the payload. */
  metadata?: MessageMetadata;
}

/** Publish to a group, or start a stream to it. */
export interface SendToGroupMessage extends WebPubSubMessageBase {
  readonly kind: "sendToGroup";
  /** Name of the group. */
  group: string;
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
  /** How the payload is encoded; left out if there is none. */
  dataType?: WebPubSubDataType;
  /** The payload: a string for `text`, bytes for `binary` and `protobuf`, else a JSON value. */
  data?: JSONTypes | ArrayBuffer;
  /** Don't deliver the message to this connection. */
  noEcho: boolean;
  /** The stream that this message starts; left out for an ordinary message. */
  stream?: StartStreamOptions;
  /** Travels beside the payload. */
  metadata?: MessageMetadata;
  /** How long the service may hold the message for a receiver, in seconds (0 to 300). */
  ttlSeconds?: number;
}

/** Tells the service that everything up to `sequenceId` has been received. */
export interface SequenceAckMessage extends WebPubSubMessageBase {
  readonly kind: "sequenceAck";
  /** The greatest sequence id up to which every message was received. */
  sequenceId: number;
}

/** Ask the service for a pong. */
export interface PingMessage extends WebPubSubMessageBase {
  readonly kind: "ping";
}

/** Call the application's server and wait for its answer. */
export interface InvokeMessage extends WebPubSubMessageBase {
  readonly kind: "invoke";
  /** Id that the answer refers to. */
  invocationId: string;
  /** What is called; `event` is the only kind. */
  target?: "event";
  /** Name of the event. */
  event?: string;
  /** How the payload is encoded. */
  dataType?: WebPubSubDataType;
  /** The payload: a string for `text`, bytes for `binary` and `protobuf`, else a JSON value. */
  data?: JSONTypes | ArrayBuffer;
  /** Only the protobuf subprotocols carry it. */
  metadata?: MessageMetadata;
}

/** The answer to an invocation. */
export interface InvokeResponseMessage extends WebPubSubMessageBase {
  readonly kind: "invokeResponse";
  /** Id of the invocation that is answered. */
  invocationId: string;
  /** Whether the application's server has answered. */
  success?: boolean;
  /** How the payload is encoded; left out if there is none. */
  dataType?: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data?: JSONTypes | ArrayBuffer;
  /** Why the invocation failed; left out on success. */
  error?: InvokeResponseError;
}

/** Why an invocation failed. */
export interface InvokeResponseError {
  /** Name of the error, as the service or the application's server gives it. */
  name: string;
  /** The words of the service or the application's server. */
  message: string;
}

/** Cancels an invocation. */
export interface CancelInvocationMessage extends WebPubSubMessageBase {
  readonly kind: "cancelInvocation";
  /** Id of the invocation that is cancelled. */
  invocationId: string;
}

/** One fragment of a stream; without a payload it only keeps the stream alive. */
export interface StreamDataMessage extends WebPubSubMessageBase {
  readonly kind: "streamData";
  /** Id of the stream. */
  streamId: string;
  /** Number of the fragment, 1 for the first one; left out if it only keeps the stream alive. */
  streamSequenceId?: number;
  /** How the payload is encoded; left out if there is none. */
  dataType?: WebPubSubDataType;
  /** The payload: a string for `text`, bytes for `binary` and `protobuf`, else a JSON value. */
  data?: JSONTypes | ArrayBuffer;
}

/** Ends a stream. */
export interface StreamEndMessage extends WebPubSubMessageBase {
  readonly kind: "streamEnd";
  /** Id of the stream. */
  streamId: string;
  /** The error for the receivers; left out if the stream is complete. */
  error?: StreamEndError;
}

/** The service has received all fragments below `expectedSequenceId`. */
export interface StreamAckMessage extends WebPubSubMessageBase {
  readonly kind: "streamAck";
  /** Id of the stream. */
  streamId: string;
  /** Number of the fragment that comes next. */
  expectedSequenceId: number;
}

/** The service asks for the fragments from `expectedSequenceId` on again. */
export interface StreamNackMessage extends WebPubSubMessageBase {
  readonly kind: "streamNack";
  /** Id of the stream. */
  streamId: string;
  /** Why: `InvalidSequenceId` or `TransientError`. */
  name: string;
  /** The service's words. */
  message?: string;
  /** Number of the first fragment to send again. */
  expectedSequenceId: number;
}

/** The service has closed a stream; `error` says why, if it was an error. */
export interface StreamClosedMessage extends WebPubSubMessageBase {
  readonly kind: "streamClosed";
  /** Id of the stream. */
  streamId: string;
  /** Why it was closed; left out if it has ended as its publisher wanted. */
  error?: {
    /** Name of the error; see `GroupStreamErrorCode`. */ name: string;
    /** The service's words. */ message?: string;
  };
}

/** Sets this connection's state in a group; without `state` it is cleared. */
export interface SetGroupStateMessage extends WebPubSubMessageBase {
  readonly kind: "setGroupState";
  /** Name of the group. */
  group: string;
  /** The new state; left out to clear it. */
  state?: Record<string, string>;
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
}

/** Asks for the states of a group's connections, now and as they change. */
export interface SubscribeGroupStateMessage extends WebPubSubMessageBase {
  readonly kind: "subscribeGroupState";
  /** Name of the group. */
  group: string;
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
}

/** Ends a subscription to a group's states. */
export interface UnsubscribeGroupStateMessage extends WebPubSubMessageBase {
  readonly kind: "unsubscribeGroupState";
  /** Name of the group. */
  group: string;
  /** The service answers with this ack id; without one it doesn't answer. */
  ackId?: number;
}

/** One connection's state in a group. */
export interface GroupStateItem {
  /** Id of the connection. */
  connectionId: string;
  /** User id of the connection; left out if it has none. */
  userId?: string;
  /** Left out if it was cleared. */
  state?: Record<string, string>;
  /** Unix time in ms by the service's clock. */
  updatedAt: number;
}

/** All current states of a group, sent after subscribing. */
export interface GroupStateSnapshotMessage extends WebPubSubMessageBase {
  readonly kind: "groupStateSnapshot";
  /** Name of the group. */
  group: string;
  /** The states that are set. */
  items: GroupStateItem[];
  /** Only on reliable subprotocols, where the service numbers it. */
  sequenceId?: number;
}

/** States of a group that have changed. */
export interface GroupStateUpdateMessage extends WebPubSubMessageBase {
  readonly kind: "groupStateUpdate";
  /** Name of the group. */
  group: string;
  /** The states that have changed. */
  items: GroupStateItem[];
  /** Only on reliable subprotocols, where the service numbers it. */
  sequenceId?: number;
}
