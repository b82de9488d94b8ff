import { setLogLevel, AzureLogger } from "@azure/logger";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubClient, type GroupDataMessage, type WebPubSubClientProtocol } from "web-pubsub-client";
import { CoreClient } from "web-pubsub-client/core";
import { invocations } from "web-pubsub-client/invocations";
import { presence } from "web-pubsub-client/presence";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import * as core from "web-pubsub-client/protobuf/core";
import { streams } from "web-pubsub-client/streams";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import type { WebSocket } from "ws";

const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
let emulator: Emulator;
const clients: WebPubSubClient[] = [];

beforeEach(async () => {
  emulator = await startEmulator({
    hubs: {
      chat: {
        handlers: [{ events: "echo", onEvent: ({ data, metadata }) => ({ data: data as string, metadata }) }],
      },
    },
  });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
  await emulator.close();
});

async function connect(
  protocol?: WebPubSubClientProtocol,
): Promise<{ client: WebPubSubClient; got: GroupDataMessage[] }> {
  const client = new WebPubSubClient(await emulator.clientAccessUrl("chat", { userId: "ann", roles }), {
    protocol,
  });
  clients.push(client);
  const got: GroupDataMessage[] = [];
  client.on("group-message", ({ message }) => got.push(message));
  await client.start();
  await client.joinGroup("room");
  return { client, got };
}

describe.each([
  ["reliable", WebPubSubProtobufReliableProtocol],
  ["plain", WebPubSubProtobufProtocol],
])("%s protobuf", (name, protocol) => {
  test("a group of JSON and protobuf clients shares text, JSON, bytes and metadata", async () => {
    const binary = await connect(protocol());
    const json = await connect();
    expect(binary.client.userId).toBe("ann");
    expect(
      emulator
        .hub("chat")
        .connections()
        .map(({ subprotocol }) => subprotocol),
    ).toContain(name === "plain" ? "protobuf.webpubsub.azure.v1" : "protobuf.reliable.webpubsub.azure.v1");
    const any = new Uint8Array([10, 3, 97, 47, 98, 18, 1, 7]).buffer;
    for (const { client } of [binary, json]) {
      await client.sendToGroup("room", "text", { metadata: { trace: "1" } });
      await client.sendToGroup("room", { a: [1, null] });
      await client.sendToGroup("room", new Uint8Array([0, 255, 7]));
      await client.sendToGroup("room", any, "protobuf");
    }
    const expected = ["text", { a: [1, null] }, new Uint8Array([0, 255, 7]).buffer, any];
    for (const { got } of [binary, json]) {
      await vi.waitFor(() => expect(got.map(({ data }) => data)).toEqual([...expected, ...expected]));
      expect(got[0]).toMatchObject({ dataType: "text", group: "room", metadata: { trace: "1" } });
      expect(got[3]).toMatchObject({ dataType: "protobuf" });
    }
  });

  test("events, replies, refusals, ping", async () => {
    const { client } = await connect(protocol());
    const replies: unknown[] = [];
    client.on("server-message", ({ message }) => replies.push([message.data, message.metadata]));
    await client.sendEvent("echo", "hello", { metadata: { k: "v" } });
    expect(replies).toEqual([["hello", { k: "v" }]]);
    await expect(
      client.sendEvent("unknown", "x", { abortSignal: AbortSignal.timeout(300) }),
    ).rejects.toThrow();
    await client.leaveGroup("room");
    await vi.waitFor(() => expect(emulator.hub("chat").members("room")).toEqual([]));
  });
});

test("the reliable subprotocol recovers without loss", async () => {
  const { client, got } = await connect(WebPubSubProtobufReliableProtocol());
  const sends: Promise<unknown>[] = [];
  for (let i = 0; i < 200; i++) {
    sends.push(client.sendToGroup("room", i));
    if (i % 50 === 25) {
      await sends.at(-1);
      emulator.faults.cutTransports();
    }
  }
  await Promise.all(sends);
  await vi.waitFor(() => expect(got).toHaveLength(200));
  expect(got.map(({ data }) => data)).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

test("a ping and a pong as bytes, and an id too big is logged by its field", async () => {
  const protocol = WebPubSubProtobufReliableProtocol();
  expect(new Uint8Array(protocol.writeMessage({ kind: "ping" }) as ArrayBuffer)).toEqual(
    new Uint8Array([0x4a, 0]),
  );
  expect(protocol.parseMessages(new Uint8Array([0x22, 0]).buffer)).toEqual({ kind: "pong" });
  // ack_id 2^53, which a number can't tell from its neighbour.
  const tooBig = new Uint8Array([0x0a, 11, 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0x10, 1]);
  expect(() => protocol.parseMessages(tooBig.buffer)).toThrow(/2\^53/);
  setLogLevel("warning");
  const log = vi.spyOn(AzureLogger, "log").mockImplementation(() => undefined);
  const sockets: WebSocket[] = [];
  const { WebSocket } = await import("ws");
  class Spy extends WebSocket {
    constructor(url: string, name: string) {
      super(url, name);
      sockets.push(this);
    }
  }
  const client = new WebPubSubClient(await emulator.clientAccessUrl("chat", { roles }), {
    protocol,
    webSocket: Spy,
  });
  clients.push(client);
  await client.start();
  sockets[0]?.onmessage?.({ data: tooBig.buffer } as never);
  expect(log.mock.calls.flat().join(" ")).toMatch(
    /Could not read a frame: RangeError: ackId must be an integer/,
  );
  setLogLevel(undefined);
  log.mockRestore();
});

describe("protobuf/core", () => {
  test("a core client uses the features whose frames its protocol was given", async () => {
    const protocol = core.WebPubSubProtobufReliableProtocol(core.presenceFrames, core.streamFrames);
    const url = await emulator.clientAccessUrl("chat", { userId: "ann", roles });
    await using client = new CoreClient(url, { protocol });
    const text = new Promise<string>((resolve, reject) => {
      streams(client).onStream((stream) => void stream.text().then(resolve, reject));
    });
    await client.start();
    await client.joinGroup("room");
    await presence(client).subscribe("room");
    await presence(client).set("room", { status: "here" });
    await vi.waitFor(() =>
      expect(presence(client).list("room")).toMatchObject([{ userId: "ann", state: { status: "here" } }]),
    );
    const writer = await streams(client).open("room");
    await writer.write("whole");
    await writer.end();
    expect(await text).toBe("whole");
    await expect(invocations(client).invoke("echo", "x")).rejects.toMatchObject({ code: "InvalidMessage" });
  });

  test("without their frames features are refused at once, and messages pass", async () => {
    const { client, got } = await connect(core.WebPubSubProtobufReliableProtocol());
    const invalid = { code: "InvalidMessage" };
    await expect(client.invokeEvent("echo", "x")).rejects.toMatchObject(invalid);
    await expect(client.openGroupStream("room")).rejects.toMatchObject(invalid);
    await expect(client.setGroupState("room", { status: "here" })).rejects.toMatchObject(invalid);
    await expect(client.subscribeGroupStates("room")).rejects.toMatchObject(invalid);
    expect(() => client.onGroupStream(() => undefined)).toThrow(TypeError);
    await client.sendToGroup("room", "message");
    await vi.waitFor(() => expect(got).toMatchObject([{ data: "message" }]));
  });
});
