/** Frames of the reliable JSON subprotocol from the service's side: reads what a tab's client writes, and the other way. */
import { decodeBase64, encodeBase64 } from "../../core/environment/platform.js";
import type { Fields } from "../../core/codec/jsonFrames.js";
import type { AckMessageError, UpstreamMessageType, WebPubSubMessage } from "../../core/models/messages.js";

/** A message of a tab's client. */
export type TabMessage = Extract<WebPubSubMessage, { kind: UpstreamMessageType }>;

/** Reads a frame that this library's client has written. */
export function readTabFrame(frame: string): TabMessage {
  const { type, data, stream, ...fields } = JSON.parse(frame) as Fields;
  const { dataType } = fields;
  const isBytes = dataType === "binary" || dataType === "protobuf";
  const message: Fields = { ...fields, kind: type === "event" ? "sendEvent" : type };
  if (data !== undefined) message.data = isBytes ? decodeBase64(data as string) : data;
  if (stream !== undefined) {
    const { streamId, idleTimeoutMs } = stream as Fields;
    message.stream = { streamId, idleTimeoutInMs: idleTimeoutMs };
  }
  return message as unknown as TabMessage;
}

/** Writes a message of the service; without a sequence id, which each tab has its own of. */
export function writeTabFrame(message: WebPubSubMessage): string {
  const { kind, ...fields } = message as WebPubSubMessage & Fields;
  const { data, dataType } = fields;
  const isBytes = dataType === "binary" || dataType === "protobuf";
  const type =
    kind === "groupData"
      ? { type: "message", from: "group" }
      : kind === "serverData"
        ? { type: "message", from: "server" }
        : { type: kind };
  return JSON.stringify({
    ...type,
    ...fields,
    sequenceId: undefined,
    data: isBytes ? encodeBase64(new Uint8Array(data as ArrayBuffer)) : data,
  });
}

/** A frame with its sequence id. */
export function numbered(frame: string, sequenceId: number): string {
  return `{"sequenceId":${sequenceId},${frame.slice(1)}`;
}

/** The answer to an operation. */
export function writeAck(ackId: number, error?: AckMessageError): string {
  return JSON.stringify({ type: "ack", ackId, success: error === undefined, error });
}

/** The first message on a new connection. */
export function writeConnected(connectionId: string, userId: string | undefined, token: string): string {
  return JSON.stringify({
    type: "system",
    event: "connected",
    userId: userId ?? null,
    connectionId,
    reconnectionToken: token,
  });
}

/** The service's message before it closes the connection. */
export function writeDisconnected(message: string): string {
  return JSON.stringify({ type: "system", event: "disconnected", message });
}
