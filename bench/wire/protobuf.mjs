// Frames of the protobuf subprotocol, as the benchmarks' service reads and writes them.
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

const text = (writer, field, value) => writer.tag(field, WireType.LengthDelimited).string(value);
const bytes = (writer, field, value) => writer.tag(field, WireType.LengthDelimited).bytes(value);
const number = (writer, field, value) => writer.tag(field, WireType.Varint).uint64(value);
const nested = (field, inner) => bytes(new BinaryWriter(), field, inner).finish();

/** The fields of a message: bytes or numbers by field number. */
function fields(data) {
  const reader = new BinaryReader(data);
  const found = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    found[field] = type === WireType.Varint ? Number(reader.uint64()) : reader.bytes();
  }
  return found;
}
const string = (value) => new TextDecoder().decode(value);

export const protobufWire = {
  parse(raw) {
    const { 5: event, 8: sequenceAck, 9: ping } = fields(raw);
    if (sequenceAck !== undefined) return { type: "sequenceAck", sequenceId: fields(sequenceAck)[1] };
    if (ping !== undefined) return { type: "ping" };
    if (event === undefined) return {};
    const { 1: name, 2: payload, 3: ackId } = fields(event);
    const data = JSON.parse(string(fields(payload)[4]));
    return { type: "event", event: string(name), ackId, data };
  },
  connected(id) {
    const connected = new BinaryWriter();
    text(connected, 1, id);
    text(connected, 2, "bench");
    text(connected, 3, `token-${id}`);
    return nested(3, nested(1, connected.finish()));
  },
  ack(ackId) {
    const ack = number(new BinaryWriter(), 1, ackId).tag(2, WireType.Varint).bool(true);
    return nested(1, ack.finish());
  },
  pong: nested(4, new Uint8Array()),
  /** @returns a function that writes the message with a sequence id */
  message(_kind, size) {
    const head = text(text(new BinaryWriter(), 1, "group"), 2, "bench");
    const body = bytes(head, 3, bytes(new BinaryWriter(), 2, Buffer.alloc(size, 7)).finish()).finish();
    return (sequenceId) => {
      const tail = number(new BinaryWriter(), 4, sequenceId).finish();
      return nested(2, Buffer.concat([body, tail]));
    };
  },
};
