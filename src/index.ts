export { WebPubSubClient } from "./webPubSubClient.js";
export { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "./core/codec/index.js";
export { ConnectionError, InvocationError, SendMessageError } from "./core/errors.js";
export { InvalidMessageError, MessageOverflowError } from "./features/groups/groupErrors.js";
export { GroupStreamError } from "./features/streams/groupStreamError.js";

export type { WebPubSubClientProtocol } from "./core/codec/index.js";
export type { ClientSource, GivenClient, OwnedClient } from "./core/clientSource.js";
export type { WebPubSubClientCredential } from "./core/credential.js";
export type {
  ConnectionErrorCode,
  ConnectionErrorOptions,
  InvocationErrorCode,
  InvocationErrorOptions,
  SendMessageErrorCode,
  SendMessageErrorOptions,
} from "./core/errors.js";
export type { ConnectionInfo } from "./core/connection/connectionInfo.js";
export type { Group } from "./features/groups/group.js";
export type {
  GroupContent,
  GroupLogOptions,
  GroupMessage,
  GroupMessagesOptions,
  GroupOptions,
  GroupSendOptions,
  GroupSubscriptionOptions,
  MessageOverflow,
} from "./features/groups/groupOptions.js";
export type { GroupStreamsOptions, GroupStreamView } from "./features/streams/followStreams.js";
export type { StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from "./features/groups/standardSchema.js";
export type { GroupStatus } from "./core/session/groupRegistry.js";
export type { MessageContent } from "./core/session/operationMessage.js";
export type {
  Environment,
  TimerHandle,
  WebSocketConstructor,
  WebSocketLike,
} from "./core/environment/environment.js";
export type {
  OnConnectedArgs,
  OnDisconnectedArgs,
  OnGroupDataMessageArgs,
  OnRecoveredArgs,
  OnRecoveringArgs,
  OnRejoinGroupFailedArgs,
  OnServerDataMessageArgs,
  OnStateChangedArgs,
  OnStoppedArgs,
  WebPubSubClientEvents,
  WebPubSubClientState,
} from "./core/models/events.js";
export type {
  ClearGroupStateOptions,
  GroupState,
  GroupStateRecord,
  OnGroupStatesChangedArgs,
  OnRestoreGroupStatesFailedArgs,
  SetGroupStateOptions,
  SubscribeGroupStatesOptions,
  UnsubscribeGroupStatesOptions,
} from "./features/presence/models.js";
export type { InvokeEventOptions, InvokeEventResult } from "./features/invocations/models.js";
export type {
  GetClientAccessUrlOptions,
  JoinGroupOptions,
  LeaveGroupOptions,
  OperationOptions,
  RetryMode,
  SendEventOptions,
  SendToGroupOptions,
  StartOptions,
  StopOptions,
  WebPubSubClientOptions,
  WebPubSubResult,
  WebPubSubRetryOptions,
} from "./core/models/options.js";
export type {
  AbortGroupStreamOptions,
  EndGroupStreamOptions,
  GroupStream,
  GroupStreamMessage,
  GroupStreamSubscription,
  GroupStreamWriteOptions,
  GroupStreamWriter,
  OnGroupStreamOptions,
  OpenGroupStreamOptions,
  StreamContent,
} from "./features/streams/models.js";
export type { GroupStreamErrorCode, GroupStreamErrorOptions } from "./features/streams/groupStreamError.js";
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
} from "./core/models/messages.js";
