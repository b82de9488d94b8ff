import type { Json } from "../oracles/model.js";

/** The fields of one protobuf message: numbers, and what has a length, by field number; the last one counts. */
type Fields = Map<number, number | Buffer>;

/**
 * What a frame of the protobuf subprotocols says, in the words of the JSON ones, which the oracles
 * know. Written apart from the codecs of client and service, since it judges both.
 */
export function readUpstream(bytes: Buffer): Json {
  const [[kind, body]] = only(bytes);
  const fields = fieldsOf(body);
  switch (kind) {
    case 1:
      return {
        type: "sendToGroup",
        group: text(fields, 1),
        ...ackId(fields, 2),
        ...content(fields, 3),
        noEcho: fields.get(4) === 1,
        ...(fields.has(5) ? { ttlSeconds: fields.get(5) } : undefined),
      };
    case 5:
      return { type: "event", event: text(fields, 1), ...content(fields, 2), ...ackId(fields, 3) };
    case 6:
    case 7:
      return {
        type: kind === 6 ? "joinGroup" : "leaveGroup",
        group: text(fields, 1),
        ...ackId(fields, 2),
      };
    case 8:
      return { type: "sequenceAck", sequenceId: fields.get(1) ?? 0 };
    case 9:
      return { type: "ping" };
    default:
      throw new Error(`A client says field ${kind}.`);
  }
}

export function readDownstream(bytes: Buffer): Json {
  const [[kind, body]] = only(bytes);
  const fields = fieldsOf(body);
  switch (kind) {
    case 1:
      return { type: "ack", ...ackId(fields, 1), success: fields.get(2) === 1, ...problem(fields) };
    case 2:
      return {
        type: "message",
        from: text(fields, 1),
        ...(fields.has(2) ? { group: text(fields, 2) } : undefined),
        ...content(fields, 3),
        ...(fields.has(4) ? { sequenceId: fields.get(4) } : undefined),
      };
    case 3:
      return readSystem(fields);
    case 4:
      return { type: "pong" };
    default:
      throw new Error(`The service says field ${kind}.`);
  }
}

function readSystem(fields: Fields): Json {
  const connected = fields.get(1);
  if (connected === undefined)
    return { type: "system", event: "disconnected", message: text(fieldsOf(fields.get(2)), 2) };
  const inner = fieldsOf(connected);
  return {
    type: "system",
    event: "connected",
    connectionId: text(inner, 1),
    ...(inner.has(2) ? { userId: text(inner, 2) } : undefined),
    ...(inner.has(3) ? { reconnectionToken: text(inner, 3) } : undefined),
  };
}

function problem(fields: Fields): Json {
  const error = fields.get(3);
  if (error === undefined) return {};
  const inner = fieldsOf(error);
  return { error: { name: text(inner, 1), message: text(inner, 2) } };
}

/** The simulation's content is JSON. */
function content(fields: Fields, number: number): Json {
  return { dataType: "json", data: JSON.parse(text(fieldsOf(fields.get(number)), 4)) as unknown };
}

function ackId(fields: Fields, number: number): Json {
  return fields.has(number) ? { ackId: fields.get(number) } : {};
}

function text(fields: Fields, number: number): string {
  const value = fields.get(number);
  return Buffer.isBuffer(value) ? value.toString() : "";
}

/** The one field that a frame consists of. */
function only(bytes: Buffer): [[number, number | Buffer]] {
  const [field, ...more] = fieldsOf(bytes);
  if (field === undefined || more.length > 0) throw new Error("A frame must be one message.");
  return [field];
}

function fieldsOf(bytes: number | Buffer | undefined): Fields {
  const fields: Fields = new Map();
  if (!Buffer.isBuffer(bytes)) return fields;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("A frame is cut off.");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) fields.set(number, varint());
    else if (type === 2) {
      const length = varint();
      fields.set(number, bytes.subarray(at, at + length));
      at += length;
    } else throw new Error(`Field ${number} has the wire type ${type}.`);
  }
  return fields;
}
