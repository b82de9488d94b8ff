import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { once } from "node:events";
import { expect, test } from "vitest";
import { House, RawClient, plain } from "./harness.js";

async function ask(
  house: House,
  path: string,
  headers: OutgoingHttpHeaders = {},
  method = "GET",
): Promise<{ status: number; headers: object; body: string }> {
  const sent = request(new URL(path, house.emulator.endpoint), { headers, method });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

test("answers a client URL as text, and as JSON to those who accept it", async () => {
  await using house = await House.open({ negotiate: true });
  const { origin, port } = new URL(house.emulator.endpoint);
  const text = await ask(house, "/negotiate?hub=chat&user=ann%20b");
  expect(text).toMatchObject({
    status: 200,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
  expect(text.body.startsWith(`${origin.replace("http", "ws")}/client/hubs/chat?access_token=`)).toBe(true);
  const ann = await house.connected(new RawClient(text.body, plain));
  expect(ann.connected).toMatchObject({ userId: "ann b" });
  expect(await ann.join("g")).toMatchObject({ success: true });
  expect(await ann.text("g", "hi")).toMatchObject({ success: true });

  const headers = { Accept: "application/json", Host: `localhost:${port}` };
  const json = await ask(house, "/negotiate?hub=chat", headers);
  expect(json.headers).toMatchObject({ "content-type": "application/json" });
  const { url } = JSON.parse(json.body) as { url: string };
  expect(url.startsWith(`ws://localhost:${port}/client/hubs/chat?`)).toBe(true);
  const nobody = await house.connected(new RawClient(url, plain));
  expect(nobody.connected).toMatchObject({ userId: null });
});

test("the URL holds for the name and port by which the caller reaches the service", async () => {
  await using house = await House.open({ negotiate: true });
  const { body } = await ask(house, "/negotiate?hub=chat", { Host: "localhost:9999" });
  expect(body).toContain("ws://localhost:9999/");
  const here = body.replace("ws://localhost:9999", house.emulator.endpoint.replace("http", "ws"));
  await house.connected(new RawClient(here, plain, { Host: "localhost:9999" }));
});

test.each(["http://localhost:5173", "http://127.0.0.1", "https://[::1]:3000", "http://app.localhost:1"])(
  "pages of %s may ask",
  async (origin) => {
    await using house = await House.open({ negotiate: true });
    const allowed = {
      status: 200,
      headers: { "access-control-allow-origin": origin, vary: "Origin, Accept" },
    };
    expect(await ask(house, "/negotiate?hub=chat", { Origin: origin })).toMatchObject(allowed);
    const preflight = {
      Origin: origin,
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "x-mine",
    };
    expect(await ask(house, "/negotiate?hub=chat", preflight, "OPTIONS")).toMatchObject({
      status: 204,
      headers: { "access-control-allow-origin": origin, "access-control-allow-headers": "x-mine" },
    });
  },
);

test.each<[string, OutgoingHttpHeaders]>([
  ["another site's page", { Origin: "https://example.org" }],
  ["a page of a name that begins alike", { Origin: "http://localhost.example.org" }],
  ["a page without an origin", { Origin: "null" }],
  ["a name that someone has made resolve to this machine", { Host: "example.org" }],
])("%s may not", async (_, headers) => {
  await using house = await House.open({ negotiate: true });
  const answer = await ask(house, "/negotiate?hub=chat", headers);
  expect(answer.status).toBe(403);
  expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  expect(answer.body).not.toContain("access_token");
  expect(house.warnings).toEqual([
    expect.stringMatching(/^No client URL for a (page|caller) of \S+: .* (must|may) /),
  ]);
});

test("what is wrong is said", async () => {
  await using house = await House.open({ negotiate: true });
  expect(await ask(house, "/negotiate")).toMatchObject({ status: 400 });
  expect(await ask(house, "/negotiate?hub=1")).toMatchObject({ status: 400 });
  expect((await ask(house, "/negotiate?hub=chat&userId=ann")).body).toContain("no parameter userId");
  expect(await ask(house, "/negotiate?hub=chat", {}, "POST")).toMatchObject({ status: 405 });
});

test("it is off unless it is asked for", async () => {
  await using house = await House.open();
  const answer = await ask(house, "/negotiate?hub=chat");
  expect(answer.status).toBe(404);
  expect(answer.body).not.toContain("access_token");
  expect(answer.body).toContain("--negotiate");
  expect(house.warnings).toEqual([expect.stringContaining("--negotiate")]);
});
