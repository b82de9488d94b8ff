import protobuf from "protobufjs/minimal.js";
import type { Encoded, Frame } from "../service/codec.js";
import type { Metadata, Payload, ServiceMessage, Uint64 } from "../service/messages.js";

const { Writer } = protobuf;
type Writer = InstanceType<typeof Writer>;

/** Wire type of everything that has a length. */
const DELIMITED = 2;
/** `DataMessage.sequence_id`: field 4, a varint. */
const SEQUENCE_ID_TAG = 4 << 3;
/** `DownstreamMessage.data_message`: field 2. */
const DATA_TAG = (2 << 3) | DELIMITED;

/** A message as `DownstreamMessage`, ready for any number of receivers. Undefined: protobuf has no words for it. */
export function encodeProtobuf(message: ServiceMessage): Encoded | undefined {
  switch (message.kind) {
    case "groupData":
      // Where a fragment belongs has no public field numbers: it goes as an ordinary message, the end not at all.
      if (message.stream?.end !== undefined) return undefined;
      return new EncodedData(data("group", message.group, message.payload, message.metadata));
    case "serverData":
      return new EncodedData(data("server", undefined, message.payload, message.metadata));
    case "ack": {
      const writer = field(Writer.create(), 1);
      id(writer, 1, message.ackId);
      if (message.error === undefined) {
        writer.uint32(2 << 3).bool(true);
      } else {
        text(text(field(writer, 3), 1, message.error.name), 2, message.error.message).ldelim();
      }
      return fixed(writer.ldelim());
    }
    case "connected": {
      const writer = text(field(field(Writer.create(), 3), 1), 1, message.connectionId);
      if (message.userId !== undefined) text(writer, 2, message.userId);
      if (message.reconnectionToken !== undefined) text(writer, 3, message.reconnectionToken);
      return fixed(writer.ldelim().ldelim());
    }
    case "disconnected":
      return fixed(
        text(field(field(Writer.create(), 3), 2), 2, message.reason)
          .ldelim()
          .ldelim(),
      );
    case "pong":
      return fixed(field(Writer.create(), 4).ldelim());
    default:
      return undefined;
  }
}

function fixed(writer: Writer): Encoded {
  const frame: Frame = { binary: true, bytes: writer.finish() };
  return { size: frame.bytes.length, frame: () => frame };
}

/** The fields of a data message; the sequence id goes behind them, so that nothing is encoded again for it. */
class EncodedData implements Encoded {
  readonly #body: Uint8Array;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  get size(): number {
    return this.#body.length;
  }

  frame(sequenceId?: number): Frame {
    const number =
      sequenceId === undefined
        ? undefined
        : Writer.create().uint32(SEQUENCE_ID_TAG).uint64(sequenceId).finish();
    const length = this.#body.length + (number?.length ?? 0);
    const head = Writer.create().uint32(DATA_TAG).uint32(length).finish();
    const bytes = new Uint8Array(head.length + length);
    bytes.set(head);
    bytes.set(this.#body, head.length);
    if (number !== undefined) bytes.set(number, head.length + this.#body.length);
    return { binary: true, bytes };
  }
}

function data(
  from: string,
  group: string | undefined,
  payload: Payload,
  metadata: Metadata = {},
): Uint8Array {
  const writer = text(Writer.create(), 1, from);
  if (group !== undefined) text(writer, 2, group);
  field(writer, 3);
  switch (payload.dataType) {
    case "text":
      text(writer, 1, payload.text);
      break;
    case "binary":
      writer.uint32((2 << 3) | DELIMITED).bytes(payload.bytes);
      break;
    case "protobuf":
      writer.uint32((3 << 3) | DELIMITED).bytes(payload.bytes);
      break;
    case "json":
      text(writer, 4, payload.json);
      break;
  }
  writer.ldelim();
  for (const [key, value] of Object.entries(metadata)) {
    text(text(field(writer, 5), 1, key), 2, value).ldelim();
  }
  return writer.finish();
}

/** Begins a message in a field; `ldelim` ends it. */
function field(writer: Writer, number: number): Writer {
  return writer.uint32((number << 3) | DELIMITED).fork();
}

function text(writer: Writer, number: number, value: string): Writer {
  // JSON may hold halves of surrogate pairs, which UTF-8 has no bytes for.
  return writer.uint32((number << 3) | DELIMITED).string(value.replace(/\p{Surrogate}/gu, "\ufffd"));
}

function id(writer: Writer, number: number, value: Uint64): void {
  writer.uint32(number << 3).uint64(value.toString());
}
