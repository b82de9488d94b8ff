import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import type { EmulatorOptions } from "../../src/index.js";
import { House } from "./harness.js";

/** An address of this machine that isn't loopback: what comes over it comes from another host, as far as one can see. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.internal === false && one.family === "IPv4")?.address;

async function ask(
  url: string,
  headers: OutgoingHttpHeaders = {},
  method = "GET",
): Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }> {
  const sent = request(url, { headers, method });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

async function open(options: EmulatorOptions = {}) {
  const house = await House.open({ admin: true, host: "0.0.0.0", ...options });
  const { port } = new URL(house.emulator.endpoint);
  // Where a machine has no address but loopback: what a container's client asks for.
  const headers = outside === undefined ? { Host: "container:80" } : {};
  const base = `http://${outside ?? "127.0.0.1"}:${port}/admin`;
  const from = async (path: string, more: OutgoingHttpHeaders = {}, method?: string) =>
    ask(`${base}${path}`, { ...headers, ...more }, method);
  return { house, from, local: `http://127.0.0.1:${port}/admin`, token: house.emulator.adminToken ?? "" };
}

test("other hosts need the token; this machine needs none", async () => {
  const { house, from, local, token } = await open();
  await using _ = house;
  expect(token).toMatch(/^[\w-]{32}$/);
  expect((await ask(`${local}/snapshot`)).status).toBe(200);
  const refused = await from("/snapshot");
  expect(refused.status).toBe(403);
  expect(refused.body).not.toContain(token);
  for (const wrong of ["", "x", `${token}x`, token.slice(1)]) {
    expect((await from("/snapshot", { Authorization: `Bearer ${wrong}` })).status).toBe(403);
    expect((await from(`?token=${wrong}`)).status).toBe(403);
    expect((await from("/snapshot", { Cookie: `web-pubsub-admin=${wrong}` })).status).toBe(403);
  }
  const bearer = { Authorization: `Bearer ${token}` };
  expect((await from("/snapshot", bearer)).status).toBe(200);
  expect((await from("/faults", bearer, "DELETE")).status).toBe(204);
  // Also through a proxy, and under any name.
  const far = { ...bearer, Host: "emulator.test", "X-Forwarded-For": "192.0.2.1" };
  expect((await from("/snapshot", far)).status).toBe(200);
});

test("a browser opens the page by the token once, and keeps it out of the address", async () => {
  const { house, from, token } = await open();
  await using _ = house;
  const first = await from(`?token=${token}`);
  expect(first).toMatchObject({ status: 303, headers: { location: "/admin", "cache-control": "no-store" } });
  const [cookie = ""] = first.headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/; Path=\/admin; HttpOnly; SameSite=Strict$/);
  const kept = { Cookie: `other=1; ${cookie.split(";")[0]}` };
  const page = await from("", kept);
  expect(page.status).toBe(200);
  expect(page.body).not.toContain(token);
  expect((await from("/snapshot", kept)).status).toBe(200);
});

test("a foreign page may not use it, whatever it carries", async () => {
  const { house, from, token } = await open();
  await using _ = house;
  const bearer = { Authorization: `Bearer ${token}` };
  expect((await from("/snapshot", { ...bearer, Origin: "https://example.org" })).status).toBe(403);
  expect((await from("/snapshot", { ...bearer, "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
  const own = { ...bearer, Host: "emulator.test", Origin: "https://emulator.test" };
  expect((await from("/snapshot", own)).status).toBe(200);
});

test("a token of one's own; none where only this machine can come", async () => {
  const { house, from } = await open({ adminToken: "0123456789abcdef" });
  await using _ = house;
  expect(house.emulator.adminToken).toBe("0123456789abcdef");
  expect((await from("/snapshot", { Authorization: "Bearer 0123456789abcdef" })).status).toBe(200);
  await using local = await House.open({ admin: true, adminToken: "0123456789abcdef" });
  expect(local.emulator.adminToken).toBeUndefined();
  const foreign = { Authorization: "Bearer 0123456789abcdef", Host: "example.org" };
  expect((await ask(`${local.emulator.adminUrl}/snapshot`, foreign)).status).toBe(403);
  await using off = await House.open({ host: "0.0.0.0" });
  expect(off.emulator.adminToken).toBeUndefined();
});

test("a container's health check needs no token", async () => {
  const { house, from } = await open();
  await using _ = house;
  expect((await from("/../api/health", {}, "HEAD")).status).toBe(200);
});
