import { WebPubSubJsonReliableProtocol, type WebPubSubMessage } from "web-pubsub-client";
import type { ClientMessage, Payload } from "../../emulator/src/service/messages.js";
import { protobufCodec } from "../../emulator/src/wire/protobuf.js";
import { asTheServiceSays } from "../unit/protobuf/bothSides.js";
import type { Frame } from "./frames.js";

/** The frames of the JSON subprotocols stand for those of protobuf, so that one test speaks both. */

const json = WebPubSubJsonReliableProtocol();

/** A frame of the service, as protobuf; encoded by the local service's codec. */
export function toProtobuf(frame: Frame): ArrayBuffer {
  const message = json.parseMessages(JSON.stringify(frame)) as WebPubSubMessage | null;
  if (message === null) throw new Error(`Protobuf has no such message: ${JSON.stringify(frame)}`);
  const { sequenceId } = message as { sequenceId?: number };
  const encoded = protobufCodec.encode(asTheServiceSays(message))?.frame(sequenceId);
  if (encoded === undefined) throw new Error(`Not encoded: ${JSON.stringify(frame)}`);
  return Uint8Array.from(encoded.bytes).buffer;
}

/** A frame of the client, as JSON; decoded by the local service's codec. */
export function fromProtobuf(bytes: ArrayBuffer): Frame {
  const decoded = protobufCodec.decode({ binary: true, bytes: new Uint8Array(bytes) });
  if (decoded.kind !== "message") throw new Error(`The service declines the frame: ${decoded.reason}`);
  // As it comes out of JSON: without fields that are undefined.
  return JSON.parse(JSON.stringify(toFrame(decoded.message))) as Frame;
}

function toFrame(message: ClientMessage): Frame {
  switch (message.kind) {
    case "sendToGroup": {
      const { kind, payload, ttlSeconds, ...rest } = message;
      return { type: kind, ...rest, ttlSeconds: ttlSeconds || undefined, ...content(payload) };
    }
    case "startStream": {
      const { group, noEcho, metadata, streamId, idleTimeoutInMs } = message;
      return {
        type: "sendToGroup",
        group,
        noEcho,
        metadata,
        stream: { streamId, idleTimeoutMs: idleTimeoutInMs },
      };
    }
    case "streamKeepAlive":
      return { type: "streamData", streamId: message.streamId };
    case "invoke":
    case "event":
    case "streamData": {
      const { kind, payload, ...rest } = message;
      return {
        type: kind,
        ...(kind === "invoke" && { target: "event" }),
        ...rest,
        ...content(payload),
      };
    }
    default: {
      const { kind, ...rest } = message;
      return { type: kind, ...rest };
    }
  }
}

function content(payload: Payload | undefined): object {
  if (payload === undefined) return {};
  const { dataType } = payload;
  if (dataType === "text") return { dataType, data: payload.text };
  if (dataType === "json") return { dataType, data: JSON.parse(payload.json) as unknown };
  return { dataType, data: Buffer.from(payload.bytes).toString("base64") };
}
