// Makes vectors.json with `protoc` (Debian: protobuf-compiler): node test/unit/protobuf/make-vectors.mjs
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const upstream = [
  [
    { kind: "sendToGroup", group: "room", ackId: 7, dataType: "text", data: "häl\u{1F600}o", noEcho: false },
    `send_to_group_message { group: "room" ack_id: 7 data { text_data: "häl\u{1F600}o" } }`,
  ],
  [
    {
      kind: "sendToGroup",
      group: "r",
      dataType: "json",
      data: { a: [1, null] },
      noEcho: true,
      ttlSeconds: 300,
      metadata: { k: "v" },
    },
    `send_to_group_message { group: "r" data { json_data: "{\\"a\\":[1,null]}" } no_echo: true ttl_seconds: 300 metadata { key: "k" value: "v" } }`,
  ],
  [
    {
      kind: "sendEvent",
      event: "ping",
      dataType: "binary",
      data: { bytes: [0, 255, 128, 1] },
      ackId: 9007199254740991,
    },
    `event_message { event: "ping" data { binary_data: "\\x00\\xff\\x80\\x01" } ack_id: 9007199254740991 }`,
  ],
  [
    { kind: "sendEvent", event: "e", dataType: "text", data: "", metadata: { a: "1" } },
    `event_message { event: "e" data { text_data: "" } metadata { key: "a" value: "1" } }`,
  ],
  [
    {
      kind: "sendToGroup",
      group: "r",
      ackId: 1,
      dataType: "protobuf",
      data: { bytes: [10, 3, 97, 47, 98, 18, 1, 7] },
      noEcho: false,
    },
    `send_to_group_message { group: "r" ack_id: 1 data { protobuf_data { type_url: "a/b" value: "\\x07" } } }`,
  ],
  [{ kind: "joinGroup", group: "room", ackId: 0 }, `join_group_message { group: "room" ack_id: 0 }`],
  [{ kind: "leaveGroup", group: "room" }, `leave_group_message { group: "room" }`],
  [{ kind: "sequenceAck", sequenceId: 300 }, `sequence_ack_message { sequence_id: 300 }`],
  [{ kind: "ping" }, `ping_message {}`],
];
const downstream = [
  [{ kind: "ack", ackId: 5, success: true }, `ack_message { ack_id: 5 success: true }`],
  [
    { kind: "ack", ackId: 6, success: false, error: { name: "Forbidden", message: "no" } },
    `ack_message { ack_id: 6 error { name: "Forbidden" message: "no" } }`,
  ],
  [
    {
      kind: "groupData",
      group: "room",
      fromUserId: "",
      dataType: "json",
      data: null,
      sequenceId: 1,
      metadata: { k: "v" },
    },
    `data_message { from: "group" group: "room" data { json_data: "null" } sequence_id: 1 metadata { key: "k" value: "v" } }`,
  ],
  [
    {
      kind: "serverData",
      dataType: "protobuf",
      data: { bytes: [10, 3, 97, 47, 98, 18, 1, 7] },
      sequenceId: 9007199254740991,
    },
    `data_message { from: "server" data { protobuf_data { type_url: "a/b" value: "\\x07" } } sequence_id: 9007199254740991 }`,
  ],
  [
    { kind: "groupData", group: "room", fromUserId: "", dataType: "text", data: "häl\u{1F600}o" },
    `data_message { from: "group" group: "room" data { text_data: "häl\u{1F600}o" } }`,
  ],
  [
    { kind: "serverData", dataType: "binary", data: { bytes: [0, 255, 128, 1] }, metadata: { k: "v" } },
    `data_message { from: "server" data { binary_data: "\\x00\\xff\\x80\\x01" } metadata { key: "k" value: "v" } }`,
  ],
  [
    { kind: "connected", connectionId: "id", userId: "", reconnectionToken: "" },
    `system_message { connected_message { connection_id: "id" } }`,
  ],
  [
    { kind: "connected", connectionId: "id", userId: "ann", reconnectionToken: "t" },
    `system_message { connected_message { connection_id: "id" user_id: "ann" reconnection_token: "t" } }`,
  ],
  [{ kind: "disconnected", message: "bye" }, `system_message { disconnected_message { reason: "bye" } }`],
  [{ kind: "pong" }, `pong_message {}`],
];

const encode =
  (type) =>
  ([message, text]) => ({
    message,
    hex: execFileSync(
      "protoc",
      [
        `--proto_path=${here(".")}`,
        "--proto_path=/usr/include",
        `--encode=azure.webpubsub.${type}`,
        here("webpubsub.proto"),
      ],
      { input: text },
    ).toString("hex"),
  });
const vectors = {
  upstream: upstream.map(encode("UpstreamMessage")),
  downstream: downstream.map(encode("DownstreamMessage")),
};
writeFileSync(here("vectors.json"), `${JSON.stringify(vectors, null, 2)}\n`);
