import type { Encoded, Frame } from "../service/codec.js";
import type {
  GroupStateItem,
  Metadata,
  Payload,
  ServiceMessage,
  StreamPosition,
  Uint64,
} from "../service/messages.js";
import { encodeBase64 } from "./base64.js";

/** A message as JSON, ready for any number of receivers. */
export function encodeJson(message: ServiceMessage): Encoded {
  return new EncodedJson(write(message));
}

/** The sequence id goes to the front, between two constant runs of bytes: nothing is encoded again for it. */
const encoder = new TextEncoder();
const numbered = encoder.encode('{"sequenceId":');
const comma = 0x2c;

class EncodedJson implements Encoded {
  readonly #bytes: Uint8Array;

  constructor(text: string) {
    this.#bytes = encoder.encode(text);
  }

  get size(): number {
    return this.#bytes.length;
  }

  frame(sequenceId?: number): Frame {
    if (sequenceId === undefined) return { binary: false, bytes: this.#bytes };
    const digits = String(sequenceId);
    const start = numbered.length + digits.length;
    const bytes = new Uint8Array(start + this.#bytes.length);
    bytes.set(numbered);
    for (let i = 0; i < digits.length; i++) bytes[numbered.length + i] = digits.charCodeAt(i);
    bytes.set(this.#bytes, start);
    // Where the object's opening brace stood.
    bytes[start] = comma;
    return { binary: false, bytes };
  }
}

function write(message: ServiceMessage): string {
  switch (message.kind) {
    case "connected": {
      const { userId = null, connectionId, reconnectionToken } = message;
      return JSON.stringify({ type: "system", event: "connected", userId, connectionId, reconnectionToken });
    }
    case "disconnected":
      return JSON.stringify({ type: "system", event: "disconnected", message: message.reason });
    case "pong":
      return '{"type":"pong"}';
    case "ack": {
      const { ackId, error } = message;
      const failure = error === undefined ? "" : `,"error":${JSON.stringify(error)}`;
      return `{"type":"ack","ackId":${integer(ackId)},"success":${error === undefined}${failure}}`;
    }
    case "groupData": {
      const head = JSON.stringify({
        type: "message",
        from: "group",
        group: message.group,
        fromUserId: message.fromUserId ?? null,
        stream: message.stream && stream(message.stream),
      });
      return withContent(head, message.payload, message.metadata);
    }
    case "serverData":
      return withContent('{"type":"message","from":"server"}', message.payload, message.metadata);
    case "invokeResponse": {
      const { invocationId, payload, error } = message;
      const head = JSON.stringify({
        type: "invokeResponse",
        invocationId,
        success: error === undefined,
        error,
      });
      return payload === undefined ? head : withContent(head, payload, undefined);
    }
    case "streamAck": {
      const { streamId, expectedSequenceId } = message;
      return JSON.stringify({ type: "streamAck", streamId, expectedSequenceId });
    }
    case "streamNack": {
      const { kind: type, streamId, name, message: reason, expectedSequenceId } = message;
      return JSON.stringify({ type, streamId, name, message: reason, expectedSequenceId });
    }
    case "streamClosed": {
      const { kind: type, streamId, error } = message;
      return JSON.stringify({ type, streamId, error });
    }
    case "groupStateSnapshot":
    case "groupStateUpdate": {
      const { kind: type, group, items } = message;
      return JSON.stringify({ type, group, items: items.map(stateItem) });
    }
  }
}

function stream({ streamId, streamSequenceId, end }: StreamPosition) {
  return { streamId, streamSequenceId, ...(end && { endOfStream: true, error: end.error }) };
}

/** Only what the wire knows, in its order. */
function stateItem({ connectionId, userId, state, updatedAt }: GroupStateItem) {
  return { connectionId, userId, state, updatedAt };
}

/** Adds content to an object's text. JSON content is put in as it is, not parsed and written again. */
function withContent(object: string, payload: Payload, metadata: Metadata | undefined): string {
  const more = metadata === undefined ? "" : `,"metadata":${JSON.stringify(metadata)}`;
  return `${object.slice(0, -1)}${more},"dataType":"${payload.dataType}","data":${dataText(payload)}}`;
}

function dataText(payload: Payload): string {
  switch (payload.dataType) {
    case "text":
      return JSON.stringify(payload.text);
    case "json":
      return payload.json;
    case "binary":
    case "protobuf":
      return `"${encodeBase64(payload.bytes)}"`;
  }
}

function integer(id: Uint64): string {
  return id.toString();
}
