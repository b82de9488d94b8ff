// Frames of the JSON subprotocol, as the benchmarks' service reads and writes them.

const payloads = {
  json: (bytes) => ({ dataType: "json", data: { text: "x".repeat(bytes), at: 1234567890, list: [1, 2, 3] } }),
  binary: (bytes) => ({ dataType: "binary", data: Buffer.alloc(bytes, 7).toString("base64") }),
};

export const jsonWire = {
  parse: (raw) => JSON.parse(raw.toString()),
  connected: (id) =>
    `{"type":"system","event":"connected","userId":"bench","connectionId":"${id}","reconnectionToken":"token-${id}"}`,
  ack: (ackId) => `{"type":"ack","ackId":${ackId},"success":true}`,
  pong: '{"type":"pong"}',
  /** @returns a function that writes the message with a sequence id */
  message(kind, bytes) {
    const body = {
      type: "message",
      from: "group",
      group: "bench",
      fromUserId: "peer",
      ...payloads[kind](bytes),
    };
    const head = `${JSON.stringify(body).slice(0, -1)},"sequenceId":`;
    return (sequenceId) => `${head}${sequenceId}}`;
  },
};
