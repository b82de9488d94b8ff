import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { House, type Message, until } from "../harness.js";
import { application } from "./application.js";

/** What the vendor's tests of `HttpUpstreamTrigger` and `CustomerOutboundConfiguration` assert. */

const event = (name = "e"): Message => ({ type: "event", event: name, dataType: "text", data: "hello" });
const ok = (response: ServerResponse) => void response.writeHead(204).end();
const allow = (response: ServerResponse) => void response.setHeader("WebHook-Allowed-Origin", "*").end();

test.each([
  [200, "*", true],
  [202, "own host in capitals", true],
  [404, "*", true],
  [405, "*", false],
  [200, undefined, false],
  [200, "other.example.test", false],
])("a validation answered with %s and the origin %s lets events in: %s", async (status, origin, allowed) => {
  const asked: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const app = await application(ok, (response) => {
    const { method, url, headers } = response.req;
    asked.push({ method, url, headers });
    const own = String(headers["webhook-request-origin"]).toUpperCase();
    if (origin !== undefined)
      response.setHeader("WebHook-Allowed-Origin", origin.startsWith("own") ? own : origin);
    // Cookies of a validation are no connection's.
    response.setHeader("Set-Cookie", "validation=1");
    response.writeHead(method === "GET" ? 200 : status).end();
  });
  await using house = await House.open({
    host: "localhost",
    hubs: { chat: { handlers: [{ url: `${app.origin}/{hub}/{event}` }] } },
  });
  const client = await house.client();
  for (let i = 0; i < 2; i++) expect(await client.ask(event())).toMatchObject({ success: allowed });
  const once = status === 404 ? ["OPTIONS", "GET"] : ["OPTIONS"];
  // A refusal isn't remembered here: a developer mends it.
  expect(asked.map(({ method }) => method)).toEqual(allowed ? once : [...once, ...once]);
  for (const { url, headers } of asked) {
    expect(url).toBe("/chat/validate");
    expect(headers).toMatchObject({
      "webhook-request-origin": new URL(house.emulator.endpoint).host,
      "ce-awpsversion": "1.0",
    });
    for (const name of ["ce-signature", "authorization", "cookie"]) expect(headers).not.toHaveProperty(name);
  }
  expect(app.received.map(({ headers }) => headers["cookie"])).toEqual(allowed ? [undefined, undefined] : []);
});

test("each URL is validated by itself; a validation that fails for a moment is tried again", async () => {
  const asked: (string | undefined)[] = [];
  const app = await application(ok, (response) => {
    asked.push(response.req.url);
    if (asked.length === 1) response.statusCode = 503;
    allow(response);
  });
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: [
          { url: `${app.origin}/one`, events: "one" },
          { url: `${app.origin}/one?handler=other`, events: "other" },
        ],
      },
    },
  });
  const client = await house.client();
  for (const name of ["one", "one", "other"])
    expect(await client.ask(event(name))).toMatchObject({ success: true });
  expect(asked).toEqual(["/one", "/one", "/one?handler=other"]);
  expect(app.received).toHaveLength(3);
});

test("events that come at the same time wait for one validation, and Node warns of nothing", async () => {
  const warnings: Error[] = [];
  const heard = (warning: Error) => void warnings.push(warning);
  process.on("warning", heard);
  onTestFinished(() => void process.off("warning", heard));
  const waiting: ServerResponse[] = [];
  const app = await application(ok, (response) => void waiting.push(response));
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: app.origin }] } } });
  const clients = await Promise.all(Array.from({ length: 12 }, async () => house.client()));
  const acks = clients.map(async (client) => client.ask(event()));
  await Promise.all(clients.map(async (client) => client.settled()));
  await until(() => waiting[0]);
  expect(app.received).toEqual([]);
  for (const response of waiting) allow(response);
  expect(await Promise.all(acks)).toMatchObject(clients.map(() => ({ success: true })));
  expect([waiting.length, app.received.length]).toEqual([1, 12]);
  expect(warnings).toEqual([]);
});

test("408, 5xx and a lost connection are tried again, other answers are final", async () => {
  const tries = [408, 503, 599, "reset"].map((first) => ({ first, attempts: 2, success: true }));
  const final = [400, 401, 404, 429].map((first) => ({ first, attempts: 1, success: false }));
  const app = await application((response) => {
    const { url } = response.req;
    const before = app.received.filter((other) => other.url === url).length;
    const first = url?.slice(1) ?? "";
    if (before > 1) ok(response);
    else if (first === "reset") response.destroy();
    else response.writeHead(Number(first)).end();
  });
  const cases = [...tries, ...final];
  await using house = await House.open({
    hubs: {
      chat: {
        handlers: cases.map(({ first }) => ({ url: `${app.origin}/${first}`, events: `e${first}` })),
      },
    },
  });
  const outcomes = cases.map(async ({ first, attempts, success }) => {
    const client = await house.client();
    const ack = await client.ask(event(`e${first}`));
    const posts = app.received.filter(({ url }) => url === `/${first}`);
    expect([first, posts.length, ack["success"]]).toEqual([first, attempts, success]);
    // It is the same event each time.
    expect(new Set(posts.map(({ body, headers }) => `${body} ${String(headers["ce-id"])}`)).size).toBe(1);
  });
  await Promise.all(outcomes);
});
