/** The public types of the core. */
export type { ClientSource, CreatedClient, GivenClient, OwnedClient } from "./clientSource.js";
export type { FrameTable, WebPubSubClientProtocol } from "./codec/protocol.js";
export type { ConnectionInfo } from "./connection/connectionInfo.js";
export type { WebPubSubClientCredential } from "./credential.js";
export type {
  Environment,
  TimerHandle,
  WebSocketConstructor,
  WebSocketLike,
} from "./environment/environment.js";
export type {
  ConnectionErrorCode,
  ConnectionErrorOptions,
  SendMessageErrorCode,
  SendMessageErrorOptions,
} from "./errors.js";
export type { ClientLogger } from "./log.js";
export type {
  CoreClientEvents,
  OnConnectedArgs,
  OnDisconnectedArgs,
  OnGroupDataMessageArgs,
  OnRecoveredArgs,
  OnRecoveringArgs,
  OnRejoinGroupFailedArgs,
  OnServerDataMessageArgs,
  OnStateChangedArgs,
  OnStoppedArgs,
  WebPubSubClientState,
} from "./models/events.js";
export type {
  GetClientAccessUrlOptions,
  JoinGroupOptions,
  LeaveGroupOptions,
  OnRestored,
  OperationOptions,
  RetryMode,
  SendEventOptions,
  SendToGroupOptions,
  StartOptions,
  StopOptions,
  WebPubSubClientOptions,
  WebPubSubResult,
  WebPubSubRetryOptions,
} from "./models/options.js";
export type {
  AckMessage,
  AckMessageError,
  CancelInvocationMessage,
  ConnectedMessage,
  DisconnectedMessage,
  DownstreamMessageType,
  GroupDataMessage,
  GroupStateItem,
  GroupStateSnapshotMessage,
  GroupStateUpdateMessage,
  InvokeMessage,
  InvokeResponseError,
  InvokeResponseMessage,
  JoinGroupMessage,
  JSONTypes,
  LeaveGroupMessage,
  MessageMetadata,
  OperationMessage,
  PingMessage,
  PongMessage,
  SendEventMessage,
  SendToGroupMessage,
  SequenceAckMessage,
  ServerDataMessage,
  SetGroupStateMessage,
  StartStreamOptions,
  StreamAckMessage,
  StreamClosedMessage,
  StreamDataError,
  StreamDataMessage,
  StreamEndError,
  StreamEndMessage,
  StreamInfo,
  StreamNackMessage,
  SubscribeGroupStateMessage,
  UnsubscribeGroupStateMessage,
  UpstreamMessageType,
  WebPubSubDataType,
  WebPubSubMessage,
  WebPubSubMessageBase,
} from "./models/messages.js";
export type { SavedContent, SavedOperation, SavedSession } from "./models/savedSession.js";
export type { MessageContent } from "./session/operationMessage.js";
