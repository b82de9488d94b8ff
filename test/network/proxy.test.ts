import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../e2e/harness.js";
import { Proxy } from "./proxy.js";

let service: Server;
let proxy: Proxy;
let served: Socket[];
let sockets: Socket[];

beforeEach(async () => {
  served = [];
  sockets = [];
  service = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    served.push(socket);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const address = service.address();
  if (address === null || typeof address === "string") throw new Error("No port.");
  proxy = await Proxy.before(`http://127.0.0.1:${address.port}`);
});
afterEach(async () => {
  for (const socket of [...sockets, ...served]) socket.destroy();
  await proxy[Symbol.asyncDispose]();
  await new Promise((resolve) => service.close(resolve));
});

/** Both ends of a link, and what has come to each. */
async function link() {
  const port = Number(new URL(proxy.through("http://127.0.0.1:1")).port);
  const client = connect(port, "127.0.0.1");
  sockets.push(client);
  client.on("error", () => undefined);
  const far = await until(() => served.at(-1));
  const got = { client: "", service: "" };
  client.on("data", (bytes) => (got.client += bytes.toString()));
  far.on("data", (bytes) => (got.service += bytes.toString()));
  const it = await until(() => proxy.links.at(-1));
  return { client, far, got, it };
}

test("bytes pass in both directions, and so does the end of each", async () => {
  const { client, far, got } = await link();
  client.write("up");
  far.write("down");
  await until(() => got.client === "down" && got.service === "up");
  let ended = false;
  far.on("end", () => (ended = true));
  client.end("bye");
  await until(() => ended);
  expect(got.service).toBe("upbye");
  far.end("last words");
  await until(() => client.closed);
  expect(got.client).toBe("downlast words");
  await until(() => proxy.links.length === 0);
});

test.each(["up", "down"] as const)(
  "%s: exactly so many bytes pass, then both ends are cut",
  async (direction) => {
    const { client, far, got, it } = await link();
    it.cutAfter(7, direction);
    (direction === "up" ? client : far).write("0123456789");
    // A reset, or an end where bytes were still on their way out of the process.
    const over = (socket: Socket) => socket.closed || socket.readableEnded;
    await until(() => over(client) && over(far));
    expect(direction === "up" ? got.service : got.client).toMatch(/^(0123456)?$/);
    expect(it.bytes[direction]).toBe(7);
    await until(() => proxy.links.length === 0);
  },
);

test("a silent direction swallows bytes and ends, the other one goes on", async () => {
  const { client, far, got, it } = await link();
  it.fallSilent("up");
  client.write("unheard");
  far.write("heard");
  await until(() => got.client === "heard");
  expect(got.service).toBe("");
  expect(far.closed).toBe(false);
});

test("what is dead stays dead: nothing passes behind bytes that were swallowed", async () => {
  const { client, far, got, it } = await link();
  it.fallSilent("up");
  client.write("swallowed");
  it.cutAfter(100, "up");
  client.write("behind it");
  far.write("heard");
  await until(() => got.client === "heard");
  client.write("far behind it");
  far.write(", too");
  await until(() => got.client === "heard, too");
  expect([got.service, it.bytes.up]).toEqual(["", 0]);
});

test("latency and rate hold back, and keep the order", async () => {
  const { client, got, it } = await link();
  it.weather = { latencyInMs: 60 };
  let begin = performance.now();
  client.write("a");
  await until(() => got.service === "a");
  expect(performance.now() - begin).toBeGreaterThanOrEqual(59);
  it.weather = { bytesPerSecond: 100_000 };
  begin = performance.now();
  client.write("b".repeat(20_000));
  client.write("c");
  await until(() => got.service.endsWith("c"));
  expect(performance.now() - begin).toBeGreaterThanOrEqual(199);
  expect(got.service).toBe(`a${"b".repeat(20_000)}c`);
});
