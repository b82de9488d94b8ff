import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { House, type RawClient, anyGroup, plain, reliable, sign, until } from "./harness.js";

const protobuf = "protobuf.reliable.webpubsub.azure.v1";

/** Writes bytes, hangs up when an answer comes or the service has had its turn, and gives what came back. */
async function throwAt(endpoint: string, bytes: Uint8Array, turn?: () => Promise<void>): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes, () => void turn?.().then(() => socket.end()));
    });
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      answer += chunk;
      socket.end();
    });
    // A reset is as good an answer as a refusal.
    socket.on("error", () => undefined).on("close", () => resolve(answer));
  });
}

/** Valid bytes with some of them replaced, left out or repeated. */
function damaged(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const damage = fc.record({
    at: fc.nat(valid.length - 1),
    byte: fc.nat(255),
    kind: fc.constantFrom("replace", "remove", "repeat"),
  });
  return fc.array(damage, { minLength: 1, maxLength: 8 }).map((list) => {
    let bytes = Buffer.from(valid);
    for (const { at, byte, kind } of list) {
      const rest = bytes.subarray(at + 1);
      const middle = kind === "remove" ? [] : kind === "replace" ? [byte] : [bytes[at] ?? 0, bytes[at] ?? 0];
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(middle), rest]);
    }
    return bytes;
  });
}

/** The service still does its work, for old clients and new ones. */
async function alive(house: House, witness: RawClient): Promise<void> {
  await witness.settled();
  const client = await house.client();
  expect(await client.join("g")).toMatchObject({ success: true });
  client.socket.close(1000);
  await client.gone();
  const answer = await house.call("HEAD", "/api/hubs/chat/groups/none");
  expect(answer.status).toBe(404);
}

test("any bytes on the port are refused, and nobody else notices", async () => {
  await using house = await House.open();
  const { endpoint } = house.emulator;
  const witness = await house.client();
  const url = `${endpoint}/api/hubs/chat/:send?filter=userId%20eq%20'a'`;
  const { host, pathname, search } = new URL(url);
  const rest = Buffer.from(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${await sign({ aud: url })}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}',
  );
  const clientUrl = new URL(await house.emulator.clientAccessUrl("chat"));
  const upgrade = Buffer.concat([
    Buffer.from(
      `GET ${clientUrl.pathname}${clientUrl.search} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n` +
        `Sec-WebSocket-Protocol: ${reliable}\r\n\r\n`,
    ),
    Buffer.of(0x81, 0x8f, 0, 0, 0, 0),
    Buffer.from('{"type":"ping"}'),
  ]);
  expect(await throwAt(endpoint, rest)).toContain("HTTP/1.1 202");
  expect(await throwAt(endpoint, upgrade)).toContain("HTTP/1.1 101");
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 500 }), damaged(rest), damaged(upgrade));
  await fc.assert(
    fc.asyncProperty(bytes, async (thrown) => {
      const answer = await throwAt(endpoint, thrown, async () => witness.settled());
      expect(answer).toMatch(/^(HTTP\/1\.1 |$)/);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    }),
    { numRuns: 400 },
  );
  await alive(house, witness);
  const failures = house.warnings.filter((warning) => !warning.startsWith("A client was refused"));
  expect(failures.filter((warning) => warning.includes("failed"))).toEqual([]);
});

test("any frames of a client harm nobody but itself", async () => {
  await using house = await House.open({
    hubs: { chat: { handlers: [{ onEvent: () => ({ data: "ok" }) }] } },
  });
  const witness = await house.client();
  const messages = [
    { type: "joinGroup", group: "g", ackId: 1 },
    {
      type: "sendToGroup",
      group: "g",
      ackId: 2,
      dataType: "binary",
      data: "AA==",
      metadata: { a: "b" },
      ttlSeconds: 1,
    },
    { type: "event", event: "e", ackId: 3, dataType: "json", data: { a: 1 } },
    { type: "sequenceAck", sequenceId: 1 },
    { type: "invoke", invocationId: "i", target: "event", event: "e", dataType: "text", data: "x" },
    { type: "cancelInvocation", invocationId: "i" },
    { type: "sendToGroup", group: "g", stream: { streamId: "s", idleTimeoutMs: 1000 } },
    { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "text", data: "x" },
    { type: "streamEnd", streamId: "s", error: { message: "m", userErrorCode: "c" } },
    { type: "setGroupState", group: "g", state: { a: "b" }, ackId: 4 },
    { type: "subscribeGroupState", group: "g", ackId: 5 },
    { type: "ping" },
  ];
  const values = fc.constantFrom<unknown>(
    null,
    0,
    -1,
    1.5,
    2 ** 64,
    "",
    "g",
    [],
    {},
    true,
    "x".repeat(2_000),
  );
  // A valid message with one field that is something else.
  const wrong = fc
    .constantFrom(...messages)
    .chain((message) =>
      fc
        .record({ name: fc.constantFrom(...Object.keys(message)), value: values })
        .map(({ name, value }) => JSON.stringify({ ...message, [name]: value })),
    );
  const text = fc.oneof(
    wrong,
    fc.json(),
    fc.string(),
    fc.constantFrom(...messages).map((message) => JSON.stringify(message)),
  );
  const frames = fc.array(fc.oneof(text, fc.uint8Array({ maxLength: 100 })), { minLength: 1, maxLength: 10 });
  const url = await house.emulator.clientAccessUrl("chat", { roles: anyGroup });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(reliable, plain, protobuf, undefined),
      frames,
      async (subprotocol, sent) => {
        const client = new WebSocket(url, subprotocol === undefined ? [] : [subprotocol]);
        client.on("error", () => undefined);
        await new Promise((resolve) => client.once("open", resolve));
        for (const frame of sent) client.send(frame);
        client.close(1000);
        await new Promise((resolve) => client.once("close", resolve));
      },
    ),
    { numRuns: 300 },
  );
  await alive(house, witness);
  await until(() => house.emulator.hub("chat").connections().length === 1);
});

test("any bytes after the handshake end that connection only", async () => {
  await using house = await House.open();
  const witness = await house.client();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      const client = await house.client();
      const { _socket } = client.socket as unknown as { _socket: { end(bytes: Uint8Array): void } };
      _socket.end(bytes);
      await client.gone();
    }),
    { numRuns: 100 },
  );
  await alive(house, witness);
});
