import { type JWTPayload, UnsecuredJWT, decodeJwt } from "jose";
import { expect, test } from "vitest";
import { House, RawClient, anyGroup } from "../harness.js";

/** `:generateToken`, as servers call it that have a Microsoft Entra identity and no access key. */

/** A token for the service, of nobody: the emulator looks at its audience and its times. */
function entraToken(claims: JWTPayload = {}): string {
  const now = Math.floor(Date.now() / 1_000);
  return new UnsecuredJWT({
    aud: "https://webpubsub.azure.com",
    nbf: now - 60,
    exp: now + 60,
    ...claims,
  }).encode();
}

async function generate(house: House, query = "", token = entraToken()): Promise<Response> {
  return fetch(`${house.emulator.endpoint}/api/hubs/CHAT/:generateToken${query}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
  });
}

async function generated(house: House, query = ""): Promise<{ token: string; claims: JWTPayload }> {
  const answer = await generate(house, query);
  expect([answer.status, answer.headers.get("Content-Type")]).toEqual([200, "application/json"]);
  const body = (await answer.json()) as { token: string };
  expect(Object.keys(body)).toEqual(["token"]);
  return { ...body, claims: decodeJwt(body.token) };
}

const open = async () => House.open({ acceptUnvalidatedEntraTokens: true });

test("a token with all that was asked for lets its client in", async () => {
  await using house = await open();
  const query = new URLSearchParams({ userId: "用户/a+b", minutesToExpire: "7" });
  for (const role of anyGroup) query.append("role", role);
  for (const group of ["room", "a/b"]) query.append("group", group);
  const { token, claims } = await generated(house, `?${query.toString()}`);
  const { endpoint } = house.emulator;
  expect(claims.aud).toBe(`${endpoint}/client/hubs/chat`);
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(7 * 60);
  const url = `${endpoint.replace("http", "ws")}/client/hubs/chat?access_token=${token}`;
  const client = await house.connected(new RawClient(url));
  expect(client.connected).toMatchObject({ userId: "用户/a+b" });
  expect(house.emulator.hub("chat").connection(client.id)?.groups).toEqual(["room", "a/b"]);
  expect(await client.join("any")).toMatchObject({ success: true });
  expect(await client.text("other", "x")).toMatchObject({ success: true });
});

test("a token for nobody, for which nothing was asked, lasts an hour and says nothing of its client", async () => {
  await using house = await open();
  const { token, claims } = await generated(house, "?userId=");
  expect(Object.keys(claims).sort()).toEqual(["aud", "exp", "iat"]);
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60 * 60);
  const url = `${house.emulator.endpoint.replace("http", "ws")}/client/hubs/chat?access_token=${token}`;
  const client = await house.connected(new RawClient(url));
  expect(client.connected).toMatchObject({ userId: null });
  expect(await client.join("g")).toMatchObject({ error: { name: "Forbidden" } });
});

test.each([1, 2_147_483_647])("minutesToExpire may be %i", async (minutes) => {
  await using house = await open();
  const { claims } = await generated(house, `?minutesToExpire=${minutes}`);
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(minutes * 60);
});

test.each([
  ["default", "/client/hubs/chat"],
  ["Default", "/client/hubs/chat"],
  ["MQTT", "/clients/mqtt/hubs/chat"],
  ["socketIO", "/clients/socketio/hubs/chat"],
])("clientType %s: the audience is where such clients connect", async (clientType, path) => {
  await using house = await open();
  const { claims } = await generated(house, `?clientType=${clientType}`);
  expect(claims.aud).toBe(house.emulator.endpoint + path);
});

test.each([
  "minutesToExpire=0",
  "minutesToExpire=-1",
  "minutesToExpire=",
  "minutesToExpire=no",
  "minutesToExpire=1.5",
  "minutesToExpire=2147483648",
  "group=room&group=%20",
  "group=",
  `group=${"g".repeat(1_025)}`,
  "clientType=unknown",
  "clientType=",
])("%s is refused", async (query) => {
  await using house = await open();
  const answer = await generate(house, `?${query}`);
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: "Error.BadRequest" }]);
});

test.each([false, true])(
  "with acceptUnvalidatedEntraTokens %s: an expired token, a key's and none are refused",
  async (enabled) => {
    await using house = await House.open({ acceptUnvalidatedEntraTokens: enabled });
    expect((await generate(house)).status).toBe(enabled ? 200 : 401);
    const exp = Math.floor(Date.now() / 1_000) - 3_600;
    expect((await generate(house, "", entraToken({ exp }))).status).toBe(401);
    const path = "/api/hubs/chat/:generateToken";
    expect((await house.call("POST", path)).status).toBe(401);
    expect((await fetch(house.emulator.endpoint + path, { method: "POST" })).status).toBe(401);
  },
);
