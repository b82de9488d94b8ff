// Memory of a service with many idle connections: `npm run build -w emulator && node emulator/bench/idleConnections.mjs`.
// The service runs in a process of its own, so that only its memory is counted. Exits with 1 above the limit.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const connections = 2_000;
const groups = 200;
const groupsOfEach = 2;
const limitInMb = 300;
const protocol = "json.reliable.webpubsub.azure.v1";

if (process.argv[2] === "service") await service();
else await measure();

/** The service: reports its endpoint, then its memory when asked. */
async function service() {
  const { startEmulator } = await import("../dist/index.js");
  const emulator = await startEmulator();
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  process.send({ url: await emulator.clientAccessUrl("chat", { roles }), rss: process.memoryUsage.rss() });
  process.on("message", () => {
    const hub = emulator.hub("chat");
    process.send({
      rss: process.memoryUsage.rss(),
      heap: process.memoryUsage().heapUsed,
      connections: hub.connections().length,
      groups: hub.groups().length,
    });
  });
}

async function measure() {
  const { WebSocket } = createRequire(import.meta.url)("ws");
  const script = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [script, "service"], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [{ url, rss: before }] = await once(child, "message");
  const sockets = [];
  for (let i = 0; i < connections; i++) {
    const socket = new WebSocket(url, protocol);
    await once(socket, "message");
    for (let n = 0; n < groupsOfEach; n++) {
      const group = `group-${(i + n * 7) % groups}`;
      socket.send(JSON.stringify({ type: "joinGroup", group, ackId: n + 1 }));
      await once(socket, "message");
    }
    sockets.push(socket);
  }
  child.send("measure");
  const [after] = await once(child, "message");
  const mb = (bytes) => (bytes / 1024 / 1024).toFixed(0);
  console.log(`connections ${after.connections}, groups ${after.groups}`);
  console.log(`memory ${mb(before)} MB at the start, ${mb(after.rss)} MB then (heap ${mb(after.heap)} MB)`);
  const passed =
    after.connections === connections && after.groups === groups && after.rss < limitInMb * 1024 * 1024;
  console.log(passed ? `below the limit of ${limitInMb} MB` : `not within the limit of ${limitInMb} MB`);
  for (const socket of sockets) socket.terminate();
  child.kill();
  process.exitCode = passed ? 0 : 1;
}
