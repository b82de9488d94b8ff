// A service that does just enough for the benchmarks, as fast as `ws` can: it numbers messages,
// keeps the 1,000-message window and acknowledges operations. Runs in a process of its own.
import { WebSocketServer } from "ws";

const WINDOW = 1_000;
const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  perMessageDeflate: false,
  handleProtocols: (offered) => [...offered][0],
});

const payloads = {
  json: (bytes) => ({ dataType: "json", data: { text: "x".repeat(bytes), at: 1234567890, list: [1, 2, 3] } }),
  binary: (bytes) => ({ dataType: "binary", data: Buffer.alloc(bytes, 7).toString("base64") }),
};

server.on("connection", (socket) => {
  const id = Math.random().toString(36).slice(2);
  let sent = 0;
  let acknowledged = 0;
  let wanted = 0;
  let head = "";
  const pump = () => {
    while (sent < wanted && sent - acknowledged < WINDOW) socket.send(`${head}${++sent}}`);
  };
  socket.send(
    `{"type":"system","event":"connected","userId":"bench","connectionId":"${id}","reconnectionToken":"token-${id}"}`,
  );
  socket.on("message", (raw) => {
    const frame = JSON.parse(raw.toString());
    if (frame.type === "sequenceAck") {
      acknowledged = frame.sequenceId;
      pump();
      return;
    }
    if (frame.type === "ping") return socket.send('{"type":"pong"}');
    if (frame.ackId !== undefined) socket.send(`{"type":"ack","ackId":${frame.ackId},"success":true}`);
    if (frame.type === "event" && frame.event === "blast") {
      const { kind, bytes, count } = frame.data;
      const body = {
        type: "message",
        from: "group",
        group: "bench",
        fromUserId: "peer",
        ...payloads[kind](bytes),
      };
      head = `${JSON.stringify(body).slice(0, -1)},"sequenceId":`;
      wanted += count;
      pump();
    }
  });
});

server.on("listening", () =>
  process.send?.({ url: `ws://127.0.0.1:${server.address().port}/client/hubs/bench` }),
);
process.on("disconnect", () => process.exit(0));
