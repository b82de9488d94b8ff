import { connect } from "node:net";
import { expect, test } from "vitest";
import { House, RawClient, until } from "./harness.js";

/** Sends bytes and collects what comes until the end. */
async function exchange(endpoint: string, head: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString()));
  socket.on("error", () => undefined);
  socket.write(head);
  await until(() => socket.closed);
  return answer;
}

test("headers of more than 16 KiB are refused with 431 or 400 and the connection ends", async () => {
  await using house = await House.open();
  const { endpoint } = house.emulator;
  const answer = await exchange(
    endpoint,
    `GET /client/hubs/chat HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 4(31|00) /);
});

test("a head that never ends is dropped after 10 seconds", async () => {
  await using house = await House.open();
  const begin = performance.now();
  const answer = await exchange(house.emulator.endpoint, "GET /client/hubs/chat HTTP/1.1\r\nHost: h\r\n");
  expect(answer).toMatch(/^(HTTP\/1\.1 4(08|00) |$)/);
  expect(performance.now() - begin).toBeGreaterThanOrEqual(9_000);
});

test("a frame of more than 1 MB ends the connection with 1009; compression isn't agreed to", async () => {
  await using house = await House.open();
  const client = await house.client();
  expect(client.socket.extensions).toBe("");
  client.socket.send("x".repeat(1024 * 1024 + 1));
  expect((await client.gone()).code).toBe(1009);
});

test("upgrades that wait for a handler have an end: one too many is refused with 503", async () => {
  let answer: (() => void) | undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await using house = await House.open({
    hubs: { chat: { handlers: [{ onConnect: async () => answered }] } },
  });
  const url = await house.emulator.clientAccessUrl("chat");
  const waiting = Array.from({ length: 2_001 }, () => new RawClient(url));
  const refused = await until(() => waiting.find(({ status }) => status !== undefined));
  expect(refused.status).toBe(503);
  answer?.();
  await until(() => waiting.every(({ connected, status }) => connected ?? status));
  expect(waiting.filter(({ connected }) => connected).length).toBe(2_000);
  for (const client of waiting) client.socket.terminate();
});
