import * as sdk from "@azure/web-pubsub";
import { UnsecuredJWT } from "jose";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Emulator, startEmulator } from "../../src/index.js";
import { type Message, plain, until } from "./harness.js";
import { examplesOf, runExample } from "./officialExamples.js";

/** The examples in the README of the official server SDK, as they stand, against the service over HTTPS. */

const examples = examplesOf("@azure/web-pubsub");

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({
    https: true,
    acceptUnvalidatedEntraTokens: true,
    log: () => undefined,
  });
});
afterAll(async () => emulator.close());

/** Trusts the service's certificate, as the variable NODE_EXTRA_CA_CERTS makes a program do. */
class TrustingClient extends sdk.WebPubSubServiceClient {
  constructor(...given: ConstructorParameters<typeof sdk.WebPubSubServiceClient>) {
    const options = { tlsOptions: { ca: emulator.certificate } };
    const filled = [...given, options] as unknown as ConstructorParameters<typeof sdk.WebPubSubServiceClient>;
    super(...filled);
  }
}

/** Stands for the credential of `@azure/identity`, which would ask Microsoft for a token. */
class DefaultAzureCredential {
  async getToken() {
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const token = new UnsecuredJWT({ aud: "https://webpubsub.azure.com", exp }).encode();
    return Promise.resolve({ token, expiresOnTimestamp: exp * 1_000 });
  }
}

/** Runs an example, against a hub of its own. */
async function run(name: string): Promise<unknown[]> {
  return runExample(examples.get(name) ?? "", {
    placeholders: {
      "<ConnectionString>": emulator.connectionString,
      "<Endpoint>": emulator.endpoint,
      "<Key>": /AccessKey=([^;]*)/.exec(emulator.connectionString)?.[1] ?? "",
      "<hubName>": name,
      "<groupName>": "groupA",
    },
    modules: {
      "@azure/identity": { DefaultAzureCredential },
      "@azure/web-pubsub": { ...sdk, WebPubSubServiceClient: TrustingClient },
    },
  });
}

/** A client of the example's hub; resolves with what it gets. */
async function client(hub: string, options: { userId?: string; groups?: string[] } = {}): Promise<Message[]> {
  const url = await emulator.clientAccessUrl(hub, options);
  const socket = new WebSocket(url, plain, { ca: emulator.certificate });
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  socket.on("message", (frame: Buffer) => messages.push(JSON.parse(frame.toString()) as Message));
  await until(() => messages[0]);
  messages.length = 0;
  return messages;
}

const hello = { dataType: "json", data: { message: "Hello world!" } };
const hi = { dataType: "text", data: "Hi there!" };
const zeros = { dataType: "binary", data: Buffer.alloc(10).toString("base64") };

test("these are all the examples", () => {
  expect([...examples.keys()]).toEqual([
    "ReadmeSampleCreateClient_ConnectionString",
    "ReadmeSampleCreateClient_KeyCredential",
    "ReadmeSampleCreateClient_TokenCredential",
    "ReadmeSampleGetClientAccessToken",
    "ReadmeSampleSendToAll",
    "ReadmeSampleSendToAllWithFilter",
    "ReadmeSampleSendToGroup",
    "ReadmeSampleSendToUser",
    "ReadmeSampleCheckGroup",
    "ReadmeSampleRawResponse",
    "SetLogLevel",
  ]);
});

test.each([
  "ReadmeSampleCreateClient_ConnectionString",
  "ReadmeSampleCreateClient_KeyCredential",
  "ReadmeSampleCreateClient_TokenCredential",
  "ReadmeSampleGetClientAccessToken",
])("%s", async (name) => {
  expect(await run(name)).toEqual([]);
});

test("ReadmeSampleSendToAll", async () => {
  const got = await client("ReadmeSampleSendToAll");
  await run("ReadmeSampleSendToAll");
  await until(() => got.length === 3);
  expect(got).toMatchObject([hello, hi, zeros]);
});

test("ReadmeSampleSendToAllWithFilter", async () => {
  const hub = "ReadmeSampleSendToAllWithFilter";
  const [anonymous, inA, inBoth] = [
    await client(hub),
    await client(hub, { userId: "a", groups: ["groupA"] }),
    await client(hub, { userId: "b", groups: ["groupA", "groupB"] }),
  ];
  await run(hub);
  await until(() => anonymous.length + inA.length === 2);
  expect([anonymous, inA, inBoth]).toMatchObject([[hello], [{ dataType: "text", data: "Hello world!" }], []]);
});

test("ReadmeSampleSendToGroup", async () => {
  const hub = "ReadmeSampleSendToGroup";
  const [user, other] = [await client(hub, { userId: "user1" }), await client(hub)];
  await run(hub);
  await until(() => user.length === 3);
  const group = emulator.hub(hub).members("groupA");
  expect([user, other, group.length]).toMatchObject([[hello, hi, zeros], [], 1]);
});

test("ReadmeSampleSendToUser", async () => {
  const hub = "ReadmeSampleSendToUser";
  const [user, other] = [await client(hub, { userId: "user1" }), await client(hub, { userId: "user2" })];
  await run(hub);
  await until(() => user.length === 3);
  expect([user, other]).toMatchObject([[hello, hi, zeros], []]);
});

test("ReadmeSampleCheckGroup", async () => {
  const hub = "ReadmeSampleCheckGroup";
  const [member, other] = [await client(hub, { groups: ["groupA"] }), await client(hub)];
  await run(hub);
  await until(() => member.length === 1);
  expect([member, other]).toMatchObject([
    [
      {
        event: "disconnected",
        message: "Application server closed the connection. Reason: <closeReason>",
      },
    ],
    [],
  ]);
});

test("ReadmeSampleRawResponse", async () => {
  expect(await run("ReadmeSampleRawResponse")).toMatchObject([{ status: 202 }]);
});
