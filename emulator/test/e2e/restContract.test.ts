import { describe, expect, test } from "vitest";
import { House, type Message, sign } from "./harness.js";

const text = { body: "x", headers: { "Content-Type": "text/plain" } };
const groupsBody = (groups: string[]) => ({
  body: JSON.stringify({ groups }),
  headers: { "Content-Type": "application/json" },
});

/** Method, path below the hub with `ID` for a connection, statuses for one that is there and one that isn't. */
const calls: readonly [string, string, number, number, Parameters<House["call"]>[2]?][] = [
  ["POST", ":send", 202, 202, text],
  // Who has the access key signs tokens without asking.
  ["POST", ":generateToken", 401, 401],
  ["POST", ":addToGroups", 200, 200, groupsBody(["g"])],
  ["POST", ":removeFromGroups", 200, 200, groupsBody(["h"])],
  ["HEAD", "connections/ID", 200, 404],
  ["POST", "connections/ID/:send", 202, 202, text],
  ["HEAD", "groups/GROUP", 200, 404],
  ["GET", "groups/GROUP/connections", 200, 200],
  ["POST", "groups/GROUP/:send", 202, 202, text],
  ["PUT", "groups/h/connections/ID", 200, 404],
  ["DELETE", "groups/h/connections/ID", 204, 204],
  ["PUT", "permissions/sendToGroup/connections/ID?targetName=h", 200, 404],
  ["HEAD", "permissions/sendToGroup/connections/ID?targetName=h", 200, 404],
  ["DELETE", "permissions/sendToGroup/connections/ID?targetName=h", 204, 204],
  ["PUT", "permissions/joinLeaveGroup/connections/ID?targetName=h", 200, 404],
  ["HEAD", "permissions/joinLeaveGroup/connections/ID?targetName=h", 200, 404],
  ["DELETE", "permissions/joinLeaveGroup/connections/ID?targetName=h", 204, 204],
  ["HEAD", "users/USER", 200, 404],
  ["POST", "users/USER/:send", 202, 202, text],
  ["PUT", "users/USER/groups/h", 200, 404],
  ["DELETE", "users/USER/groups/h", 204, 204],
  ["DELETE", "users/USER/groups", 204, 204],
  ["DELETE", "connections/ID/groups", 204, 204],
  ["POST", "groups/GROUP/:closeConnections", 204, 204],
  ["POST", "users/USER/:closeConnections", 204, 204],
  ["DELETE", "connections/ID", 204, 204],
  ["POST", ":closeConnections", 204, 204],
];

const filled = (path: string, id: string, user: string, group: string) =>
  `/api/hubs/chat/${path.replace("ID", id).replace("USER", user).replace("GROUP", group)}`;

describe.each(calls)("%s %s", (method, path, there, missing, more) => {
  test(`answers ${there}, or ${missing} where the target is missing`, async () => {
    await using house = await House.open();
    const { id } = await house.client({ userId: "a/b", groups: ["g"] });
    const answer = await house.call(method, filled(path, id, "a%2Fb", "g"), more);
    expect(answer.status).toBe(there);
    const body = await answer.text();
    if (method === "GET" || there === 401) {
      expect(answer.headers.get("Content-Type")).toContain("application/json");
    } else expect(body).toBe("");

    const none = await house.call(method, filled(path, "none", "none", "none"), more);
    expect(none.status).toBe(missing);
    if (missing !== 404 || method === "HEAD") return;
    const code = expect.stringMatching(/^(Error|Info|Warning)\.(Connection|User)\.NotExisted$/) as string;
    expect(none.headers.get("x-ms-error-code")).toEqual(code);
    expect(await none.json()).toMatchObject({ code, message: expect.any(String) as string });
  });

  test("is refused without a token and changes nothing", async () => {
    await using house = await House.open();
    const client = await house.client({ userId: "a/b", groups: ["g"] });
    const before = house.emulator.hub("chat").connections();
    const url = house.emulator.endpoint + filled(path, client.id, "a%2Fb", "g");
    const answer = await fetch(url, { method, ...more });
    expect(answer.status).toBe(401);
    await client.settled();
    expect(house.emulator.hub("chat").connections()).toEqual(before);
    expect(client.data).toEqual([]);
  });
});

test("a nextLink is absolute, keeps the query, counts top down, and the last page has none", async () => {
  await using house = await House.open();
  for (let i = 0; i < 5; i++) await house.client({ groups: ["a b"] });
  const ids = house.emulator
    .hub("chat")
    .members("a b")
    .map(({ connectionId }) => connectionId)
    .sort();
  const path = "/api/hubs/chat/groups/a%20b/connections";
  const query = { maxpagesize: "2", top: "3", "api-version": "2024-12-01" };
  const first = (await (await house.call("GET", path, { query })).json()) as {
    value: { connectionId: string }[];
    nextLink: string;
  };
  expect(first.value.map(({ connectionId }) => connectionId)).toEqual(ids.slice(0, 2));
  const next = new URL(first.nextLink);
  expect(next.href.startsWith(`${house.emulator.endpoint}${path}?`)).toBe(true);
  expect(Object.fromEntries(next.searchParams)).toEqual({
    maxpagesize: "2",
    top: "1",
    "api-version": "2024-12-01",
    continuationToken: expect.any(String) as string,
  });
  const token = await sign({ aud: next.href });
  const last = await fetch(next, { headers: { Authorization: `Bearer ${token}` } });
  expect(await last.json()).toEqual({ value: [{ connectionId: ids[2], userId: null }] });
});

test("a filter's syntax error is 400 in the cloud's words, in a query and in a body", async () => {
  await using house = await House.open();
  const filter = "userId eq 'a' and";
  const error = {
    code: "Error.BadRequest",
    message: `Invalid syntax for '${filter}': Expression expected at position 17 in '${filter}'. (Parameter 'filter')`,
  };
  for (const path of [":send", "groups/g/:send", "users/u/:send"]) {
    const answer = await house.call("POST", `/api/hubs/chat/${path}`, { ...text, query: { filter } });
    expect([answer.status, (await answer.json()) as Message]).toEqual([400, error]);
  }
  for (const action of [":addToGroups", ":removeFromGroups"]) {
    const { headers } = groupsBody([]);
    const body = JSON.stringify({ groups: ["g"], filter });
    const answer = await house.call("POST", `/api/hubs/chat/${action}`, { headers, body });
    expect([answer.status, (await answer.json()) as Message]).toEqual([400, error]);
  }
});
