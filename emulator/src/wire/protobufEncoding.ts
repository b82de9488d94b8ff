import protobuf from "protobufjs/minimal.js";
import type { Encoded, Frame } from "../service/codec.js";
import type {
  GroupStateItem,
  Metadata,
  OperationError,
  Payload,
  ServiceMessage,
  StreamPosition,
  Uint64,
} from "../service/messages.js";

const { Writer } = protobuf;
type Writer = InstanceType<typeof Writer>;

/** Wire type of everything that has a length. */
const DELIMITED = 2;
/** Numbers of the fields of `DownstreamMessage` that are numbered and kept, and of their `sequence_id`. */
const DATA = { field: 2, sequenceId: 4 };
const STATE_UPDATE = { field: 9, sequenceId: 3 };
const STATE_SNAPSHOT = { field: 10, sequenceId: 3 };
type Place = typeof DATA;

/** A message as `DownstreamMessage`, ready for any number of receivers. */
export function encodeProtobuf(message: ServiceMessage): Encoded {
  switch (message.kind) {
    case "groupData":
      return new EncodedData(DATA, data("group", message.group, message));
    case "serverData":
      return new EncodedData(DATA, data("server", undefined, message));
    case "groupStateSnapshot":
    case "groupStateUpdate": {
      const place = message.kind === "groupStateUpdate" ? STATE_UPDATE : STATE_SNAPSHOT;
      return new EncodedData(place, states(message.group, message.items));
    }
    case "ack": {
      const writer = field(Writer.create(), 1);
      id(writer, 1, message.ackId);
      if (message.error === undefined) {
        writer.uint32(2 << 3).bool(true);
      } else {
        failure(writer, 3, message.error);
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
    case "invokeResponse": {
      const writer = text(field(Writer.create(), 5), 1, message.invocationId);
      if (message.error === undefined) writer.uint32(2 << 3).bool(true);
      if (message.payload !== undefined) payload(writer, 3, message.payload);
      if (message.error !== undefined) failure(writer, 4, message.error);
      return fixed(writer.ldelim());
    }
    case "streamAck": {
      const writer = text(field(Writer.create(), 6), 1, message.streamId);
      id(writer, 2, message.expectedSequenceId);
      return fixed(writer.ldelim());
    }
    case "streamNack": {
      const writer = text(field(Writer.create(), 7), 1, message.streamId);
      text(text(writer, 2, message.name), 3, message.message);
      id(writer, 4, message.expectedSequenceId);
      return fixed(writer.ldelim());
    }
    case "streamClosed": {
      const writer = text(field(Writer.create(), 8), 1, message.streamId);
      if (message.error !== undefined) failure(writer, 2, message.error);
      return fixed(writer.ldelim());
    }
  }
}

function fixed(writer: Writer): Encoded {
  const frame: Frame = { binary: true, bytes: writer.finish() };
  return { size: frame.bytes.length, frame: () => frame };
}

/** The fields of a numbered message; its sequence id goes behind them, so that nothing is encoded again for it. */
class EncodedData implements Encoded {
  readonly #place: Place;
  readonly #body: Uint8Array;

  constructor(place: Place, body: Uint8Array) {
    this.#place = place;
    this.#body = body;
  }

  get size(): number {
    return this.#body.length;
  }

  frame(sequenceId?: number): Frame {
    const { field: kind, sequenceId: at } = this.#place;
    const number =
      sequenceId === undefined
        ? undefined
        : Writer.create()
            .uint32(at << 3)
            .uint64(sequenceId)
            .finish();
    const length = this.#body.length + (number?.length ?? 0);
    const head = Writer.create()
      .uint32((kind << 3) | DELIMITED)
      .uint32(length)
      .finish();
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
  message: { payload: Payload; metadata: Metadata | undefined; stream?: StreamPosition },
): Uint8Array {
  const { metadata, stream } = message;
  const writer = text(Writer.create(), 1, from);
  if (group !== undefined) text(writer, 2, group);
  // The end of a stream needs no content.
  const isEmpty = message.payload.dataType === "text" && message.payload.text === "";
  if (stream?.end === undefined || !isEmpty) payload(writer, 3, message.payload);
  entries(writer, 5, metadata);
  if (stream === undefined) return writer.finish();
  text(field(writer, 6), 1, stream.streamId);
  id(writer, 2, stream.streamSequenceId);
  if (stream.end !== undefined) {
    writer.uint32(3 << 3).bool(true);
    const { error } = stream.end;
    if (error !== undefined) {
      text(field(writer, 4), 1, error.name);
      if (error.message !== undefined) text(writer, 2, error.message);
      if (error.userErrorCode !== undefined) text(writer, 3, error.userErrorCode);
      writer.ldelim();
    }
  }
  return writer.ldelim().finish();
}

function states(group: string, items: readonly GroupStateItem[]): Uint8Array {
  const writer = text(Writer.create(), 1, group);
  for (const { connectionId, userId, state, updatedAt } of items) {
    text(field(writer, 2), 1, connectionId);
    if (userId !== undefined) text(writer, 2, userId);
    // Without this field the state is cleared.
    if (state !== undefined) entries(field(writer, 3), 1, state).ldelim();
    writer.uint32(4 << 3).int64(updatedAt);
    writer.ldelim();
  }
  return writer.finish();
}

function payload(writer: Writer, number: number, content: Payload): void {
  field(writer, number);
  switch (content.dataType) {
    case "text":
      text(writer, 1, content.text);
      break;
    case "binary":
      writer.uint32((2 << 3) | DELIMITED).bytes(content.bytes);
      break;
    case "protobuf":
      writer.uint32((3 << 3) | DELIMITED).bytes(content.bytes);
      break;
    case "json":
      text(writer, 4, content.json);
      break;
  }
  writer.ldelim();
}

function failure(writer: Writer, number: number, { name, message }: OperationError): void {
  text(text(field(writer, number), 1, name), 2, message).ldelim();
}

/** A map of strings. */
function entries(writer: Writer, number: number, map: Readonly<Record<string, string>> = {}): Writer {
  for (const [key, value] of Object.entries(map))
    text(text(field(writer, number), 1, key), 2, value).ldelim();
  return writer;
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
