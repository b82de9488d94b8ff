import { describe, expect, test } from "vitest";
import { House, RawClient, sign, until } from "../harness.js";

/** The data plane's answers, as the cloud gives them. */

const text = { "Content-Type": "text/plain" };
const json = { "Content-Type": "application/json" };
const permission = (id: string) => `/api/hubs/chat/permissions/sendToGroup/connections/${id}`;

describe("permission calls", () => {
  test.each(["PUT", "HEAD", "DELETE"])("%s needs the group's name", async (method) => {
    await using house = await House.open();
    const { id } = await house.client({ roles: [] });
    const targets = [undefined, "", " \t", "x".repeat(1_025)];
    for (const targetName of targets) {
      const query: Record<string, string> = targetName === undefined ? {} : { targetName };
      const answer = await house.call(method, permission(id), { query });
      expect([answer.status, answer.headers.get("x-ms-error-code")]).toEqual([400, "Error.BadRequest"]);
    }
    expect((await house.call("HEAD", permission(id), { query: { targetName: "g" } })).status).toBe(404);
  });

  test("a name is a name, whatever it looks like", async () => {
    await using house = await House.open();
    const { id } = await house.client({ roles: [] });
    for (const targetName of ["room", "*", "room.*", " room ", "a/b+你好", "x".repeat(1_024)]) {
      const query = { targetName };
      const statuses = [];
      for (const method of ["HEAD", "PUT", "PUT", "HEAD", "DELETE", "DELETE", "HEAD"])
        statuses.push((await house.call(method, permission(id), { query })).status);
      expect(statuses).toEqual([404, 200, 200, 200, 204, 204, 404]);
    }
  });

  test("more than 1,000 groups are a conflict, granted or revoked", async () => {
    await using house = await House.open();
    const { id } = await house.client({ roles: ["webpubsub.joinLeaveGroup"] });
    const hub = house.emulator.hub("chat");
    for (let i = 0; i < 1_000; i++) {
      hub.grantPermission(id, "sendToGroup", `g${i}`);
      hub.revokePermission(id, "joinLeaveGroup", `g${i}`);
    }
    const query = { targetName: "more" };
    for (const [method, path] of [
      ["PUT", permission(id)],
      ["DELETE", permission(id).replace("sendToGroup", "joinLeaveGroup")],
    ] as const) {
      const answer = await house.call(method, path, { query });
      expect([answer.status, await answer.json()]).toMatchObject([
        409,
        { code: "Error.Connection.Conflict" },
      ]);
    }
  });
});

describe("errors", () => {
  test.each([
    ["HEAD", permission("none"), { targetName: "g" }, "Info.Connection.NotExisted"],
    ["PUT", permission("none"), { targetName: "g" }, "Info.Connection.NotExisted"],
    ["PUT", "/api/hubs/chat/groups/g/connections/none", {}, "Error.Connection.NotExisted"],
    ["HEAD", "/api/hubs/chat/users/none", {}, "Warning.User.NotExisted"],
    ["HEAD", "/api/hubs/chat/groups/none", {}, "Warning.Group.NotExisted"],
  ])("%s %s", async (method, path, query, code) => {
    await using house = await House.open();
    const answer = await house.call(method, path, { query });
    expect([answer.status, answer.headers.get("x-ms-error-code")]).toEqual([404, code]);
    if (method === "HEAD") return;
    expect(await answer.json()).toEqual({
      code,
      message: expect.any(String) as string,
      ...(path.includes("/groups/") && { target: "Connection" }),
    });
  });

  test("a filter's, word by word", async () => {
    await using house = await House.open();
    const answer = await house.call("POST", "/api/hubs/chat/:send", {
      body: "x",
      headers: text,
      query: { filter: "invalid filter" },
    });
    expect(answer.headers.get("x-ms-error-code")).toBe("Error.BadRequest");
    expect([answer.status, await answer.json()]).toEqual([
      400,
      {
        code: "Error.BadRequest",
        message:
          "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')",
      },
    ]);
  });

  test.each([
    ["a list that ends before it begins", "GET", "/api/hubs/chat/groups/g/connections?top=0", {}, 400],
    [
      "no groups to join",
      "POST",
      "/api/hubs/chat/:addToGroups",
      { body: '{"groups":[]}', headers: json },
      400,
    ],
    [
      "no groups to leave",
      "POST",
      "/api/hubs/chat/:removeFromGroups",
      { body: '{"groups":[]}', headers: json },
      400,
    ],
    [
      "a group of blanks",
      "POST",
      "/api/hubs/chat/:addToGroups",
      { body: '{"groups":[" "]}', headers: json },
      400,
    ],
    ["a filter of blanks", "POST", "/api/hubs/chat/:send?filter=%20", { body: "x", headers: text }, 400],
    [
      "an unknown media type",
      "POST",
      "/api/hubs/chat/:send",
      { body: "x", headers: { "Content-Type": "text/html" } },
      415,
    ],
    [
      "groups as text",
      "POST",
      "/api/hubs/chat/:addToGroups",
      { body: '{"groups":["g"]}', headers: text },
      415,
    ],
  ])("for %s", async (_, method, path, more, status) => {
    await using house = await House.open();
    const client = await house.client();
    expect((await house.call(method, path, more)).status).toBe(status);
    await client.settled();
    expect(client.data).toEqual([]);
    expect(house.emulator.hub("chat").groups()).toEqual([]);
  });

  test("a token is made for who can't sign one", async () => {
    await using house = await House.open();
    const answer = await house.call("POST", "/api/hubs/chat/:generateToken");
    expect([answer.status, answer.headers.get("x-ms-error-code")]).toEqual([401, "Error.Unauthorized"]);
  });
});

test("a message without a media type is binary", async () => {
  await using house = await House.open();
  const client = await house.client();
  const body = Uint8Array.of(1, 2);
  expect((await house.call("POST", "/api/hubs/chat/:send", { body })).status).toBe(202);
  await client.settled();
  expect(client.data).toMatchObject([{ dataType: "binary", data: "AQI=" }]);
});

test("a message of metadata alone is an empty text", async () => {
  await using house = await House.open();
  const client = await house.client();
  const headers = { ...text, "X-WebPubSub-Metadata-Trace": "1" };
  expect((await house.call("POST", "/api/hubs/chat/:send", { headers })).status).toBe(202);
  await client.settled();
  expect(client.data).toMatchObject([{ dataType: "text", data: "", metadata: { trace: "1" } }]);
});

test("filters ask for the number of groups, and for the protocol", async () => {
  await using house = await House.open();
  const two = await house.client({ groups: ["g", "h"] });
  const one = await house.client({ groups: ["g"], subprotocol: "json.webpubsub.azure.v1" });
  const send = async (body: string, filter: string) =>
    house.call("POST", "/api/hubs/chat/:send", { body, headers: text, query: { filter } });
  await send("1", "length(groups) eq 2");
  await send("2", "LENGTH(groups) eq 2".toLowerCase() + " and protocol eq 'json.webpubsub.azure.v1'");
  await send("3", "Protocol eq 'json.webpubsub.azure.v1' and length(Groups) lt 2");
  await send("4", "userId eq 1 or connectionId ne 2");
  for (const client of [one, two]) await client.settled();
  expect(two.data.map(({ data }) => data)).toEqual(["1", "4"]);
  expect(one.data.map(({ data }) => data)).toEqual(["3", "4"]);
});

describe("clocks may be wrong by five minutes", () => {
  const now = () => Math.floor(Date.now() / 1_000);
  test.each([
    [-200, -200, 200],
    [-400, 0, 401],
    [60, 200, 200],
    [60, 400, 401],
  ])("expired %i s from now, valid in %i s: %i", async (exp, nbf, status) => {
    await using house = await House.open();
    const { endpoint } = house.emulator;
    await house.client({ userId: "u" });
    const times = { exp: now() + exp, nbf: now() + nbf };
    const url = `${endpoint}/api/hubs/chat/users/u`;
    const Authorization = `Bearer ${await sign({ aud: url, ...times })}`;
    expect((await fetch(url, { method: "HEAD", headers: { Authorization } })).status).toBe(status);

    const token = await sign({ aud: `${endpoint}/client/hubs/chat`, ...times });
    const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/chat?access_token=${token}`);
    await until(() => client.connected ?? client.status);
    expect(client.status).toBe(status === 200 ? undefined : 401);
    client.socket.terminate();
  });
});
