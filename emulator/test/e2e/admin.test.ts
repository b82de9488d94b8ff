import { execFile } from "node:child_process";
import { request } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { limit } from "../../../test/helpers/patience.js";
import type { EmulatorOptions } from "../../src/index.js";
import { House, until } from "./harness.js";

async function open(options: EmulatorOptions = {}): Promise<House> {
  const house = await House.open({ admin: true, ...options });
  onTestFinished(async () => house[Symbol.asyncDispose]());
  return house;
}

const json = { "Content-Type": "application/json" };

/** Any request, also with headers that `fetch` doesn't let a program set. */
async function send(
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
  body = "",
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
      );
    });
    sent.on("error", reject).end(body);
  });
}

test("it is off by default", async () => {
  const house = await open({ admin: false });
  expect(house.emulator.adminUrl).toBeUndefined();
  for (const path of ["/admin", "/admin/snapshot", "/admin/faults", "/admin/trace"]) {
    expect((await fetch(house.emulator.endpoint + path)).status).toBe(404);
  }
});

test("a second process makes the service fail and mends it", async () => {
  const house = await open();
  const client = await house.client({ userId: "ann" });
  const bob = await house.client({ userId: "bob" });
  await client.join("g");
  const script = `
    const faults = process.argv[1] + "/faults";
    const headers = { "Content-Type": "application/json" };
    const post = async (fault) =>
      (await fetch(faults, { method: "POST", headers, body: JSON.stringify(fault) })).json();
    const results = [
      await post({ kind: "answerAcks", error: "Forbidden", times: 2 }),
      await (await fetch(faults)).json(),
      await post({ kind: "cutTransports", filter: { userId: "ann" } }),
    ];
    console.log(JSON.stringify(results));`;
  const run = async (text: string) =>
    promisify(execFile)(process.execPath, ["-e", text, "--", String(house.emulator.adminUrl)]);
  const { stdout } = await run(`(async () => {${script}})()`);
  const fault = { kind: "answerAcks", error: "Forbidden", times: 2 };
  expect(JSON.parse(stdout)).toEqual([{ hit: 0 }, [fault], { hit: 1 }]);
  expect(house.emulator.faults.active).toEqual([fault]);
  expect((await client.gone()).code).toBe(1006);
  expect(await bob.join("g")).toMatchObject({ success: false, error: { name: "Forbidden" } });

  await run(`fetch(process.argv[1] + "/faults", { method: "DELETE" })`);
  expect(house.emulator.faults.active).toEqual([]);
  expect(await bob.join("g")).toMatchObject({ success: true });
});

test("the snapshot shows hubs, connections, groups and windows", async () => {
  const house = await open();
  const ann = await house.client({ userId: "ann" });
  const plain = await house.client({ hub: "news", subprotocol: "json.webpubsub.azure.v1" });
  await ann.join("g");
  await ann.text("g", "hello");
  const look = async () => (await fetch(`${house.emulator.adminUrl}/snapshot`)).json() as Promise<unknown>;
  const about = {
    connectionId: ann.id,
    userId: "ann",
    subprotocol: "json.reliable.webpubsub.azure.v1",
    groups: ["g"],
  };
  const window = {
    messages: 1,
    maxMessages: 1_000,
    bytes: expect.any(Number) as number,
    maxBytes: 16 * 1024 * 1024,
    lastSequenceId: 1,
  };
  expect(await look()).toEqual({
    hubs: [
      {
        name: "chat",
        connections: [{ ...about, status: "connected", halfOpen: false, window, recoverableUntil: null }],
        groups: [{ name: "g", members: 1 }],
      },
      {
        name: "news",
        connections: [
          {
            connectionId: plain.id,
            userId: null,
            subprotocol: "json.webpubsub.azure.v1",
            status: "connected",
            halfOpen: false,
            groups: [],
            window: null,
            recoverableUntil: null,
          },
        ],
        groups: [],
      },
    ],
    faults: [],
  });

  house.emulator.faults.goHalfOpen({ userId: "ann" });
  expect(await look()).toMatchObject({
    hubs: [{ connections: [{ status: "connected", halfOpen: true }] }, {}],
  });
  const before = Date.now();
  house.emulator.faults.cutTransports({ userId: "ann" });
  await until(() => house.emulator.hub("chat").connection(ann.id)?.status === "waiting");
  const [{ connections }] = ((await look()) as { hubs: [{ connections: [{ recoverableUntil: number }] }] })
    .hubs;
  expect(connections).toMatchObject([{ ...about, status: "waiting", halfOpen: false }]);
  expect(connections[0].recoverableUntil).toBeGreaterThanOrEqual(before + 30_000);
  expect(connections[0].recoverableUntil).toBeLessThan(before + 60_000);
});

test("what is no fault is refused with the reason", async () => {
  const { emulator } = await open();
  const url = `${emulator.adminUrl}/faults`;
  const post = async (body: string, headers: Record<string, string> = json) =>
    send(url, headers, "POST", body);
  expect(await post("{")).toMatchObject({
    status: 400,
    body: expect.stringContaining("is not JSON") as string,
  });
  expect(await post('{"kind":"cut"}')).toMatchObject({
    status: 400,
    body: expect.stringContaining("fault.kind must be one of cutTransports, ") as string,
  });
  expect(await post('{"kind":"holdAcks"}')).toMatchObject({
    status: 400,
    body: expect.stringContaining("swallow: true or delayInMs") as string,
  });
  expect(await post('{"kind":"cutTransports"}', { "Content-Type": "text/plain" })).toMatchObject({
    status: 415,
  });
  expect(await post(`{"kind":"${"x".repeat(70_000)}"}`)).toMatchObject({ status: 413 });
  expect(await send(url, {}, "PUT")).toMatchObject({ status: 404 });
  expect(await send(`${emulator.adminUrl}/nothing`)).toMatchObject({ status: 404 });
  expect(emulator.faults.active).toEqual([]);
});

test("programs of this machine may come in by every name it has", async () => {
  const { emulator } = await open();
  const { port } = new URL(emulator.endpoint);
  for (const host of [`localhost:${port}`, "127.0.0.1", `127.0.0.2:${port}`, `[::1]:${port}`, "LOCALHOST"]) {
    expect(await send(`${emulator.adminUrl}/snapshot`, { Host: host })).toMatchObject({ status: 200 });
  }
  const own = {
    Host: `localhost:${port}`,
    Origin: `http://localhost:${port}`,
    "Sec-Fetch-Site": "same-origin",
  };
  expect(await send(`${emulator.adminUrl}/snapshot`, own)).toMatchObject({ status: 200 });
});

test.each([
  ["a name that was rebound to this machine", { Host: "evil.example" }],
  ["one that only looks local", { Host: "localhost.evil.example" }],
  ["one with a user before it", { Host: "localhost@evil.example" }],
  ["a page of another origin", { Origin: "http://evil.example" }],
  ["a page of another port", { Origin: "http://localhost:1" }],
  ["a sandboxed page", { Origin: "null" }],
  ["an image or form of another site", { "Sec-Fetch-Site": "cross-site" }],
  ["a page of another port, read without CORS", { "Sec-Fetch-Site": "same-site" }],
  ["a proxy", { "X-Forwarded-For": "192.0.2.1" }],
  ["a proxy that tells the host only", { "X-Forwarded-Host": "dev.example" }],
  ["a proxy that tells the address only", { "X-Real-IP": "192.0.2.1" }],
  ["a proxy that names itself", { Via: "1.1 proxy" }],
  ["a proxy by the newer header", { Forwarded: "for=192.0.2.1" }],
])("%s is kept out", async (_what, headers) => {
  const { emulator } = await open();
  const fault = '{"kind":"rejectRecovery"}';
  for (const path of ["/snapshot", "/trace", "/faults"]) {
    expect(await send(`${emulator.adminUrl}${path}`, headers)).toMatchObject({ status: 403 });
  }
  expect(await send(`${emulator.adminUrl}/faults`, { ...headers, ...json }, "POST", fault)).toMatchObject({
    status: 403,
  });
  expect(await send(`${emulator.adminUrl}/faults`, headers, "DELETE")).toMatchObject({ status: 403 });
  expect(emulator.faults.active).toEqual([]);
});

test("the page may not be framed and runs nothing but its own script", async () => {
  const { emulator } = await open();
  const { headers, body } = await send(String(emulator.adminUrl));
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
  expect(body).not.toMatch(/<(script|link)[^>]+(src|href)="(?!data:)/);
});

/** The events of the trace, as they come. */
async function watch(url: string): Promise<{ text: () => string; ended: () => boolean; stop: () => void }> {
  const stopping = new AbortController();
  const response = await fetch(`${url}/trace`, { signal: stopping.signal });
  expect(response.headers.get("Content-Type")).toBe("text/event-stream");
  let text = "";
  let ended = false;
  const reading = async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  };
  const done = () => void (ended = true);
  reading().then(done, done);
  return { text: () => text, ended: () => ended, stop: () => stopping.abort() };
}

test("the trace tells what happens, without tokens, and ends with the service", async () => {
  const house = await open();
  const trace = await watch(String(house.emulator.adminUrl));
  await until(() => trace.text().includes("event: state\n"));
  const client = await house.client({ userId: "ann" });
  await client.join("g");
  await client.text("g", "hello");
  await until(() => trace.text().includes('"type":"groupData","group":"g","text":"hello"'));
  await until(() => trace.text().includes('"groups":[{"name":"g","members":1}]'));
  expect(trace.text()).not.toContain(String(client.connected?.["reconnectionToken"]));
  const start = performance.now();
  await house.emulator.close();
  await until(trace.ended);
  // The page being open must not make a test's end wait for the grace that silent peers get.
  expect(performance.now() - start).toBeLessThan(limit(5_000));
});

test("a watcher that reads nothing doesn't slow the service, and one that leaves isn't kept", async () => {
  const house = await open();
  const { port } = new URL(house.emulator.endpoint);
  const silent: Socket = connect(Number(port), "127.0.0.1");
  silent.pause();
  silent.write(`GET /admin/trace HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  onTestFinished(() => void silent.destroy());
  const trace = await watch(String(house.emulator.adminUrl));
  const client = await house.client();
  await client.join("g");
  for (let i = 0; i < 3_000; i++)
    client.send({ type: "sendToGroup", group: "nobody", dataType: "text", data: `number ${i}` });
  await client.settled();
  await until(() => /"skipped":[1-9]/.test(trace.text()));
  // What happened last is what a watcher wants to know; what is shown is in order.
  await until(() => trace.text().includes('"number 2999"'));
  const shown = [...trace.text().matchAll(/"text":"number (\d+)"/g)].map(([, number]) => Number(number));
  expect(shown).toEqual([...shown].sort((a, b) => a - b));
  trace.stop();
  await client.text("g", "still here");
});

test("emulator.trace: plain entries, until it is ended; one that throws is only reported", async () => {
  const house = await open({ admin: false });
  const types: string[] = [];
  const end = house.emulator.trace(({ type }) => types.push(type));
  const endBad = house.emulator.trace(() => {
    throw new Error("oops");
  });
  const client = await house.client();
  end();
  endBad();
  await client.join("g");
  expect(types).toEqual(["opened", "connected"]);
  expect(house.warnings).toContain("A trace listener failed: Error: oops");
});

test("setHubs: changes what is behind a hub while clients are connected, or nothing", async () => {
  const house = await open({ hubs: { chat: { handlers: [{ onEvent: () => ({ data: "old" }) }] } } });
  const client = await house.client();
  const event = { type: "event", event: "e", dataType: "text", data: "" };
  await client.ask(event);
  await expect(house.emulator.setHubs({ chat: { anonymous: "yes" } as object })).rejects.toThrow(
    "hubs.chat.anonymous",
  );
  await client.ask(event);
  await house.emulator.setHubs({ chat: { handlers: [{ onEvent: () => ({ data: "new" }) }] } });
  await client.ask(event);
  expect(client.data.map(({ data }) => data)).toEqual(["old", "old", "new"]);
  await house.emulator.close();
  await expect(house.emulator.setHubs({})).rejects.toThrow("The service is closed.");
});

test("pages of the given origins may use it, and no others", async () => {
  const house = await open({ adminOrigins: ["http://localhost:5173", "http://127.0.0.1:1"] });
  const url = `${house.emulator.adminUrl}/faults`;
  const from = (origin: string) => ({ Origin: origin, "Sec-Fetch-Site": "same-site" });
  const asked = await send(
    url,
    { ...from("http://localhost:5173"), "Access-Control-Request-Method": "POST" },
    "OPTIONS",
  );
  expect(asked).toMatchObject({
    status: 204,
    headers: {
      "access-control-allow-origin": "http://localhost:5173",
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers": "Content-Type, Authorization",
      vary: "Origin",
    },
  });
  const fault = `{ "kind": "answerAcks", "error": "Forbidden" }`;
  const done = await send(url, { ...from("http://127.0.0.1:1"), ...json }, "POST", fault);
  expect(done).toMatchObject({
    status: 200,
    headers: { "access-control-allow-origin": "http://127.0.0.1:1" },
  });
  expect(house.emulator.faults.active).toHaveLength(1);
  expect(await send(url, from("http://127.0.0.1:1"), "DELETE")).toMatchObject({ status: 204 });
  for (const origin of ["http://localhost:5174", "https://localhost:5173", "null", "http://evil.example"]) {
    for (const method of ["OPTIONS", "POST", "DELETE"]) {
      const { status, headers } = await send(
        url,
        { ...from(origin), ...json },
        method,
        method === "POST" ? fault : "",
      );
      expect([status, headers["access-control-allow-origin"]], `${method} ${origin}`).toEqual([
        403,
        undefined,
      ]);
    }
  }
  expect(house.emulator.faults.active).toEqual([]);
  // A foreign name that resolves to this machine is still foreign.
  expect((await send(url, { ...from("http://localhost:5173"), Host: "evil.example" })).status).toBe(403);
});
