import { connect } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startEmulator } from "../../src/index.js";
import { House, RawClient, plain, until } from "./harness.js";

/** Sends bytes to the HTTP port and gives what comes back until the service closes. */
async function raw(endpoint: string, bytes: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk));
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}

const upgrade = (path: string, more = "") =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`;

describe("on the HTTP port", () => {
  test.each([
    ["no HTTP", "\u0000\u0001\u0002\r\n\r\n", "400"],
    ["another protocol", "SSH-2.0-OpenSSH_9\r\n\r\n", "400"],
    [
      "an upgrade to something else",
      "GET /client/hubs/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
      "426",
    ],
    ["an upgrade with an impossible URL", upgrade("//["), "400"],
    ["an upgrade elsewhere", upgrade("/api/health"), "404"],
    ["an upgrade without a token", upgrade("/client/hubs/chat"), "401"],
    [
      "a handshake without a key",
      upgrade(
        "/client/hubs/open",
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: json.webpubsub.azure.v1\r\n",
      ),
      "400",
    ],
    ["a header that is too large", `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, "400"],
  ])("%s is refused", async (_, bytes, status) => {
    await using house = await House.open({ hubs: { open: { anonymous: true } } });
    expect(await raw(house.emulator.endpoint, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await house.client();
    expect(house.emulator.hub("open").connections()).toEqual([]);
  });

  test("plain requests get plain answers", async () => {
    await using house = await House.open();
    const get = async (path: string, method = "GET") =>
      fetch(`${house.emulator.endpoint}${path}`, { method });
    expect((await get("/api/health", "HEAD")).status).toBe(200);
    expect((await get("/client/hubs/chat")).status).toBe(426);
    const missing = await get("/nothing");
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ code: "Error.NotFound" });
  });

  test("requests that come at once are answered one after the other, the last of them with an upgrade", async () => {
    await using house = await House.open();
    const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    const bytes =
      get("/api/hubs/chat/groups/g/connections") +
      get("/client/hubs/chat") +
      get("/nothing") +
      "POST /api/hubs/chat/:send HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" +
      upgrade("/client/hubs/1");
    const answers = await raw(house.emulator.endpoint, bytes);
    const statuses = Array.from(answers.matchAll(/HTTP\/1\.1 (\d+) /g), ([, status]) => status);
    expect(statuses).toEqual(["401", "426", "404", "401", "400"]);
  });

  test("any number of requests that offer HTTP/2 are answered on one connection, in order", async () => {
    const warned: Error[] = [];
    const note = (warning: Error) => void warned.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    await using house = await House.open();
    const offer = (line: string, connection = "Upgrade, HTTP2-Settings") =>
      `${line} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n`;
    const four =
      `${offer("GET /api/hubs/chat/groups/g/connections")}\r\n` +
      "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" +
      `${offer("POST /api/hubs/chat/:send")}Content-Length: 5\r\n\r\nhello` +
      `${offer("GET /client/hubs/chat")}\r\n`;
    const last = `${offer("GET /api/health", "Upgrade, close")}\r\n`;
    const answers = await raw(house.emulator.endpoint, four.repeat(75) + last);
    const statuses = Array.from(answers.matchAll(/HTTP\/1\.1 (\d+) /g), ([, status]) => status);
    const expected = Array.from({ length: 75 }, () => ["401", "404", "401", "426"]);
    expect(statuses).toEqual([...expected.flat(), "200"]);
    expect(warned).toEqual([]);
  });

  test("a client that goes while it is let in", async () => {
    let arrived = false;
    let go: (() => void) | undefined;
    const onConnect = () =>
      new Promise<void>((resolve) => {
        arrived = true;
        go = resolve;
      });
    await using house = await House.open({ hubs: { chat: { handlers: [{ onConnect }] } } });
    const { pathname, search, hostname, port } = new URL(await house.emulator.clientAccessUrl("chat"));
    const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    const offer = "Sec-WebSocket-Protocol: json.webpubsub.azure.v1\r\n";
    const socket = connect(Number(port), hostname);
    socket.write(upgrade(`${pathname}${search}`, key + offer));
    await until(() => arrived);
    socket.resetAndDestroy();
    await until(() => socket.closed);
    go?.();
    await until(() => house.emulator.hub("chat").connections().length === 0);
  });
});

describe("on a connection", () => {
  test.each([
    ["no JSON", "{"],
    ["no object", "[1]"],
    ["no type", "{}"],
    ["a binary frame without JSON", Buffer.of(1, 2)],
  ])("%s ends it, with the reason", async (_, frame) => {
    await using house = await House.open();
    const client = await house.client();
    client.socket.send(frame);
    expect((await client.gone()).code).toBe(1007);
    expect(client.messages.at(-1)).toMatchObject({
      event: "disconnected",
      message: expect.stringContaining("is not valid") as string,
    });
    expect((await client.recovery().gone()).code).toBe(1008);
  });

  test("an acknowledgement of what was never sent does nothing", async () => {
    await using house = await House.open();
    const client = await house.client();
    client.send({ type: "sequenceAck", sequenceId: 999 });
    await client.settled();
    expect(client.messages).toHaveLength(2);
    expect(house.warnings).toEqual([]);
  });

  test.each([
    ["a send", { type: "sendToGroup", group: "g", ackId: 1, data: "" }],
    ["an event", { type: "event", event: "e", ackId: 1, data: "" }],
    ["an invocation", { type: "invoke", invocationId: "1", target: "event", event: "e", data: "" }],
  ])("%s whose content is nested too deeply ends it", async (_, message) => {
    await using house = await House.open({
      hubs: { chat: { handlers: [{ onEvent: ({ data }) => ({ data: data as object }) }] } },
    });
    const client = await house.client();
    const deep = `${"[".repeat(400_000)}${"]".repeat(400_000)}`;
    client.socket.send(JSON.stringify(message).replace('""', deep));
    expect((await client.gone()).code).toBe(1007);
    expect(house.warnings).toEqual([expect.stringContaining("nested too deeply")]);
  });

  test("a frame of 1 MB passes, a larger one ends the connection with 1009", async () => {
    await using house = await House.open();
    const client = await house.client({ groups: ["g"] });
    const empty = JSON.stringify({ type: "sendToGroup", group: "g", ackId: 1, dataType: "text", data: "" });
    const fitting = empty.replace('""', `"${"x".repeat(1024 * 1024 - empty.length)}"`);
    client.socket.send(fitting);
    await until(() => client.data[0]);
    client.socket.send(`${fitting} `);
    expect((await client.gone()).code).toBe(1009);
    await until(() => house.emulator.hub("chat").connections().length === 0);
  });

  test("what isn't WebSocket ends the connection", async () => {
    await using house = await House.open();
    const client = await house.client();
    const { _socket } = client.socket as unknown as { _socket: { write(bytes: Uint8Array): void } };
    _socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    expect((await client.gone()).code).toBe(1002);
    await house.client();
  });
});

describe("many at once", () => {
  test("300 clients go, politely or not, and leave nothing behind", async () => {
    await using house = await House.open();
    const options = { groups: ["g"], subprotocol: plain };
    const clients = await Promise.all(Array.from({ length: 300 }, async () => house.client(options)));
    const staying = await house.client(options);
    for (const [i, { socket }] of clients.entries()) {
      if (i % 2 === 0) socket.close();
      else socket.terminate();
    }
    const hub = house.emulator.hub("chat");
    await until(() => hub.connections().length === 1);
    expect(hub.members("g").map(({ connectionId }) => connectionId)).toEqual([staying.id]);
  });

  test("the service closes in the middle of everything", async () => {
    const house = await House.open({
      hubs: { chat: { handlers: [{ onEvent: ({ data }) => ({ data: data as string }) }] } },
    });
    const clients = await Promise.all(
      Array.from({ length: 20 }, async () => house.client({ groups: ["g"] })),
    );
    for (const client of clients) {
      client.send({ type: "sendToGroup", group: "g", stream: { streamId: "s" } });
      for (let i = 1; i <= 50; i++) {
        client.send({ type: "sendToGroup", group: "g", ackId: i, dataType: "text", data: "x" });
        client.send({ type: "event", event: "e", ackId: 100 + i, dataType: "text", data: "x" });
        client.send({ type: "streamData", streamId: "s", streamSequenceId: i, dataType: "text", data: "x" });
      }
    }
    const text = { body: "x", headers: { "Content-Type": "text/plain" } };
    const calls = Promise.allSettled(
      clients.map(async () => house.call("POST", "/api/hubs/chat/:send", text)),
    );
    const coming = new RawClient(await house.emulator.clientAccessUrl("chat"));
    await until(() => clients[0]?.data[0]);
    await house.emulator.close();
    for (const client of [...clients, coming]) await client.gone();
    await calls;
    expect(house.emulator.hub("chat").connections()).toEqual([]);
    await expect(fetch(house.emulator.endpoint)).rejects.toThrow();
    expect(house.warnings.filter((warning) => warning.includes("failed"))).toEqual([]);
  });
});

describe("starting and closing", () => {
  test("closing says goodbye with 1001 and frees the port", async () => {
    const house = await House.open();
    const client = await house.client();
    await Promise.all([house.emulator.close(), house.emulator.close()]);
    expect((await client.gone()).code).toBe(1001);
    const port = Number(new URL(house.emulator.endpoint).port);
    await using again = await startEmulator({ port });
    expect(again.endpoint).toBe(house.emulator.endpoint);
    await expect(startEmulator({ port })).rejects.toThrow(`Can't listen on 127.0.0.1:${port}`);
  });

  test("the connection string and the endpoint say where it is", async () => {
    await using house = await House.open({ accessKey: "secret" });
    const { endpoint, connectionString } = house.emulator;
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(connectionString).toBe(`Endpoint=${endpoint};AccessKey=secret;Version=1.0;`);
    await house.client();
  });

  test("it can listen on IPv6 and on every address", async () => {
    await using every = await House.open({ host: "0.0.0.0" });
    expect(every.warnings).toEqual([expect.stringContaining("Listening on 0.0.0.0")]);
    await every.client();
    await using loopback = await House.open({ host: "localhost" });
    expect(loopback.warnings).toEqual([]);
    expect(every.emulator.endpoint).toContain("127.0.0.1");
  });

  test.each<[string, unknown, string]>([
    ["an unknown option", { prot: 1 }, 'no "prot"'],
    ["a bad port", { port: 65_536 }, "port"],
    ["a port that is no number", { port: "8080" }, "port"],
    ["an empty host", { host: "" }, "host"],
    ["an empty key", { accessKey: "" }, "accessKey"],
    ["a bad window", { recoveryWindowInMs: Number.NaN }, "recoveryWindowInMs"],
    ["a bad hub name", { hubs: { "1": {} } }, "must begin with a letter"],
    ["an unknown hub option", { hubs: { chat: { handler: 1 } } }, 'no "handler"'],
    ["a handler that is none", { hubs: { chat: { handlers: [{ onEvent: 1 }] } } }, "onEvent"],
    ["handlers that are no array", { hubs: { chat: { handlers: {} } } }, "array"],
    ["null", null, "object"],
  ])("%s is refused at once", async (_, options, message) => {
    await expect(startEmulator(options as object)).rejects.toThrow(message);
  });

  test("a log function that throws stops nothing", async () => {
    const failures: unknown[][] = [];
    vi.spyOn(console, "error").mockImplementation((...said) => void failures.push(said));
    onTestFinished(() => void vi.restoreAllMocks());
    const log = () => {
      throw new Error("full disk");
    };
    await using house = await House.open({ log });
    const client = await house.client();
    client.send({ type: "fromTheFuture" });
    await client.gone();
    await house.client();
    expect(failures).toEqual([[expect.stringContaining("log function"), new Error("full disk")]]);
  });

  test("without a log function a warning is a line on standard error that says what it is about", async () => {
    const lines: unknown[] = [];
    vi.spyOn(console, "warn").mockImplementation((line) => void lines.push(line));
    onTestFinished(() => void vi.restoreAllMocks());
    await using house = await House.open({ host: "0.0.0.0", log: undefined });
    const client = await house.client();
    client.send({ type: "fromTheFuture" });
    await client.gone();
    expect(lines).toEqual([
      expect.stringMatching(/^\[web-pubsub-emulator\] Listening on 0\.0\.0\.0: everyone who/),
      `[web-pubsub-emulator] chat/${client.id}: The client was declined: its message is not valid: type is unknown: "fromTheFuture".`,
    ]);
  });

  test("so are bad client URLs", async () => {
    await using house = await House.open();
    const url = async (hub: string, options: object) => house.emulator.clientAccessUrl(hub, options);
    await expect(url("", {})).rejects.toThrow("hub");
    await expect(url("1", {})).rejects.toThrow("must begin with a letter");
    await expect(url("chat", { user: "u" })).rejects.toThrow('no "user"');
    await expect(url("chat", { roles: "r" })).rejects.toThrow("roles");
    await expect(url("chat", { groups: ["g".repeat(1_025)] })).rejects.toThrow("groups");
    await expect(url("chat", { expiresInMinutes: "1" })).rejects.toThrow("expiresInMinutes");
  });
});
