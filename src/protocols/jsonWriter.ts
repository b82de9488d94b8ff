import type { WebPubSubDataType, WebPubSubMessage } from "../models/messages.js";
import { encodeBase64, isBytes } from "../util/base64.js";

/** Writes one message for the JSON subprotocols. Throws TypeError for a payload that doesn't fit its type. */
export function writeJson(message: WebPubSubMessage): string {
  // Fields that are undefined don't appear in JSON.
  return JSON.stringify(toWire(message));
}

function toWire(message: WebPubSubMessage): object {
  switch (message.kind) {
    case "joinGroup":
    case "leaveGroup":
    case "subscribeGroupState":
    case "unsubscribeGroupState":
      return { type: message.kind, group: message.group, ackId: message.ackId };
    case "setGroupState":
      return { type: message.kind, group: message.group, ackId: message.ackId, state: message.state };
    case "sendToGroup": {
      const { group, ackId, noEcho, dataType, data, stream, metadata, ttlSeconds } = message;
      if ((dataType === undefined) !== (data === undefined)) {
        throw new TypeError("sendToGroup payload requires both dataType and data.");
      }
      return {
        type: "sendToGroup",
        group,
        ackId,
        noEcho,
        dataType,
        data: dataType === undefined ? undefined : content(dataType, data),
        stream: stream && { streamId: stream.streamId, idleTimeoutMs: stream.idleTimeoutInMs },
        metadata,
        ttlSeconds,
      };
    }
    case "sendEvent":
      return {
        type: "event",
        event: message.event,
        ackId: message.ackId,
        dataType: message.dataType,
        data: content(message.dataType, message.data),
        metadata: message.metadata,
      };
    case "sequenceAck":
      return { type: "sequenceAck", sequenceId: message.sequenceId };
    case "ping":
      return { type: "ping" };
    case "invoke":
      return {
        type: "invoke",
        invocationId: message.invocationId,
        target: message.target,
        event: message.event,
        ...payload(message),
      };
    case "invokeResponse":
      return {
        type: "invokeResponse",
        invocationId: message.invocationId,
        success: message.success,
        error: message.error,
        ...payload(message),
      };
    case "cancelInvocation":
      return { type: "cancelInvocation", invocationId: message.invocationId };
    case "streamData":
      return {
        type: "streamData",
        streamId: message.streamId,
        streamSequenceId: message.streamSequenceId,
        ...payload(message),
      };
    case "streamEnd":
      return { type: "streamEnd", streamId: message.streamId, error: message.error };
    default:
      throw new Error(`Unsupported type: ${message.kind}`);
  }
}

/** A payload that may be left out. */
function payload(message: { dataType?: WebPubSubDataType; data?: unknown }): object {
  if (message.dataType === undefined || message.data === undefined) return {};
  return { dataType: message.dataType, data: content(message.dataType, message.data) };
}

function content(dataType: WebPubSubDataType, data: unknown): unknown {
  switch (dataType) {
    case "text":
      if (typeof data !== "string") throw new TypeError("Message must be a string.");
      return data;
    case "binary":
    case "protobuf":
      if (!isBytes(data)) throw new TypeError("Message must be a ArrayBuffer or a view of one.");
      return encodeBase64(data);
    case "json":
      if (data === undefined || typeof data === "function" || typeof data === "symbol") {
        throw new TypeError("Message must be a JSON value.");
      }
      return data;
    default:
      throw new TypeError(`Unsupported data type: ${String(dataType)}`);
  }
}
