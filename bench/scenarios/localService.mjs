import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";

const PROTOCOL = "json.reliable.webpubsub.azure.v1";

/** The local service in a process of its own; `ask` gets what it has used so far. */
async function startService() {
  const child = fork(fileURLToPath(new URL("../localService.mjs", import.meta.url)), {
    execArgv: ["--expose-gc"],
  });
  const [{ url }] = await once(child, "message");
  const ask = async () => {
    child.send("usage");
    const [usage] = await once(child, "message");
    return usage;
  };
  return { url, ask, stop: () => child.disconnect() };
}

/** A bare client that keeps the window empty. */
async function connect(url, onMessage) {
  const socket = new WebSocket(url, PROTOCOL, { perMessageDeflate: false });
  await once(socket, "message");
  let unacknowledged = 0;
  socket.on("message", (raw) => {
    const text = raw.toString();
    if (!text.includes('"sequenceId"')) return;
    onMessage();
    if (++unacknowledged < 64) return;
    unacknowledged = 0;
    const { sequenceId } = JSON.parse(text);
    socket.send(JSON.stringify({ type: "sequenceAck", sequenceId }));
  });
  return socket;
}

const joined = async (socket) => {
  socket.send('{"type":"joinGroup","group":"all","ackId":1}');
  await once(socket, "message");
};

/** One sender publishes to so many receivers. */
export const fanOut = (receivers, messages) => async () => {
  const service = await startService();
  let got = 0;
  let expected = Infinity;
  let done;
  const onMessage = () => {
    if (++got === expected) done();
  };
  const sockets = [];
  for (let i = 0; i < receivers; i++) {
    const socket = await connect(service.url, onMessage);
    await joined(socket);
    sockets.push(socket);
  }
  const sender = await connect(service.url, () => undefined);
  const run = (count) =>
    new Promise((resolve) => {
      got = 0;
      expected = count * receivers;
      done = resolve;
      let sent = 0;
      const send = () => {
        sender.send(
          JSON.stringify({
            type: "sendToGroup",
            group: "all",
            dataType: "json",
            data: { text: "x".repeat(40), number: sent },
          }),
        );
        // In step with the receivers: no window fills.
        if (++sent < count) setTimeout(send, 1);
      };
      send();
    });
  await run(Math.ceil(messages / 10));
  const before = await service.ask();
  const start = performance.now();
  await run(messages);
  const wall = performance.now() - start;
  const after = await service.ask();
  service.stop();
  const deliveries = messages * receivers;
  for (const socket of sockets) socket.terminate();
  return {
    cpu: (after.cpu - before.cpu) / deliveries,
    rate: deliveries / (wall / 1_000),
    memory: after.peak,
  };
};

/** So many connections that do nothing. */
export const sessions = (count) => async () => {
  const service = await startService();
  await connect(service.url, () => undefined);
  const before = await service.ask();
  for (let i = 0; i < count; i++) await connect(service.url, () => undefined);
  const after = await service.ask();
  service.stop();
  return {
    perMegabyte: count / (after.rss - before.rss),
    heap: ((after.heap - before.heap) * 1_024) / count,
  };
};
