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
  [
    { kind: "sendToGroup", group: "r", noEcho: true, stream: { streamId: "s", idleTimeoutInMs: 4294967295 } },
    `send_to_group_message { group: "r" no_echo: true stream { stream_id: "s" idle_timeout_ms: 4294967295 } }`,
  ],
  [
    { kind: "sendToGroup", group: "r", noEcho: false, stream: { streamId: "s" } },
    `send_to_group_message { group: "r" stream { stream_id: "s" } }`,
  ],
  [
    { kind: "invoke", event: "sum", invocationId: "1", target: "event", dataType: "json", data: [1, 2] },
    `invoke_event_message { event: "sum" invocation_id: "1" data { json_data: "[1,2]" } }`,
  ],
  [
    { kind: "invoke", event: "now", invocationId: "2", target: "event" },
    `invoke_event_message { event: "now" invocation_id: "2" }`,
  ],
  [{ kind: "cancelInvocation", invocationId: "1" }, `cancel_invocation_message { invocation_id: "1" }`],
  [
    {
      kind: "streamData",
      streamId: "s",
      streamSequenceId: 9007199254740991,
      dataType: "binary",
      data: { bytes: [0, 255] },
    },
    `stream_data_message { stream_id: "s" stream_sequence_id: 9007199254740991 data { binary_data: "\\x00\\xff" } }`,
  ],
  [
    { kind: "streamData", streamId: "s", streamSequenceId: 1, dataType: "text", data: "" },
    `stream_data_message { stream_id: "s" stream_sequence_id: 1 data { text_data: "" } }`,
  ],
  [{ kind: "streamData", streamId: "s" }, `stream_data_message { stream_id: "s" }`],
  [{ kind: "streamEnd", streamId: "s" }, `stream_end_message { stream_id: "s" }`],
  [
    { kind: "streamEnd", streamId: "s", error: { message: "no", userErrorCode: "E1" } },
    `stream_end_message { stream_id: "s" error { message: "no" user_error_code: "E1" } }`,
  ],
  [{ kind: "streamEnd", streamId: "s", error: {} }, `stream_end_message { stream_id: "s" error {} }`],
  [
    { kind: "setGroupState", group: "room", ackId: 3, state: { typing: "yes" } },
    `set_group_state_message { group: "room" ack_id: 3 state { entries { key: "typing" value: "yes" } } }`,
  ],
  [
    { kind: "setGroupState", group: "room", ackId: 4, state: {} },
    `set_group_state_message { group: "room" ack_id: 4 state {} }`,
  ],
  [{ kind: "setGroupState", group: "room", ackId: 5 }, `set_group_state_message { group: "room" ack_id: 5 }`],
  [
    { kind: "subscribeGroupState", group: "room", ackId: 6 },
    `subscribe_group_state_message { group: "room" ack_id: 6 }`,
  ],
  [{ kind: "unsubscribeGroupState", group: "room" }, `unsubscribe_group_state_message { group: "room" }`],
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
  [
    { kind: "invokeResponse", invocationId: "1", success: true, dataType: "json", data: { sum: 3 } },
    `invoke_response_message { invocation_id: "1" success: true data { json_data: "{\\"sum\\":3}" } }`,
  ],
  [
    { kind: "invokeResponse", invocationId: "1", success: true },
    `invoke_response_message { invocation_id: "1" success: true }`,
  ],
  [
    {
      kind: "invokeResponse",
      invocationId: "1",
      success: false,
      error: { name: "NotFound", message: "no handler" },
    },
    `invoke_response_message { invocation_id: "1" error { name: "NotFound" message: "no handler" } }`,
  ],
  [
    { kind: "streamAck", streamId: "s", expectedSequenceId: 9007199254740991 },
    `stream_ack_message { stream_id: "s" expected_sequence_id: 9007199254740991 }`,
  ],
  [
    {
      kind: "streamNack",
      streamId: "s",
      name: "InvalidSequenceId",
      message: "2 is missing",
      expectedSequenceId: 2,
    },
    `stream_nack_message { stream_id: "s" name: "InvalidSequenceId" message: "2 is missing" expected_sequence_id: 2 }`,
  ],
  [{ kind: "streamClosed", streamId: "s" }, `stream_closed_message { stream_id: "s" }`],
  [
    { kind: "streamClosed", streamId: "s", error: { name: "IdleTimeout", message: "silent" } },
    `stream_closed_message { stream_id: "s" error { name: "IdleTimeout" message: "silent" } }`,
  ],
  [
    {
      kind: "groupData",
      group: "r",
      fromUserId: "",
      dataType: "binary",
      data: { bytes: [1] },
      sequenceId: 7,
      stream: { streamId: "s", streamSequenceId: 12 },
    },
    `data_message { from: "group" group: "r" data { binary_data: "\\x01" } sequence_id: 7 stream { stream_id: "s" stream_sequence_id: 12 } }`,
  ],
  [
    {
      kind: "groupData",
      group: "r",
      fromUserId: "",
      dataType: "text",
      data: "",
      stream: {
        streamId: "s",
        streamSequenceId: 13,
        endOfStream: true,
        error: { name: "UserError", message: "no", userErrorCode: "E1" },
      },
    },
    `data_message { from: "group" group: "r" stream { stream_id: "s" stream_sequence_id: 13 end_of_stream: true error { name: "UserError" message: "no" user_error_code: "E1" } } }`,
  ],
  [
    {
      kind: "groupStateUpdate",
      group: "room",
      items: [
        { connectionId: "a", userId: "ann", state: { typing: "yes" }, updatedAt: 1700000000000 },
        { connectionId: "b", updatedAt: 1700000000001 },
      ],
      sequenceId: 3,
    },
    `group_state_update_message { group: "room" items { connection_id: "a" user_id: "ann" state { entries { key: "typing" value: "yes" } } updated_at: 1700000000000 } items { connection_id: "b" updated_at: 1700000000001 } sequence_id: 3 }`,
  ],
  [
    {
      kind: "groupStateSnapshot",
      group: "room",
      items: [{ connectionId: "a", state: {}, updatedAt: 1700000000000 }],
    },
    `group_state_snapshot_message { group: "room" items { connection_id: "a" state {} updated_at: 1700000000000 } }`,
  ],
  [
    { kind: "groupStateSnapshot", group: "room", items: [] },
    `group_state_snapshot_message { group: "room" }`,
  ],
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
