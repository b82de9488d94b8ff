import type { Codec, Decoded, Encoded, Frame } from "../service/codec.js";
import type { ClientMessage, ServiceMessage } from "../service/messages.js";
import {
  FieldError,
  type Json,
  WrittenJson,
  ackIdOf,
  eventOf,
  groupOf,
  metadataOf,
  noEchoOf,
  payloadOf,
  sequenceIdOf,
  shown,
  stateOf,
  ttlOf,
} from "./fields.js";
import { encodeJson } from "./jsonEncoding.js";
import { memberTexts } from "./memberTexts.js";
import { invocationIdOf, invokeOf, startStreamOf, streamDataOf, streamEndOf } from "./streamFields.js";

/** Either JSON subprotocol: the reliable one adds reconnection tokens and sequence ids. */
class JsonCodec implements Codec {
  readonly name: string;
  readonly reliable: boolean;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(name: string, reliable: boolean) {
    this.name = name;
    this.reliable = reliable;
  }

  decode(frame: Frame): Decoded {
    let text: string;
    let parsed: unknown;
    try {
      text = this.#decoder.decode(frame.bytes);
      parsed = JSON.parse(text);
    } catch {
      return { kind: "invalid", reason: "the frame is not JSON in UTF-8" };
    }
    if (!isObject(parsed)) return { kind: "invalid", reason: "the frame is not a JSON object" };
    const json = maybeInexact.test(text) ? exact(parsed, text) : parsed;
    try {
      return { kind: "message", message: read(json) };
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      return { kind: "invalid", reason: error.message };
    }
  }

  encode(message: ServiceMessage): Encoded | undefined {
    return encodeJson(message);
  }
}

export const jsonCodec: Codec = new JsonCodec("json.webpubsub.azure.v1", false);
export const reliableJsonCodec: Codec = new JsonCodec("json.reliable.webpubsub.azure.v1", true);

/** May be a number that is not the same when it has been parsed and written again. */
const maybeInexact = /[\d.]{16}|\d[Ee][-+\d]|[:,[\s]-0/;

/** Ids that JavaScript's numbers can't hold become strings of their digits, content keeps its text. */
function exact(json: Json, text: string): Json {
  const texts = memberTexts(text);
  const result: Record<string, unknown> = { ...json };
  for (const name of ["ackId", "sequenceId", "streamSequenceId"]) {
    if (typeof json[name] === "number" && !Number.isSafeInteger(json[name])) result[name] = texts.get(name);
  }
  const { data } = json;
  const written = texts.get("data");
  if (written !== undefined && (typeof data === "number" || typeof data === "object"))
    result["data"] = new WrittenJson(data, written);
  return result;
}

function read(json: Json): ClientMessage {
  const { type } = json;
  switch (type) {
    case "joinGroup":
    case "leaveGroup":
      return { kind: type, group: groupOf(json), ackId: ackIdOf(json) };
    case "sendToGroup":
      if (json["stream"] !== undefined && json["stream"] !== null) return startStreamOf(json);
      return {
        kind: type,
        group: groupOf(json),
        ackId: ackIdOf(json),
        noEcho: noEchoOf(json),
        payload: payloadOf(json),
        metadata: metadataOf(json),
        ttlSeconds: ttlOf(json),
      };
    case "event":
      return {
        kind: type,
        event: eventOf(json),
        ackId: ackIdOf(json),
        payload: payloadOf(json),
        metadata: metadataOf(json),
      };
    case "setGroupState":
      return { kind: type, group: groupOf(json), ackId: ackIdOf(json), state: stateOf(json) };
    case "subscribeGroupState":
    case "unsubscribeGroupState":
      return { kind: type, group: groupOf(json), ackId: ackIdOf(json) };
    case "streamData":
      return streamDataOf(json);
    case "streamEnd":
      return streamEndOf(json);
    case "invoke":
      return invokeOf(json);
    case "cancelInvocation":
      return { kind: type, invocationId: invocationIdOf(json) };
    case "sequenceAck":
      return { kind: type, sequenceId: sequenceIdOf(json) };
    case "ping":
      return { kind: type };
    default:
      throw new FieldError(`type is unknown: ${shown(type)}`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
