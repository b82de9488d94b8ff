// The client's protobuf codec.

/** @type {import("./faults.mjs").Fault[]} */
export const protobuf = [
  {
    name: "sequence ids aren't read",
    in: "readData",
    find: "sequenceId = id(",
    put: "id(",
  },
  {
    name: "every answer is a success",
    in: "readAck",
    find: "success, error }",
    put: "success: true, error }",
  },
  {
    name: "a refusal lacks the name that the service gave it",
    in: "readError",
    find: "error.name = reader",
    put: "reader",
  },
  {
    name: "the reconnection token isn't read",
    in: "readConnected",
    find: "connected.reconnectionToken = reader",
    put: "reader",
  },
  {
    name: "the service's last words aren't read",
    in: "readDisconnected",
    find: "message = reader",
    put: "reader",
  },
  {
    name: "noEcho isn't sent",
    in: "writeProtobuf",
    find: "if (message.noEcho)",
    put: `if (message.noEcho && message.group === "")`,
  },
  {
    name: "a time to live isn't sent",
    in: "writeProtobuf",
    find: "message.ttlSeconds !== undefined",
    put: "message.ttlSeconds === null",
  },
  {
    name: "a leave is written as a join",
    in: "writeProtobuf",
    find: "? 6 : 7",
    put: "? 6 : 6",
  },
  {
    name: "a sequence ack lacks its number",
    in: "writeProtobuf",
    find: "id(writer, 1, message.sequenceId);",
    put: "",
  },
  {
    name: "ids above 127 are cut",
    in: "id",
    find: "uint64(value)",
    put: "uint64(value % 128)",
  },
];
