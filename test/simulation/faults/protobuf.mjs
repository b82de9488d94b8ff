// The client's protobuf codec.

/** @type {import("./faults.mjs").Fault[]} */
export const protobuf = [
  {
    name: "sequence ids aren't read",
    in: "readData",
    find: "sequenceId = read.id(",
    put: "read.id(",
  },
  {
    name: "every answer is a success",
    in: "readAck",
    // The service leaves the field out where it is false.
    find: "success: false }",
    put: "success: true }",
  },
  {
    name: "a refusal lacks the name that the service gave it",
    in: "readNamed",
    find: `1: ["name", text]`,
    put: `11: ["name", text]`,
  },
  {
    name: "the reconnection token isn't read",
    in: "readConnected",
    find: `3: ["reconnectionToken"`,
    put: `13: ["reconnectionToken"`,
  },
  {
    name: "the service's last words aren't read",
    in: "readDisconnected",
    find: `2: ["message"`,
    put: `12: ["message"`,
  },
  {
    name: "noEcho isn't sent",
    in: "coreFrames",
    find: "if (noEcho)",
    put: `if (noEcho && group === "")`,
  },
  {
    name: "a time to live isn't sent",
    in: "coreFrames",
    find: "ttlSeconds !== undefined",
    put: "ttlSeconds === null",
  },
  {
    name: "a leave is written as a join",
    in: "coreFrames",
    find: "leaveGroup: [7,",
    put: "leaveGroup: [6,",
  },
  {
    name: "a sequence ack lacks its number",
    in: "coreFrames",
    find: "id(writer, 1, sequenceId)",
    put: "undefined",
  },
  {
    name: "ids above 127 are cut",
    in: "id",
    find: "uint64(value)",
    put: "uint64(value % 128)",
  },
  {
    name: "a stream's end is read without its error",
    in: "readStream",
    find: `4: ["error"`,
    put: `14: ["error"`,
  },
  {
    name: "fragments are read with the number of the next one",
    in: "readStream",
    find: `2: ["streamSequenceId", read.id]`,
    put: `2: ["streamSequenceId", (...args) => read.id(...args) + 1]`,
  },
  {
    name: "fragments are written with the number of the next one",
    in: "streamFrames",
    find: "id(writer, 2, streamSequenceId)",
    put: "id(writer, 2, streamSequenceId && streamSequenceId + 1)",
  },
  {
    name: "the service's answer to fragments is read without its number",
    in: "streamFrames",
    find: `2: ["expectedSequenceId"`,
    put: `12: ["expectedSequenceId"`,
  },
  {
    name: "the end of a stream is written without its error",
    in: "streamFrames",
    find: "if (error === undefined) return;",
    put: "if (error !== null) return;",
  },
  {
    name: "a state that was left out is read as an empty one",
    in: "readItem",
    find: "updatedAt: 0",
    put: "updatedAt: 0, state: {}",
  },
  {
    name: "a state is taken back by an empty one",
    in: "presenceFrames",
    find: "if (state === undefined) return;",
    put: "",
  },
  {
    name: "sequence ids of states aren't read",
    in: "update",
    find: `3: ["sequenceId"`,
    put: `13: ["sequenceId"`,
  },
  {
    name: "an invocation that was answered counts as refused",
    in: "readResponse",
    find: `2: ["success"`,
    put: `12: ["success"`,
  },
];
