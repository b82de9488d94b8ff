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
  ackId: number;
  success: boolean;
  error?: AckMessageError;
}

/** Why the service didn't execute an operation (`Duplicate`: it had executed it before). */
export interface AckMessageError {
  /** Known names: `Forbidden`, `BadRequest`, `InternalServerError`, `Duplicate`. */
  name: string;
  message: string;
}

/** The service's answer to a ping. */
export interface PongMessage extends WebPubSubMessageBase {
  readonly kind: "pong";
}

/** The connection is established. */
export interface ConnectedMessage extends WebPubSubMessageBase {
  readonly kind: "connected";
  connectionId: string;
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
  dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data: JSONTypes | ArrayBuffer;
  /** Only on reliable subprotocols. */
  sequenceId?: number;
  group: string;
  fromUserId: string;
  stream?: StreamInfo;
  metadata?: MessageMetadata;
}

/** A message sent by the application's server. */
export interface ServerDataMessage extends WebPubSubMessageBase {
  readonly kind: "serverData";
  dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`, else the JSON value. */
  data: JSONTypes | ArrayBuffer;
  /** Only on reliable subprotocols. */
  sequenceId?: number;
  metadata?: MessageMetadata;
}

/** The stream that a group message belongs to, and its position in it. */
export interface StreamInfo {
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
  name: string;
  message?: string;
  userErrorCode?: string;
}

/** The error with which a publisher ends its stream. */
export interface StreamEndError {
  message?: string;
  userErrorCode?: string;
}

/** Turns a `sendToGroup` message into the start of a stream. */
export interface StartStreamOptions {
  streamId: string;
  /** Silence in ms after which the service closes the stream. */
  idleTimeoutInMs?: number;
}

/** Join a group. */
export interface JoinGroupMessage extends WebPubSubMessageBase {
  readonly kind: "joinGroup";
  group: string;
  ackId?: number;
}

/** Leave a group. */
export interface LeaveGroupMessage extends WebPubSubMessageBase {
  readonly kind: "leaveGroup";
  group: string;
  ackId?: number;
}

/** Send an event to the application's server. */
export interface SendEventMessage extends WebPubSubMessageBase {
  readonly kind: "sendEvent";
  ackId?: number;
  dataType: WebPubSubDataType;
  data: JSONTypes | ArrayBuffer;
  event: string;
  metadata?: MessageMetadata;
}

/** Publish to a group, or start a stream to it. */
export interface SendToGroupMessage extends WebPubSubMessageBase {
  readonly kind: "sendToGroup";
  group: string;
  ackId?: number;
  dataType?: WebPubSubDataType;
  data?: JSONTypes | ArrayBuffer;
  noEcho: boolean;
  stream?: StartStreamOptions;
  metadata?: MessageMetadata;
  /** How long the service may hold the message for a receiver, in seconds (0 to 300). */
  ttlSeconds?: number;
}

/** Tells the service that everything up to `sequenceId` has been received. */
export interface SequenceAckMessage extends WebPubSubMessageBase {
  readonly kind: "sequenceAck";
  sequenceId: number;
}

/** Ask the service for a pong. */
export interface PingMessage extends WebPubSubMessageBase {
  readonly kind: "ping";
}

/** Call the application's server and wait for its answer. */
export interface InvokeMessage extends WebPubSubMessageBase {
  readonly kind: "invoke";
  invocationId: string;
  target?: "event";
  event?: string;
  dataType?: WebPubSubDataType;
  data?: JSONTypes | ArrayBuffer;
  /** Only the protobuf subprotocols carry it. */
  metadata?: MessageMetadata;
}

/** The answer to an invocation. */
export interface InvokeResponseMessage extends WebPubSubMessageBase {
  readonly kind: "invokeResponse";
  invocationId: string;
  success?: boolean;
  dataType?: WebPubSubDataType;
  data?: JSONTypes | ArrayBuffer;
  error?: InvokeResponseError;
}

/** Why an invocation failed. */
export interface InvokeResponseError {
  name: string;
  message: string;
}

/** Cancels an invocation. */
export interface CancelInvocationMessage extends WebPubSubMessageBase {
  readonly kind: "cancelInvocation";
  invocationId: string;
}

/** One fragment of a stream; without a payload it only keeps the stream alive. */
export interface StreamDataMessage extends WebPubSubMessageBase {
  readonly kind: "streamData";
  streamId: string;
  streamSequenceId?: number;
  dataType?: WebPubSubDataType;
  data?: JSONTypes | ArrayBuffer;
}

/** Ends a stream. */
export interface StreamEndMessage extends WebPubSubMessageBase {
  readonly kind: "streamEnd";
  streamId: string;
  error?: StreamEndError;
}

/** The service has received all fragments below `expectedSequenceId`. */
export interface StreamAckMessage extends WebPubSubMessageBase {
  readonly kind: "streamAck";
  streamId: string;
  expectedSequenceId: number;
}

/** The service asks for the fragments from `expectedSequenceId` on again. */
export interface StreamNackMessage extends WebPubSubMessageBase {
  readonly kind: "streamNack";
  streamId: string;
  name: string;
  message?: string;
  expectedSequenceId: number;
}

/** The service has closed a stream; `error` says why, if it was an error. */
export interface StreamClosedMessage extends WebPubSubMessageBase {
  readonly kind: "streamClosed";
  streamId: string;
  error?: { name: string; message?: string };
}

/** Sets this connection's state in a group; without `state` it is cleared. */
export interface SetGroupStateMessage extends WebPubSubMessageBase {
  readonly kind: "setGroupState";
  group: string;
  state?: Record<string, string>;
  ackId?: number;
}

/** Asks for the states of a group's connections, now and as they change. */
export interface SubscribeGroupStateMessage extends WebPubSubMessageBase {
  readonly kind: "subscribeGroupState";
  group: string;
  ackId?: number;
}

/** Ends a subscription to a group's states. */
export interface UnsubscribeGroupStateMessage extends WebPubSubMessageBase {
  readonly kind: "unsubscribeGroupState";
  group: string;
  ackId?: number;
}

/** One connection's state in a group. */
export interface GroupStateItem {
  connectionId: string;
  userId?: string;
  /** Left out if it was cleared. */
  state?: Record<string, string>;
  /** Unix time in ms by the service's clock. */
  updatedAt: number;
}

/** All current states of a group, sent after subscribing. */
export interface GroupStateSnapshotMessage extends WebPubSubMessageBase {
  readonly kind: "groupStateSnapshot";
  group: string;
  items: GroupStateItem[];
  /** Only on reliable subprotocols, where the service numbers it. */
  sequenceId?: number;
}

/** States of a group that have changed. */
export interface GroupStateUpdateMessage extends WebPubSubMessageBase {
  readonly kind: "groupStateUpdate";
  group: string;
  items: GroupStateItem[];
  /** Only on reliable subprotocols, where the service numbers it. */
  sequenceId?: number;
}
