export { WebPubSubClient } from "./webPubSubClient.js";
export { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "./protocols/index.js";
export { ConnectionError, InvocationError, SendMessageError } from "./errors.js";
export { InvalidMessageError, MessageOverflowError } from "./groups/groupErrors.js";
export { GroupStreamError } from "./streams/groupStreamError.js";

export type { WebPubSubClientProtocol } from "./protocols/index.js";
export type { ClientSource, GivenClient, OwnedClient } from "./clientSource.js";
export type { WebPubSubClientCredential } from "./credential.js";
export type {
  ConnectionErrorCode,
  ConnectionErrorOptions,
  InvocationErrorCode,
  InvocationErrorOptions,
  SendMessageErrorCode,
  SendMessageErrorOptions,
} from "./errors.js";
export type { ConnectionInfo } from "./connection/connectionInfo.js";
export type { Group } from "./groups/group.js";
export type {
  GroupContent,
  GroupLogOptions,
  GroupMessage,
  GroupMessagesOptions,
  GroupOptions,
  GroupSendOptions,
  GroupSubscriptionOptions,
  MessageOverflow,
} from "./groups/groupOptions.js";
export type { GroupStreamsOptions, GroupStreamView } from "./groups/groupStreams.js";
export type { StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from "./groups/standardSchema.js";
export type { GroupStatus } from "./session/groupRegistry.js";
export type { MessageContent } from "./session/operationMessage.js";
export type {
  Environment,
  TimerHandle,
  WebSocketConstructor,
  WebSocketLike,
} from "./environment/environment.js";
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
} from "./models/events.js";
export type {
  ClearGroupStateOptions,
  GroupState,
  GroupStateRecord,
  OnGroupStatesChangedArgs,
  OnRestoreGroupStatesFailedArgs,
  SetGroupStateOptions,
  SubscribeGroupStatesOptions,
  UnsubscribeGroupStatesOptions,
} from "./models/groupStates.js";
export type { InvokeEventOptions, InvokeEventResult } from "./models/invocations.js";
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
} from "./models/options.js";
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
} from "./models/streams.js";
export type { GroupStreamErrorCode, GroupStreamErrorOptions } from "./streams/groupStreamError.js";
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
} from "./models/messages.js";
