// Faults planted in the protobuf codecs of client and service; see mutants.mjs.

const protobufReader = "src/protobuf/reader.ts";
const protobufWriter = "src/protobuf/writer.ts";

/** @type {import("./mutants.mjs").Mutant[]} */
export const protobufMutants = [
  {
    name: "protobuf: sequence ids aren't read",
    file: protobufReader,
    find: `    else if (field === 4) sequenceId = id(reader, "sequenceId");`,
    put: `    else if (field === 4) id(reader, "sequenceId");`,
  },
  {
    name: "protobuf: every answer is a success",
    file: protobufReader,
    find: `return { kind: "ack", ackId, success, error };`,
    put: `return { kind: "ack", ackId, success: true, error };`,
  },
  {
    name: "protobuf: a refusal has no name",
    file: protobufReader,
    find: `if (field === 1) error.name = reader.string();`,
    put: `if (field === 1) reader.string();`,
  },
  {
    name: "protobuf: the reconnection token isn't read",
    file: protobufReader,
    find: `else if (field === 3) connected.reconnectionToken = reader.string();`,
    put: `else if (field === 3) reader.string();`,
  },
  {
    name: "protobuf: the service's last words aren't read",
    file: protobufReader,
    find: `    message = reader.string();
    return true;`,
    put: `    reader.string();
    return true;`,
  },
  {
    name: "protobuf: noEcho isn't sent",
    file: protobufWriter,
    find: `if (message.noEcho) writer`,
    put: `if (message.noEcho && message.group === "") writer`,
  },
  {
    name: "protobuf: a time to live isn't sent",
    file: protobufWriter,
    find: `if (message.ttlSeconds !== undefined) writer`,
    put: `if (message.ttlSeconds === null) writer`,
  },
  {
    name: "protobuf: a leave is written as a join",
    file: protobufWriter,
    find: `message.kind === "joinGroup" ? 6 : 7`,
    put: `message.kind === "joinGroup" ? 6 : 6`,
  },
  {
    name: "protobuf: a sequence ack brings no number",
    file: protobufWriter,
    find: `      id(writer, 1, message.sequenceId);`,
    put: ``,
  },
  {
    name: "protobuf: ids above 127 are cut",
    file: protobufWriter,
    find: `writer.tag(field, WireType.Varint).uint64(value)`,
    put: `writer.tag(field, WireType.Varint).uint64(value % 128)`,
  },
  {
    name: "service: protobuf: messages have no sequence id",
    file: "emulator/src/wire/protobufEncoding.ts",
    find: `      sequenceId === undefined
        ? undefined`,
    put: `      sequenceId === undefined || sequenceId > 0
        ? undefined`,
  },
  {
    name: "service: protobuf: noEcho isn't read",
    file: "emulator/src/wire/protobuf.ts",
    find: `if (tag === varint(4)) into["noEcho"] = reader.bool();`,
    put: `if (tag === varint(4)) reader.bool();`,
  },
  {
    name: "service: protobuf: a refusal isn't told",
    file: "emulator/src/wire/protobufEncoding.ts",
    find: `if (message.error === undefined) {`,
    put: `if (message.error !== null) {`,
  },
];
