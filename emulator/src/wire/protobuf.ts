import protobuf from "protobufjs/minimal.js";
import type { Codec, Decoded, Encoded, Frame } from "../service/codec.js";
import type { ClientMessage, Payload, ServiceMessage, Uint64 } from "../service/messages.js";
import {
  ackIdOf,
  eventOf,
  FieldError,
  groupOf,
  metadataOf,
  noEchoOf,
  sequenceIdOf,
  stateOf,
  ttlOf,
} from "./fields.js";
import { encodeProtobuf } from "./protobufEncoding.js";
import { readMessage, upstream, type Fields } from "./protobufFields.js";
import { invocationIdOf, invokeOf, startStreamOf, streamDataOf, streamEndOf } from "./streamFields.js";

const { Reader } = protobuf;

/** Either protobuf subprotocol: the reliable one adds reconnection tokens and sequence ids. */
class ProtobufCodec implements Codec {
  readonly name: string;
  readonly reliable: boolean;

  constructor(name: string, reliable: boolean) {
    this.name = name;
    this.reliable = reliable;
  }

  decode(frame: Frame): Decoded {
    if (!frame.binary)
      return {
        kind: "invalid",
        reason: "a protobuf subprotocol has no text frames",
        wrongFrameType: true,
      };
    let type: number | undefined;
    let unknown: number | undefined;
    let fields: Fields = {};
    try {
      const reader = Reader.create(frame.bytes);
      while (reader.pos < reader.len) {
        const tag = reader.uint32();
        const readField = upstream.get(tag);
        // Fields of newer versions may stand beside what is known; of several that are known the last one counts.
        if (readField === undefined) {
          unknown = tag >>> 3;
          reader.skipType(tag & 7);
        } else {
          type = tag >>> 3;
          fields = readMessage(reader, readField);
        }
      }
    } catch (error) {
      return {
        kind: "invalid",
        reason: `the frame is not protobuf: ${error instanceof Error ? error.message : "unreadable"}`,
      };
    }
    try {
      return { kind: "message", message: toMessage(type, fields, unknown) };
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      return { kind: "invalid", reason: error.message };
    }
  }

  encode(message: ServiceMessage): Encoded | undefined {
    return encodeProtobuf(message);
  }
}

export const protobufCodec: Codec = new ProtobufCodec("protobuf.webpubsub.azure.v1", false);
export const reliableProtobufCodec: Codec = new ProtobufCodec("protobuf.reliable.webpubsub.azure.v1", true);

/** @param unknown the field that the frame has instead of a message that is known. */
function toMessage(type: number | undefined, fields: Fields, unknown: number | undefined): ClientMessage {
  switch (type) {
    case 1:
      if (fields["stream"] !== undefined) return startStreamOf(fields, optionalPayloadOf(fields));
      return {
        kind: "sendToGroup",
        group: groupOf(fields),
        ackId: ackIdOf(fields),
        noEcho: noEchoOf(fields),
        payload: payloadOf(fields),
        metadata: metadataOf(fields),
        ttlSeconds: ttlOf(fields),
      };
    case 5:
      return {
        kind: "event",
        event: eventOf(fields),
        ackId: ackIdOf(fields),
        payload: payloadOf(fields),
        metadata: metadataOf(fields),
      };
    case 6:
    case 7:
      return {
        kind: type === 6 ? "joinGroup" : "leaveGroup",
        group: groupOf(fields),
        ackId: ackIdOf(fields),
      };
    case 8:
      return { kind: "sequenceAck", sequenceId: sequenceIdOrZero(fields) };
    case 9:
      return { kind: "ping" };
    case 10:
      return invokeOf(fields, optionalPayloadOf(fields), metadataOf(fields));
    case 11:
      return { kind: "cancelInvocation", invocationId: invocationIdOf(fields) };
    case 13:
      return streamDataOf(fields, optionalPayloadOf(fields));
    case 14:
      return streamEndOf(fields);
    case 15:
      return {
        kind: "setGroupState",
        group: groupOf(fields),
        ackId: ackIdOf(fields),
        state: stateOf(fields),
      };
    case 16:
    case 17:
      return {
        kind: type === 16 ? "subscribeGroupState" : "unsubscribeGroupState",
        group: groupOf(fields),
        ackId: ackIdOf(fields),
      };
    default:
      throw new FieldError(
        unknown === undefined ? "the frame has no message" : `the message is unknown: field ${unknown}`,
      );
  }
}

/** proto3 leaves out a number that is 0. */
function sequenceIdOrZero(fields: Fields): Uint64 {
  return fields["sequenceId"] === undefined ? 0 : sequenceIdOf(fields);
}

function payloadOf(fields: Fields): Payload {
  const payload = optionalPayloadOf(fields);
  // A message may consist of metadata alone.
  if (payload === undefined && fields["metadata"] !== undefined) return { dataType: "text", text: "" };
  if (payload === undefined) throw new FieldError("data is missing");
  return payload;
}

function optionalPayloadOf(fields: Fields): Payload | undefined {
  const { payload } = fields;
  // Data that is there, but of no kind that is known, isn't the same as none.
  if ("payload" in fields && payload === undefined)
    throw new FieldError("data must have text_data, binary_data, protobuf_data or json_data");
  if (payload?.dataType !== "json") return payload;
  try {
    JSON.parse(payload.json);
  } catch {
    throw new FieldError("json_data must be JSON");
  }
  return payload;
}
