import { STATUS_CODES } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { House, sign, until } from "./harness.js";

const json = { "Content-Type": "application/json" };
const text = { "Content-Type": "text/plain" };
const binary = { "Content-Type": "application/octet-stream" };

describe("tokens of servers", () => {
  const at = "/api/hubs/chat/users/u";
  const cases: [string, (endpoint: string) => Promise<string | undefined>, string][] = [
    ["none", async () => undefined, "header is missing"],
    ["one that isn't a bearer's", async () => "Basic abc", "must be: Bearer <token>"],
    ["one that is no token", async () => "Bearer abc", "not valid"],
    [
      "one of another key",
      async (endpoint) => `Bearer ${await sign({ aud: endpoint + at }, "other")}`,
      "signature",
    ],
    [
      "an expired one",
      async (endpoint) => `Bearer ${await sign({ aud: endpoint + at, exp: 1 })}`,
      "it expired at 1970-01-01",
    ],
    [
      "one from the future",
      async (endpoint) => `Bearer ${await sign({ aud: endpoint + at, nbf: 9_999_999_999 })}`,
      '"nbf"',
    ],
    ["one without audience", async () => `Bearer ${await sign({})}`, '"aud"'],
    ["one for another host", async () => `Bearer ${await sign({ aud: `http://else:1${at}` })}`, "audience"],
    [
      "one for another hub",
      async (endpoint) => `Bearer ${await sign({ aud: `${endpoint}/api/hubs/news/users/u` })}`,
      "audience",
    ],
    [
      "one for another query",
      async (endpoint) => `Bearer ${await sign({ aud: `${endpoint}${at}?reason=x` })}`,
      "audience",
    ],
    [
      "a client's",
      async (endpoint) => `Bearer ${await sign({ aud: `${endpoint}/client/hubs/chat` })}`,
      "audience",
    ],
    ["no URL as audience", async () => `Bearer ${await sign({ aud: "chat" })}`, "audience"],
  ];
  test.each(cases)("%s is refused with the reason", async (_, authorization, reason) => {
    await using house = await House.open();
    const { endpoint } = house.emulator;
    const header = await authorization(endpoint);
    const answer = await fetch(endpoint + at, {
      method: "DELETE",
      headers: { ...(header !== undefined && { Authorization: header }) },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
    expect(await answer.json()).toEqual({
      code: "Error.Unauthorized",
      message: expect.stringContaining(reason) as string,
    });
  });

  test.each([
    ["without the query", (url: URL) => url.origin + url.pathname],
    ["with the query", (url: URL) => url.href],
    ["by another of the service's names", (url: URL) => url.href.replace("127.0.0.1", "localhost")],
    ["under another scheme", (url: URL) => url.href.replace("http:", "https:")],
    ["otherwise escaped", (url: URL) => url.href.replace("/a%2Fb%20c", "/%61%2fb%20%63")],
  ])("may name the URL %s", async (_, audience) => {
    await using house = await House.open({ accessKey: "one" });
    const url = new URL(`${house.emulator.endpoint}/api/hubs/chat/users/a%2Fb%20c?api-version=2024-12-01`);
    const token = await sign({ aud: audience(url) }, "one");
    const answer = await fetch(url, { method: "HEAD", headers: { Authorization: `bearer ${token}` } });
    expect(answer.status).toBe(404);
  });

  test("may be signed by the secondary key", async () => {
    await using house = await House.open({ accessKey: "one", secondaryAccessKey: "two" });
    const url = `${house.emulator.endpoint}/api/hubs/chat/users/u`;
    for (const [key, status] of [
      ["one", 404],
      ["two", 404],
      ["three", 401],
    ] as const) {
      const token = await sign({ aud: url }, key);
      const answer = await fetch(url, { method: "HEAD", headers: { Authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(status);
    }
  });
});

describe("a bad call", () => {
  test.each<[string, string, string, Parameters<House["call"]>[2], number, string]>([
    ["a hub that can't be", "POST", "/api/hubs/1/:send", {}, 400, "hub's name"],
    ["a group name that is too long", "HEAD", `/api/hubs/chat/groups/${"x".repeat(1_025)}`, {}, 400, ""],
    ["groups without a content type", "POST", "/api/hubs/chat/:addToGroups", {}, 415, "application/json"],
    [
      "an unknown content type",
      "POST",
      "/api/hubs/chat/:send",
      { body: "x", headers: { "Content-Type": "text/html" } },
      415,
      "text/html",
    ],
    ["JSON that is none", "POST", "/api/hubs/chat/:send", { body: "{", headers: json }, 400, "not JSON"],
    [
      "text that is no UTF-8",
      "POST",
      "/api/hubs/chat/:send",
      { body: Uint8Array.of(255), headers: text },
      400,
      "UTF-8",
    ],
    [
      "a time to live that is none",
      "POST",
      "/api/hubs/chat/:send?messageTtlSeconds=-1",
      { body: "x", headers: text },
      400,
      "messageTtlSeconds must be an integer from 0 to 300",
    ],
    [
      "bad metadata",
      "POST",
      "/api/hubs/chat/:send",
      { body: "x", headers: { ...text, "X-WebPubSub-Metadata-a": "x".repeat(1_025) } },
      400,
      "metadata",
    ],
    [
      "a bad filter",
      "POST",
      "/api/hubs/chat/groups/g/:send?filter=userId%20eq",
      { body: "x", headers: text },
      400,
      "Expression expected at position 9 in 'userId eq'",
    ],
    ["no groups", "POST", "/api/hubs/chat/:addToGroups", { body: "{}", headers: json }, 400, "groups"],
    ["no object", "POST", "/api/hubs/chat/:addToGroups", { body: "[]", headers: json }, 400, "JSON object"],
    [
      "a filter that is no text",
      "POST",
      "/api/hubs/chat/:addToGroups",
      { body: '{"groups":["g"],"filter":1}', headers: json },
      400,
      "filter",
    ],
    ["an unknown permission", "PUT", "/api/hubs/chat/permissions/all/connections/x", {}, 400, "permission"],
    ["a bad page size", "GET", "/api/hubs/chat/groups/g/connections?maxpagesize=0", {}, 400, "maxpagesize"],
    ["a token for one who has the key", "POST", "/api/hubs/chat/:generateToken", {}, 401, "can sign"],
    ["GET of a connection", "GET", "/api/hubs/chat/connections/x", {}, 404, "no such call"],
    ["an unknown action", "POST", "/api/hubs/chat/:explode", {}, 404, "/api/hubs/chat/:explode"],
    ["nothing", "GET", "/api/nothing", {}, 404, "/api/nothing"],
    ["elsewhere", "GET", "/favicon.ico", {}, 404, "/favicon.ico"],
  ])("%s is refused", async (_, method, path, more, status, message) => {
    await using house = await House.open();
    const answer = await house.call(method, path, more);
    expect(answer.status).toBe(status);
    if (method === "HEAD") return;
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    const code = `Error.${STATUS_CODES[status]?.replaceAll(" ", "") ?? ""}`;
    expect(answer.headers.get("x-ms-error-code")).toBe(code);
    expect(await answer.json()).toEqual({ code, message: expect.stringContaining(message) as string });
    expect(house.warnings).toEqual([]);
  });

  test("1 MB passes, more is refused with 413, whether or not its length is said", async () => {
    await using house = await House.open();
    const client = await house.client();
    const size = 1024 * 1024;
    const send = async (body: Uint8Array<ArrayBuffer>) =>
      house.call("POST", "/api/hubs/chat/:send", { body, headers: binary });
    expect((await send(new Uint8Array(size))).status).toBe(202);
    const answer = await send(new Uint8Array(size + 1));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: "Error.PayloadTooLarge" });
    expect((await send(new Uint8Array(8 * size))).status).toBe(413);

    const url = `${house.emulator.endpoint}/api/hubs/chat/:send`;
    const chunked = await fetch(url, {
      method: "POST",
      headers: { ...binary, Authorization: `Bearer ${await sign({ aud: url })}` },
      body: new Blob([new Uint8Array(2 * size)]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
    await client.settled();
    expect(client.data).toHaveLength(1);
  });

  test("a client that goes in the middle of its body does no harm", async () => {
    await using house = await House.open();
    const { hostname, port, host } = new URL(house.emulator.endpoint);
    const token = await sign({ aud: `http://${host}/api/hubs/chat/:send` });
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/hubs/chat/:send HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n` +
        "Content-Type: text/plain\r\nContent-Length: 1000\r\n\r\nabc",
      () => socket.resetAndDestroy(),
    );
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await house.call("POST", "/api/hubs/chat/:send", { body: "x", headers: text })).status).toBe(202);
  });
});

test("an offer of HTTP/2 is declined: the request is answered as it is, with its body, and so is the next", async () => {
  await using house = await House.open();
  const client = await house.client();
  const { hostname, port, host } = new URL(house.emulator.endpoint);
  const token = await sign({ aud: `http://${host}/api/hubs/chat/:send` });
  const request = (body: string, more: string) =>
    `POST /api/hubs/chat/:send HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${more}` +
    `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
  const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
  const socket = connect(Number(port), hostname);
  let answers = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (answers += chunk));
  socket.write(request("first", offer));
  socket.write("first");
  const answered = () => answers.split("HTTP/1.1 202 Accepted").length - 1;
  await until(() => answered() === 1);
  socket.write(`${request("second", offer)}sec`, () => socket.write("ond"));
  await until(() => answered() === 2);
  socket.write(`${request("third", "Connection: close\r\n")}third`);
  await until(() => answered() === 3);
  await client.settled();
  expect(client.data.map(({ data }) => data)).toEqual(["first", "second", "third"]);
});

test("health needs no token", async () => {
  await using house = await House.open();
  expect((await fetch(`${house.emulator.endpoint}/api/health`, { method: "HEAD" })).status).toBe(200);
});
