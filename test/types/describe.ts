/** Part of program.ts: what it knows of messages. */
import type {
  AckMessage,
  CancelInvocationMessage,
  ConnectedMessage,
  DownstreamMessageType,
  GroupDataMessage,
  GroupStateItem,
  GroupStateSnapshotMessage,
  GroupStateUpdateMessage,
  InvokeMessage,
  InvokeResponseError,
  InvokeResponseMessage,
  JoinGroupMessage,
  LeaveGroupMessage,
  PingMessage,
  PongMessage,
  SendEventMessage,
  SendToGroupMessage,
  SequenceAckMessage,
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
  WebPubSubMessage,
  WebPubSubMessageBase,
} from "@azure/web-pubsub-client";

/** Knows every kind of message, and the compiler knows that it does. */
export function describe(message: WebPubSubMessage): string {
  const base: WebPubSubMessageBase = message;
  const kind: UpstreamMessageType | DownstreamMessageType = base.kind;
  switch (message.kind) {
    case "ack":
      return ack(message);
    case "connected":
      return connected(message);
    case "joinGroup":
    case "leaveGroup":
      return membership(message);
    case "sendToGroup":
      return sendToGroup(message);
    case "sendEvent":
      return sendEvent(message);
    case "sequenceAck":
      return sequenceAck(message);
    case "ping":
    case "pong":
      return heartbeat(message);
    case "groupData":
    case "serverData":
    case "disconnected":
      return kind;
    case "invoke":
    case "invokeResponse":
    case "cancelInvocation":
      return invocation(message);
    case "streamData":
    case "streamEnd":
    case "streamAck":
    case "streamNack":
    case "streamClosed":
      return stream(message);
    case "setGroupState":
    case "subscribeGroupState":
    case "unsubscribeGroupState":
    case "groupStateSnapshot":
    case "groupStateUpdate":
      return groupState(message);
    default: {
      const none: never = message;
      return none;
    }
  }
}

const ack = ({ kind, ackId, success, error }: AckMessage): string =>
  `${kind} ${ackId} ${success} ${error?.name ?? ""}`;
const connected = ({ kind, connectionId, userId, reconnectionToken }: ConnectedMessage): string =>
  `${kind} ${userId} ${connectionId.length > 0} ${reconnectionToken.length > 0}`;
const membership = ({ kind, group, ackId }: JoinGroupMessage | LeaveGroupMessage): string =>
  `${kind} ${group} ${ackId}`;
const sendToGroup = ({
  kind,
  group,
  ackId,
  dataType,
  data,
  noEcho,
  stream: start,
}: SendToGroupMessage): string =>
  `${kind} ${group} ${ackId} ${dataType} ${typeof data} ${noEcho} ${starting(start)}`;
const starting = (start?: StartStreamOptions): string => `${start?.streamId} ${start?.idleTimeoutInMs}`;
const sendEvent = ({ kind, event, ackId, dataType, data }: SendEventMessage): string =>
  `${kind} ${event} ${ackId} ${dataType} ${typeof data}`;
const sequenceAck = ({ kind, sequenceId }: SequenceAckMessage): string => `${kind} ${typeof sequenceId}`;
const heartbeat = ({ kind }: PingMessage | PongMessage): string => kind;

function invocation(message: InvokeMessage | InvokeResponseMessage | CancelInvocationMessage): string {
  const error: InvokeResponseError | undefined =
    message.kind === "invokeResponse" ? message.error : undefined;
  const target: "event" | undefined = message.kind === "invoke" ? message.target : undefined;
  return `${message.kind} ${message.invocationId} ${error?.name} ${target}`;
}

function stream(
  message: StreamDataMessage | StreamEndMessage | StreamAckMessage | StreamNackMessage | StreamClosedMessage,
): string {
  const ended: StreamEndError | undefined = message.kind === "streamEnd" ? message.error : undefined;
  const sequence =
    message.kind === "streamData"
      ? message.streamSequenceId
      : message.kind === "streamAck" || message.kind === "streamNack"
        ? message.expectedSequenceId
        : undefined;
  return `${message.kind} ${message.streamId} ${sequence} ${ended?.userErrorCode}`;
}

function groupState(
  message:
    | SetGroupStateMessage
    | SubscribeGroupStateMessage
    | UnsubscribeGroupStateMessage
    | GroupStateSnapshotMessage
    | GroupStateUpdateMessage,
): string {
  const items: GroupStateItem[] = "items" in message ? message.items : [];
  const ids = items.map(({ connectionId, userId, state, updatedAt }) =>
    [connectionId, userId, state?.["status"], updatedAt].join(),
  );
  return `${message.kind} ${message.group} ${ids.join(" ")}`;
}

/** A message of a stream, as a listener of `group-message` may see one. */
export function ofStream({ stream: info }: GroupDataMessage): string {
  const known: StreamInfo | undefined = info;
  const error: StreamDataError | undefined = known?.error;
  return `${known?.streamId} ${known?.streamSequenceId} ${known?.endOfStream} ${error?.name} ${error?.userErrorCode}`;
}
