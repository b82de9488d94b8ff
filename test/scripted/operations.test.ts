import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type {
  JSONTypes,
  MessageContent,
  SendToGroupOptions,
  WebPubSubClient,
  WebPubSubDataType,
} from "web-pubsub-client";
import { HOP, MockService } from "../helpers/mockService.js";
import { follow } from "../helpers/settlement.js";
import { turn } from "../helpers/stage.js";

let service: MockService;
let client: WebPubSubClient;
beforeEach(async () => {
  vi.useFakeTimers();
  service = new MockService();
  client = await service.connected();
});
afterEach(async () => {
  const stopped = client.stop();
  await turn(50);
  await stopped;
  service.stop();
  vi.useRealTimers();
});

/** The one frame that a call puts on the wire, and what it resolves to. */
async function wire(call: () => Promise<unknown>): Promise<unknown[]> {
  const { length } = service.peer.frames;
  const result = follow(call());
  await turn(HOP);
  expect(service.peer.frames).toHaveLength(length + 1);
  return [service.peer.frames.at(-1), result.value];
}

describe("frames and results", () => {
  test.each(["joinGroup", "leaveGroup"] as const)("%s", async (name) => {
    expect(await wire(() => client[name]("groupName"))).toEqual([
      { type: name, group: "groupName", ackId: 1 },
      { ackId: 1, isDuplicated: false },
    ]);
    expect(await wire(() => client[name]("groupName", { ackId: 2233 }))).toEqual([
      { type: name, group: "groupName", ackId: 2233 },
      { ackId: 2233, isDuplicated: false },
    ]);
  });

  test("sendToGroup", async () => {
    const message = { type: "sendToGroup", group: "g", dataType: "text", data: "x", noEcho: false };
    expect(await wire(() => client.sendToGroup("g", "x", "text"))).toEqual([
      { ...message, ackId: 1 },
      { ackId: 1, isDuplicated: false },
    ]);
    expect(await wire(() => client.sendToGroup("g", "x", "text", { ackId: 2233 }))).toEqual([
      { ...message, ackId: 2233 },
      { ackId: 2233, isDuplicated: false },
    ]);
    expect(await wire(() => client.sendToGroup("g", "x", "text", { noEcho: true }))).toMatchObject([
      { ...message, noEcho: true },
      {},
    ]);
    expect(await wire(() => client.sendToGroup("g", "x", "text", { fireAndForget: true }))).toEqual([
      message,
      { isDuplicated: false },
    ]);
  });

  test("sendEvent", async () => {
    const message = { type: "event", event: "e", dataType: "text", data: "x" };
    expect(await wire(() => client.sendEvent("e", "x", "text"))).toEqual([
      { ...message, ackId: 1 },
      { ackId: 1, isDuplicated: false },
    ]);
    expect(await wire(() => client.sendEvent("e", "x", "text", { ackId: 12345 }))).toMatchObject([
      { ...message, ackId: 12345 },
      {},
    ]);
    expect(await wire(() => client.sendEvent("e", "x", "text", { fireAndForget: true }))).toEqual([
      message,
      { isDuplicated: false },
    ]);
  });
});

describe("content", () => {
  const bytes = new Uint8Array([120, 121, 122]);
  const within = new Uint8Array([0, 120, 121, 122, 0]).subarray(1, 4);

  test.each<[string, MessageContent, WebPubSubDataType, unknown]>([
    ["a string", "x", "text", "x"],
    ["an empty string", "", "text", ""],
    ["an ArrayBuffer", bytes.buffer, "binary", "eHl6"],
    ["a Uint8Array", bytes, "binary", "eHl6"],
    ["a view of a part", within, "binary", "eHl6"],
    ["a DataView", new DataView(within.buffer, 1, 3), "binary", "eHl6"],
    ["a Node Buffer", Buffer.from("xyz"), "binary", "eHl6"],
    ["no bytes", new ArrayBuffer(0), "binary", ""],
    ["an object", { a: [1, null] }, "json", { a: [1, null] }],
    ["null", null, "json", null],
    ["false", false, "json", false],
    ["0", 0, "json", 0],
  ])("%s without a data type", async (_name, content, dataType, data) => {
    expect(await wire(() => client.sendToGroup("g", content))).toMatchObject([{ dataType, data }, {}]);
    expect(await wire(() => client.sendEvent("e", content))).toMatchObject([{ dataType, data }, {}]);
  });

  test("options may follow the content or the data type", async () => {
    expect(await wire(() => client.sendToGroup("g", "x", { noEcho: true }))).toMatchObject([
      { dataType: "text", noEcho: true },
      {},
    ]);
    expect(await wire(() => client.sendToGroup("g", "x", "json", { noEcho: true }))).toMatchObject([
      { dataType: "json", data: "x", noEcho: true },
      {},
    ]);
    const untyped = undefined as unknown as WebPubSubDataType;
    expect(await wire(() => client.sendToGroup("g", "x", untyped, { noEcho: true }))).toMatchObject([
      { dataType: "text", noEcho: true },
      {},
    ]);
  });

  test("protobuf takes bytes", async () => {
    expect(await wire(() => client.sendToGroup("g", bytes, "protobuf"))).toMatchObject([
      { dataType: "protobuf", data: "eHl6" },
      {},
    ]);
  });

  test("is taken as it is at the call", async () => {
    const content = { n: 1 };
    const data = new Uint8Array([1]);
    follow(client.sendToGroup("g", content));
    follow(client.sendToGroup("g", data));
    content.n = 2;
    data[0] = 2;
    await turn(HOP);
    expect(service.peer.frames).toMatchObject([{ data: { n: 1 } }, { data: "AQ==" }]);
  });

  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  test.each<[string, unknown, WebPubSubDataType]>([
    ["text that is no string", 7, "text"],
    ["binary that is no bytes", "x", "binary"],
    ["protobuf that is no bytes", {}, "protobuf"],
    ["json that is undefined", undefined, "json"],
    ["json that is a function", () => 7, "json"],
    ["json with a circle", circular, "json"],
    ["json with a bigint", { n: 7n }, "json"],
    ["an unknown data type", "x", "smell" as "text"],
  ])("W2: %s is refused at once, without a retry", async (_name, content, dataType) => {
    const { length } = service.peer.frames;
    const sent = follow(client.sendToGroup("g", content as JSONTypes, dataType));
    await turn();
    expect(sent.error).toMatchObject({ name: "SendMessageError", code: "InvalidMessage" });
    expect(sent.error?.cause).toBeInstanceOf(Error);
    await turn(10_000);
    expect(service.peer.frames).toHaveLength(length);
  });

  test("a message that can't be written uses up no id and blocks nothing", async () => {
    follow(client.sendToGroup("g", 7, "text"));
    const sent = follow(client.sendToGroup("g", "x"));
    await turn(HOP);
    expect(sent.status).toBe("resolved");
    expect(service.peer.frames).toHaveLength(1);
  });
});

describe("names", () => {
  test.each(["", 7, null, undefined, "x".repeat(1_025)].map((name) => [name]))(
    "%j can't be one",
    async (name) => {
      for (const call of [
        () => client.joinGroup(name as string),
        () => client.leaveGroup(name as string),
        () => client.sendToGroup(name as string, "x"),
        () => client.sendEvent(name as string, "x"),
      ]) {
        await expect(call()).rejects.toMatchObject({ name: "SendMessageError", code: "InvalidMessage" });
      }
      expect(service.peer.frames).toEqual([]);
    },
  );

  test("1,024 characters of any kind can", async () => {
    const name = "ü".repeat(1_024);
    expect(await wire(() => client.joinGroup(name))).toMatchObject([{ group: name }, {}]);
  });
});

describe("metadata and ttl", () => {
  test("go on the wire as they are", async () => {
    const metadata = { "x-trace.1": "a b~", "!#$%&'*+-.^_`|~": "" };
    expect(await wire(() => client.sendToGroup("g", "x", { metadata, ttlSeconds: 300 }))).toMatchObject([
      { metadata, ttlSeconds: 300 },
      {},
    ]);
    expect(await wire(() => client.sendToGroup("g", "x", { ttlSeconds: 0 }))).toMatchObject([
      { ttlSeconds: 0 },
      {},
    ]);
    expect(await wire(() => client.sendEvent("e", "x", { metadata }))).toMatchObject([{ metadata }, {}]);
    const [plain] = await wire(() => client.sendToGroup("g", "x"));
    expect(plain).not.toHaveProperty("metadata");
    expect(plain).not.toHaveProperty("ttlSeconds");
  });

  test("at their bounds", async () => {
    const metadata = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`k${n}`, "v".repeat(1_024)]));
    metadata["k".repeat(256)] = "v".repeat(8_192 - 7 * 1_026 - 256);
    expect(await wire(() => client.sendToGroup("g", "x", { metadata }))).toMatchObject([{ metadata }, {}]);
  });

  test.each<[string, SendToGroupOptions]>([
    ["a name with a blank", { metadata: { "a b": "x" } }],
    ["a name that isn't ASCII", { metadata: { ü: "x" } }],
    ["an empty name", { metadata: { "": "x" } }],
    ["a name of 257 characters", { metadata: { ["k".repeat(257)]: "x" } }],
    ["a value that isn't ASCII", { metadata: { k: "ü" } }],
    ["a value with a line break", { metadata: { k: "a\nb" } }],
    ["a value that is no string", { metadata: { k: 7 as unknown as string } }],
    ["a value of 1,025 characters", { metadata: { k: "v".repeat(1_025) } }],
    [
      "more than 8 KiB in all",
      { metadata: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`k${n}`, "v".repeat(1_000)])) },
    ],
    ["a ttl below 0", { ttlSeconds: -1 }],
    ["a ttl above 300", { ttlSeconds: 301 }],
    ["a ttl that is no integer", { ttlSeconds: 1.5 }],
    ["a ttl that is no number", { ttlSeconds: "7" as unknown as number }],
  ])("%s is refused at once", async (_name, options) => {
    await expect(client.sendToGroup("g", "x", options)).rejects.toMatchObject({ code: "InvalidMessage" });
    if (options.metadata !== undefined) {
      await expect(client.sendEvent("e", "x", options)).rejects.toMatchObject({ code: "InvalidMessage" });
    }
    expect(service.peer.frames).toEqual([]);
  });
});

describe("frames above 1 MB are refused at once: the service would close the connection", () => {
  const overhead = JSON.stringify({
    type: "sendToGroup",
    group: "g",
    ackId: 1,
    noEcho: false,
    dataType: "text",
    data: "",
  }).length;
  const room = (1 << 20) - overhead;

  test.each([
    ["characters of one byte", "x".repeat(room), true],
    ["one more", "x".repeat(room + 1), false],
    ["characters of three bytes", "€".repeat(Math.floor(room / 3)), true],
    ["one more of three bytes", "€".repeat(Math.floor(room / 3) + 1), false],
  ])("%s", async (_name, data, fits) => {
    const sent = follow(client.sendToGroup("g", data));
    await turn(HOP);
    expect([sent.status, service.peer.frames.length]).toEqual(fits ? ["resolved", 1] : ["rejected", 0]);
    if (!fits) {
      expect(sent.error).toMatchObject({ code: "InvalidMessage", cause: { name: "RangeError" } });
      expect(sent.error?.message).toContain("1048576");
    }
  });
});
