import type { WebPubSubDataType, WebPubSubMessage } from "../models/messages.js";
import type { KnownFrames } from "./jsonFrames.js";
import { checkEmptied } from "./emptied.js";
import { encodeBase64 } from "../environment/platform.js";
import { isBytes, toBytes } from "../util/bytes.js";

/** Writes one message for the JSON subprotocols. Throws TypeError for a payload that doesn't fit its type. */
export function writeJson(message: WebPubSubMessage, known: KnownFrames): string {
  const fields = toWire(message, known);
  // Fields that are undefined don't appear in JSON.
  const json = JSON.stringify(fields);
  checkEmptied(json, fields);
  return json;
}

function toWire(message: WebPubSubMessage, known: KnownFrames): object {
  const { kind } = message;
  switch (kind) {
    case "sendToGroup": {
      const { group, ackId, noEcho, dataType, data, stream, metadata, ttlSeconds } = message;
      if ((dataType === undefined) !== (data === undefined)) {
        throw new TypeError("sendToGroup payload requires both dataType and data.");
      }
      return {
        type: kind,
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
    case "sendEvent": {
      const { event, ackId, dataType, data, metadata } = message;
      return { type: "event", event, ackId, dataType, data: content(dataType, data), metadata };
    }
    case "joinGroup":
    case "leaveGroup":
    case "sequenceAck":
    case "ping":
      return sameNames(message);
    default:
      if (!known.write.has(kind)) throw new Error(`Unsupported type: ${kind}`);
      return sameNames(message);
  }
}

/** Writes a message whose fields have the same names on the wire. A payload may be left out. */
function sameNames(message: WebPubSubMessage & { dataType?: WebPubSubDataType; data?: unknown }): object {
  const { kind, dataType, data } = message;
  const hasPayload = dataType !== undefined && data !== undefined;
  return {
    type: kind,
    ...message,
    kind: undefined,
    dataType: hasPayload ? dataType : undefined,
    data: hasPayload ? content(dataType, data) : undefined,
  };
}

function content(dataType: WebPubSubDataType, data: unknown): unknown {
  switch (dataType) {
    case "text":
      if (typeof data !== "string") throw new TypeError("Message must be a string.");
      return data;
    case "binary":
    case "protobuf":
      if (!isBytes(data)) throw new TypeError("Message must be a ArrayBuffer or a view of one.");
      return encodeBase64(toBytes(data));
    case "json":
      if (data === undefined || typeof data === "function" || typeof data === "symbol" || isUnwritten(data)) {
        throw new TypeError("Message must be a JSON value.");
      }
      return data;
    default:
      throw new TypeError(`Unsupported data type: ${String(dataType)}`);
  }
}

/** Whether its `toJSON` gives no JSON, so that the field would be left out. */
function isUnwritten(data: unknown): boolean {
  return (
    typeof (data as { toJSON?: unknown } | null)?.toJSON === "function" && JSON.stringify(data) === undefined
  );
}
