import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConsumer, type Consumer } from "./consumer.js";

/** Since Node 22 there is a global `WebSocket`. */
const HOSTS = ["node@22", "node@24"];

let consumer: Consumer;
beforeAll(() => {
  consumer = createConsumer();
});
afterAll(() => consumer.remove());

/** Node's own asks for compression, `ws` doesn't as the client uses it. */
const PROGRAM = `
import { once } from "node:events";
import { WebSocketServer } from "ws";
const server = new WebSocketServer({ port: 0 });
await once(server, "listening");
const url = "ws://127.0.0.1:" + server.address().port;
server.on("connection", (socket, { headers }) => {
  console.log("extensions of the socket:", headers["sec-websocket-extensions"] ?? "none");
  socket.terminate();
});
const own = globalThis.WebSocket;
const isMocked = process.argv[2] === "before";
const mock = () => {
  globalThis.WebSocket = new Proxy(own, {
    construct(target, given) {
      console.log("mocked", given.length);
      throw new Error("no socket");
    },
  });
};
if (isMocked) mock();
const { CoreClient } = await import("web-pubsub-client/core");
const client = new CoreClient(url);
if (!isMocked) {
  await client.start().catch(() => undefined);
  mock();
}
await client.start().catch(() => undefined);
server.close();
`;

describe.each(HOSTS)("%s", (host) => {
  test.each([
    ["before", "mocked 2\n"],
    ["after", "extensions of the socket: none\nmocked 2\n"],
  ])("a mock of its WebSocket that is installed %s the import is used, else ws", async (when, printed) => {
    const file = consumer.write("sockets.mjs", PROGRAM);
    const npx = ["--yes", "--prefer-offline", "--package", host, "node", file, when];
    expect(await consumer.run("npx", npx)).toBe(printed);
  });
});
