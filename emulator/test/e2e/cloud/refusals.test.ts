import { expect, test } from "vitest";
import { House, RawClient, sign, until } from "../harness.js";

/** Who isn't let in, who is told of it, and who is kept out by a fault. */

test.each<[string, (endpoint: string) => Promise<string>, RegExp]>([
  [
    "another audience",
    async (endpoint) =>
      `/client/hubs/chat?access_token=${await sign({ aud: `${endpoint}/client/hubs/news` })}`,
    /^A client was refused with 401: .*its audience is not this endpoint but ".*\/client\/hubs\/news"/,
  ],
  [
    "an old token",
    async (endpoint) =>
      `/client/hubs/chat?access_token=${await sign({ aud: `${endpoint}/client/hubs/chat`, exp: 1 })}`,
    /^A client was refused with 401: .*it expired at 1970-01-01T00:00:01/,
  ],
  [
    "no token",
    async () => "/client/hubs/chat",
    /^A client was refused with 401: An access token is missing\.$/,
  ],
  ["a hub that can't be", async () => "/client/hubs/1", /^A client was refused with 400: The hub's name/],
  [
    "a wrong path",
    async () => "/hubs/chat?access_token=eyJhbGciOiJIUzI1NiJ9",
    /^A client was refused with 404: There is nothing at \/hubs\/chat: clients connect to \/client\/hubs\/<hub>\.$/,
  ],
  [
    "a bad mode",
    async (endpoint) =>
      `/client/hubs/chat?webpubsub_mode=x&access_token=${await sign({ aud: `${endpoint}/client/hubs/chat` })}`,
    /^A client was refused with 400: webpubsub_mode can't be "x"/,
  ],
])("the developer is told of a client with %s, once", async (_, path, words) => {
  await using house = await House.open();
  const { endpoint } = house.emulator;
  const client = new RawClient(endpoint.replace("http", "ws") + (await path(endpoint)));
  await client.gone();
  expect(house.warnings).toEqual([expect.stringMatching(words)]);
  expect(house.warnings[0]).not.toContain("eyJ");
});

test.each(["x", "sendToGroup"])(
  "a bad webpubsub_mode %j is refused whatever the client speaks",
  async (mode) => {
    await using house = await House.open();
    const url = await house.emulator.clientAccessUrl("chat");
    for (const subprotocol of [[], "json.webpubsub.azure.v1"]) {
      const client = new RawClient(`${url}&webpubsub_mode=${mode}`, subprotocol);
      await until(() => client.status);
      expect(client.status).toBe(400);
    }
  },
);

test("a token with a group that can't be is refused", async () => {
  await using house = await House.open();
  const { endpoint } = house.emulator;
  const token = await sign({ aud: `${endpoint}/client/hubs/chat`, "webpubsub.group": ["g", " "] });
  const client = new RawClient(`${endpoint.replace("http", "ws")}/client/hubs/chat?access_token=${token}`);
  await until(() => client.status);
  expect(client.status).toBe(400);
});

test("roles that can't be are skipped with a word, and the client comes in", async () => {
  await using house = await House.open();
  const roles = [
    "webpubsub.sendToGroups.a\\b",
    "webpubsub.sendToGroups.******",
    "webpubsub.sendToGroups.ok.*",
  ];
  const client = await house.client({ roles });
  expect(await client.text("ok.1", "x")).toMatchObject({ success: true });
  expect(await client.text("a\\b", "x")).toMatchObject({ success: false });
  expect(house.warnings).toEqual([
    expect.stringContaining("only \\ * ? can stand behind a \\"),
    expect.stringContaining("more than 5 *"),
  ]);
});

test("refuseUpgrades hits the recoveries of one connection, by its id", async () => {
  await using house = await House.open();
  const [one, two] = [await house.client(), await house.client()];
  house.emulator.faults.refuseUpgrades({ with: 503, filter: { connectionId: one.id } });
  for (const client of [one, two]) client.socket.terminate();
  const refused = one.recovery();
  await until(() => refused.status);
  expect(refused.status).toBe(503);
  await house.recover(two);
  await house.client();
  house.emulator.faults.reset();
  await house.recover(one);
});
