import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { SignJWT, generateKeyPair } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/index.js";
import { House, anyGroup, plain, sign, until } from "./harness.js";

async function open(
  options: EmulatorOptions = {},
): Promise<{ emulator: Emulator; warnings: string[]; ca: string }> {
  const warnings: string[] = [];
  const emulator = await startEmulator({
    https: true,
    log: ({ message }) => warnings.push(message),
    ...options,
  });
  onTestFinished(async () => emulator.close());
  return { emulator, warnings, ca: emulator.certificate ?? "" };
}

/** A request that trusts nothing but this certificate. */
async function ask(
  url: string,
  options: RequestOptions,
): Promise<{ status: number; body: string; headers: object }> {
  const sent = request(url, options);
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += String(chunk);
  return { status: response.statusCode ?? 0, body, headers: response.headers };
}

test("speaks HTTPS and WSS by a certificate that it has made for this machine", async () => {
  const { emulator, ca } = await open();
  expect(emulator.endpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(emulator.connectionString).toContain(`Endpoint=${emulator.endpoint};`);
  const port = new URL(emulator.endpoint).port;
  for (const host of ["127.0.0.1", "localhost"]) {
    expect(await ask(`https://${host}:${port}/api/health`, { ca, method: "HEAD" })).toMatchObject({
      status: 200,
    });
  }
  const certificate = new X509Certificate(ca);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIP("::1")).toBe("::1");
  expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThan(91 * 86_400_000);

  const url = await emulator.clientAccessUrl("chat", { userId: "ann", groups: ["news"] });
  expect(url).toMatch(/^wss:/);
  const socket = new WebSocket(url, plain, { ca });
  onTestFinished(() => socket.terminate());
  const messages: unknown[] = [];
  socket.on("message", (data: Buffer) => messages.push(JSON.parse(data.toString())));
  await until(() => messages.length === 1);
  emulator.hub("chat").sendToGroup("news", "x".repeat(100_000));
  await until(() => messages.length === 2);
  expect(messages).toMatchObject([{ event: "connected", userId: "ann" }, { data: "x".repeat(100_000) }]);
});

test("two services have two certificates; who doesn't trust one, or speaks plain HTTP, is told of in the log", async () => {
  const [one, other] = [await open(), await open()];
  expect(one.ca).not.toBe(other.ca);
  await expect(ask(one.emulator.endpoint, { ca: other.ca })).rejects.toThrow();
  const trusting = ask(`${one.emulator.endpoint}/api/health`, { ca: one.ca, method: "HEAD" });
  expect((await trusting).status).toBe(200);
  const tcp = connectTcp(Number(new URL(one.emulator.endpoint).port), "127.0.0.1");
  onTestFinished(() => void tcp.destroy());
  tcp.on("error", () => undefined).write("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => one.warnings.some((message) => message.includes("it speaks HTTP: use https://")));
});

test("who speaks TLS to a service without it is told of in the log", async () => {
  await using house = await House.open();
  const socket = new WebSocket(`${house.emulator.endpoint.replace("http", "wss")}/client/hubs/chat`);
  await once(socket, "error");
  await until(() => house.warnings.length > 0);
  expect(house.warnings).toEqual([expect.stringContaining("it speaks TLS: use http:// and ws://")]);
});

test("a key and a certificate of one's own are used; others are refused at once", async () => {
  const { emulator: first, ca } = await open();
  const given = await import("../../src/http/certificate.js");
  const own = await given.makeCertificate("::ffff:192.0.2.1");
  const { emulator } = await open({ https: own });
  expect(emulator.certificate).toBe(own.cert);
  expect(new X509Certificate(own.cert).subjectAltName).toContain("IP Address:0:0:0:0:0:FFFF:C000:201");
  expect((await ask(`${emulator.endpoint}/api/health`, { ca: own.cert, method: "HEAD" })).status).toBe(200);
  await expect(open({ https: { key: own.key, cert: ca } })).rejects.toThrow(
    /https: key and cert must be a key/,
  );
  await expect(open({ https: { key: "k", cert: "c" } })).rejects.toThrow(/in PEM/);
  await first.close();
});

test("closing ends sockets before and after their handshake", async () => {
  const { emulator, ca } = await open();
  const port = Number(new URL(emulator.endpoint).port);
  const silent = connectTcp(port, "127.0.0.1");
  const spoken = connect({ port, host: "127.0.0.1", ca });
  for (const socket of [silent, spoken]) socket.on("error", () => undefined);
  await Promise.all([once(silent, "connect"), once(spoken, "secureConnect")]);
  spoken.write("GET /api/health HTTP/1.1\r\n");
  const ended = Promise.all([once(silent, "close"), once(spoken, "close")]);
  silent.resume();
  spoken.resume();
  await emulator.close();
  await ended;
});

test("a request that offers another upgrade is answered, as over HTTP", async () => {
  const { emulator, ca } = await open();
  const headers = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "" };
  expect(await ask(`${emulator.endpoint}/api/health`, { ca, headers, method: "HEAD" })).toMatchObject({
    status: 200,
  });
});

test("the trace page is there too", async () => {
  const { emulator, ca } = await open({ admin: true });
  expect(emulator.adminUrl).toMatch(/^https:.*\/admin$/);
  const headers = { Origin: emulator.endpoint };
  expect(await ask(`${emulator.adminUrl}/snapshot`, { ca, headers })).toMatchObject({ status: 200 });
  const foreign = { Origin: "https://example.org" };
  expect(await ask(`${emulator.adminUrl}/snapshot`, { ca, headers: foreign })).toMatchObject({ status: 403 });
});

test("the official server SDK needs no allowInsecureConnection; next pages are at HTTPS", async () => {
  const { emulator, ca } = await open();
  const server = new WebPubSubServiceClient(emulator.connectionString, "chat", {
    tlsOptions: { ca },
  });
  const { url } = await server.getClientAccessToken({ userId: "ann", roles: anyGroup, groups: ["news"] });
  const [ann, again] = [new WebSocket(url, plain, { ca }), new WebSocket(url, plain, { ca })];
  onTestFinished(() => [ann, again].forEach((socket) => socket.terminate()));
  await Promise.all([once(ann, "message"), once(again, "message")]);
  const received = once(ann, "message") as Promise<[Buffer]>;
  await server.sendToAll({ hello: "world" });
  expect(String((await received)[0])).toContain('"hello":"world"');
  const path = "/api/hubs/chat/groups/news/connections";
  const token = await sign({ aud: `${emulator.endpoint}${path}` });
  const page = await ask(`${emulator.endpoint}${path}?maxpagesize=1`, {
    ca,
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(JSON.parse(page.body)).toMatchObject({
    nextLink: expect.stringMatching(/^https:\/\/127/) as string,
  });
});

test("Node trusts the certificate by the line that the command prints", async () => {
  const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
  const home = await mkdtemp(join(tmpdir(), "emulator-home-"));
  onTestFinished(async () => rm(home, { recursive: true }));
  const child = execFile(process.execPath, ["--import", "tsx", cli, "--port", "0", "--https"], {
    env: { ...process.env, HOME: home, USERPROFILE: home },
  });
  onTestFinished(() => void child.kill());
  let output = "";
  child.stdout?.on("data", (chunk: string) => (output += chunk));
  await until(() => output.includes("Ctrl+C"));
  expect(output).not.toContain("allowInsecureConnection");
  const endpoint = /https:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? "";
  const file = /NODE_EXTRA_CA_CERTS=([^)]+)\)/.exec(output)?.[1] ?? "";
  expect(file.startsWith(home)).toBe(true);
  expect(await readFile(file, "utf8")).toMatch(
    /^-----BEGIN CERTIFICATE-----\n[^]*-----END CERTIFICATE-----\n$/,
  );
  const script = `fetch("${endpoint}/api/health", { method: "HEAD" }).then((r) => console.log(r.status))`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: file };
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { env });
  expect(stdout).toBe("200\n");
});

let keys: ReturnType<typeof generateKeyPair> | undefined;

/** A token as Microsoft Entra would issue it, by a tenant of the test's own. */
async function entraToken(claims: Record<string, unknown> = {}): Promise<string> {
  const { privateKey } = await (keys ??= generateKeyPair("RS256"));
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({
    aud: "https://webpubsub.azure.com",
    iss: "https://sts.test/",
    exp: now + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .sign(privateKey);
}

test("with acceptUnvalidatedEntraTokens the official SDK works by a TokenCredential", async () => {
  const { emulator, ca, warnings } = await open({ acceptUnvalidatedEntraTokens: true });
  expect(warnings).toEqual([expect.stringContaining("without a look at who has signed them")]);
  const scopes: unknown[] = [];
  const credential = {
    async getToken(scope: string | string[]) {
      scopes.push(scope);
      return { token: await entraToken(), expiresOnTimestamp: Date.now() + 60_000 };
    },
  };
  const options = { tlsOptions: { ca } } as object;
  const server = new WebPubSubServiceClient(emulator.endpoint, credential, "chat", options);
  const { url } = await server.getClientAccessToken({ userId: "ann", roles: anyGroup });
  const socket = new WebSocket(url, plain, { ca });
  onTestFinished(() => socket.terminate());
  const [first] = (await once(socket, "message")) as [Buffer];
  expect(JSON.parse(first.toString())).toMatchObject({ event: "connected", userId: "ann" });
  expect(await server.userExists("ann")).toBe(true);
  expect(String(scopes[0])).toContain("webpubsub.azure.com");
});

test.each<[string, Record<string, unknown>, number]>([
  ["in time", {}, 202],
  ["within the clocks' difference", { exp: seconds(-200), nbf: seconds(200) }, 202],
  ["with a slash behind its audience", { aud: "https://webpubsub.azure.com/" }, 202],
  ["expired", { exp: seconds(-400) }, 401],
  ["not valid yet", { nbf: seconds(400) }, 401],
  ["without an end", { exp: undefined }, 401],
  ["for something else", { aud: "https://graph.microsoft.com" }, 401],
])("an Entra token %s", async (_, claims, status) => {
  await using house = await House.open({ acceptUnvalidatedEntraTokens: true });
  expect((await send(house, await entraToken(claims))).status).toBe(status);
});

test.each([true, false])(
  "a test's own token for the service, signed by any secret, with the setting %s",
  async (taken) => {
    await using house = await House.open({ acceptUnvalidatedEntraTokens: taken });
    const token = await sign(
      { aud: "https://webpubsub.azure.com" },
      "a secret of the test that is no access key",
    );
    const response = await send(house, token);
    expect(response.status).toBe(taken ? 202 : 401);
    expect(await response.text()).toContain(taken ? "" : "acceptUnvalidatedEntraTokens");
  },
);

test("without the setting an Entra token is refused, and the answer says what would take it", async () => {
  await using house = await House.open();
  const response = await send(house, await entraToken());
  expect(response.status).toBe(401);
  expect(await response.text()).toContain("acceptUnvalidatedEntraTokens");
});

function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1_000) + fromNow;
}

async function send(house: House, token: string): Promise<Response> {
  return fetch(`${house.emulator.endpoint}/api/hubs/chat/:send`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "text/plain" },
    body: "hi",
  });
}
