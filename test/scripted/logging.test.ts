import { runInNewContext } from "node:vm";
import { AzureLogger, getLogLevel, setLogLevel } from "@azure/logger";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubJsonReliableProtocol } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import type { Codec } from "../../emulator/src/service/codec.js";
import type { Payload, ServiceMessage } from "../../emulator/src/service/messages.js";
import { reliableJsonCodec } from "../../emulator/src/wire/json.js";
import { reliableProtobufCodec } from "../../emulator/src/wire/protobuf.js";
import { ack, disconnected, fromGroup } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

let lines: string[] = [];
const log = AzureLogger.log;
const level = getLogLevel();

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  AzureLogger.log = (...parts: unknown[]) => void lines.push(parts.map(String).join(" "));
  setLogLevel("verbose");
});
afterEach(() => {
  AzureLogger.log = log;
  setLogLevel(level);
  vi.useRealTimers();
});

const url = "wss://host.example/client/hubs/chat?access_token=TOP-SECRET&other=SECRET-2#SECRET-3";

test("no token, whatever happens", async () => {
  let failure: Error | undefined;
  const stage = new Stage({
    credential: {
      getClientAccessUrl: async () => {
        if (failure !== undefined) throw failure;
        return url;
      },
    },
  });
  await stage.connect("A", "SECRET-RECONNECTION");
  follow(stage.client.joinGroup("room"));
  stage.socket.receiveFrame(ack(1));
  stage.socket.receiveFrame(fromGroup("payload-7", 1));
  stage.socket.receiveFrame('{"type":"message","access_token":"SECRET-4"');
  stage.socket.receiveFrame({ type: "ack", ackId: "SECRET-5" });
  stage.socket.receiveError(new Error("getaddrinfo ENOTFOUND"));
  await stage.drop(1006, "cable of SECRET-RECONNECTION");
  await stage.drop(1011, "overload");
  await turn(1_000);
  await stage.accept("A", "SECRET-RECONNECTION-2");
  follow(stage.client.sendToGroup("room", "payload-8"));
  stage.socket.receiveFrame(ack(2, "Forbidden"));
  stage.socket.receiveFrame(disconnected("maintenance of SECRET-RECONNECTION-2 and TOP-SECRET"));
  await stage.drop(1008);
  await stage.drop(1006);
  failure = new Error("the token service answered 500");
  await turn(60_000);
  failure = undefined;
  await turn(60_000);
  await stage.accept("B", "SECRET-RECONNECTION-3");
  stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"], "Forbidden"));
  await turn(70_000);
  await stage.client.stop();
  const all = lines.join("\n");
  expect(lines.length).toBeGreaterThan(10);
  expect(all).not.toMatch(/SECRET/);
  expect(all).not.toMatch(/access_token|awps_reconnection_token/);
  expect(all, "no content of messages").not.toMatch(/payload/);
});

test("a socket class that quotes its URL, on starts and recoveries", async () => {
  const stage = new Stage({ credential: url, autoReconnect: false });
  await stage.connect("A", "SECRET-RECONNECTION");
  const errors: unknown[] = [];
  stage.client.on("state-changed", ({ error }) => errors.push(error));
  stage.onSocket = (socket) => {
    throw new SyntaxError(`The URL ${socket.url.href} is no good`);
  };
  await stage.drop();
  await turn(60_000);
  const again = await stage.begin();
  const told = [...errors, again.error].flatMap((error) => {
    if (!(error instanceof Error)) return [];
    const { message, stack, cause } = error;
    return [message, stack, String(cause), (cause as Error | undefined)?.stack].join("\n");
  });
  expect(told.length).toBeGreaterThan(3);
  expect([...lines, ...told].join("\n")).not.toMatch(/SECRET/);
});

test("state changes, attempts with reason and delay, drops with code", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop(1006, "cable");
  await stage.drop(1011, "overload");
  const all = lines.join("\n");
  expect(all).toContain("web-pubsub-client");
  expect(all).toContain(
    "Connecting to wss://host.example/client/hubs/chat (json.reliable.webpubsub.azure.v1)",
  );
  expect(all).toMatch(/Connected/);
  expect(all).toMatch(/Recovering: .*1006 \(cable\); attempt 1 in 0 ms/);
  expect(all).toMatch(/Recovering: .*1011 \(overload\); attempt 2 in 500 ms/);
});

describe.each([
  ["JSON", WebPubSubJsonReliableProtocol, reliableJsonCodec],
  ["protobuf", WebPubSubProtobufReliableProtocol, reliableProtobufCodec],
])("a frame of %s that can't be read is skipped, and logged without its content:", (_, protocol, codec) => {
  async function connected(): Promise<{
    stage: Stage;
    receive: (message: ServiceMessage, sequenceId?: number) => void;
  }> {
    const stage = new Stage({ protocol: protocol() });
    const receive = (message: ServiceMessage, sequenceId?: number): void =>
      stage.socket.receiveFrame(written(codec, message, sequenceId));
    await stage.begin();
    stage.socket.receiveOpen();
    receive({ kind: "connected", connectionId: "A", userId: "ann", reconnectionToken: "t" });
    return { stage, receive };
  }
  const data = (payload: Payload): ServiceMessage => ({ kind: "serverData", payload, metadata: undefined });
  const text = (content: string): ServiceMessage => data({ dataType: "text", text: content });
  const refusals = (): string[] => lines.filter((line) => line.includes("Could not read a frame"));

  test("an id above 2^53 - 1, by its field", async () => {
    const { stage, receive } = await connected();
    receive(text("payload-1"), 1);
    receive(text("payload-2"), 2 ** 53);
    receive({ kind: "ack", ackId: 2n ** 64n - 1n, error: { name: "Forbidden", message: "payload-3" } });
    receive(text("payload-4"), 2 ** 53 - 1);
    expect(stage.named).toEqual(["connected A", ...[1, 4].map((n) => `server-message "payload-${n}"`)]);
    await turn(1_000);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
    expect(refusals()).toEqual(
      ["sequenceId", "ackId"].map((field): unknown =>
        expect.stringMatching(
          new RegExp(`:warning.*Error: ${field} must be an integer from 0 to 2\\^53 - 1\\.$`),
        ),
      ),
    );
    expect(lines.join("\n")).not.toMatch(/payload/);
  });

  test("JSON that is none, by the error's name", async () => {
    const { stage, receive } = await connected();
    if (codec === reliableJsonCodec) stage.socket.receiveFrame("payload-1");
    else receive(data({ dataType: "json", json: "payload-1" }), 1);
    expect([stage.client.state, stage.named]).toEqual(["Connected", ["connected A"]]);
    expect(refusals()).toEqual([expect.stringMatching(/: SyntaxError$/)]);
    expect(lines.join("\n")).not.toMatch(/payload/);
  });
});

test("what a codec throws of another realm's SyntaxError isn't logged either", async () => {
  const { parseMessages, ...codec } = WebPubSubJsonReliableProtocol();
  const foreign = runInNewContext("JSON.parse") as typeof JSON.parse;
  const stage = new Stage({
    protocol: {
      ...codec,
      parseMessages: (input) => {
        foreign(input as string);
        return parseMessages(input);
      },
    },
  });
  await stage.connect("A");
  stage.socket.receiveFrame("payload-1");
  expect(lines.filter((line) => line.includes("Could not read a frame"))).toEqual([
    expect.stringMatching(/: SyntaxError$/),
  ]);
});

test("a codec without pings is logged once", async () => {
  const stage = new Stage({
    protocol: {
      name: "no.ping.v1",
      isReliableSubProtocol: false,
      parseMessages: (input) => JSON.parse(input as string) as null,
      writeMessage: (message) => {
        if (message.kind === "ping") throw new Error("Unsupported");
        return "{}";
      },
    },
  });
  await stage.begin();
  stage.socket.receiveOpen();
  stage.socket.receiveFrame({ kind: "connected", connectionId: "A", userId: "u" });
  await turn(300_000);
  expect(lines.filter((line) => /keep-alive is off/i.test(line))).toHaveLength(1);
});

test("nothing is written while the level isn't set", async () => {
  setLogLevel(undefined);
  const stage = new Stage();
  await stage.connect();
  await stage.drop();
  await stage.client.stop();
  expect(lines).toEqual([]);
});

/** A frame as the service writes it. */
function written(codec: Codec, message: ServiceMessage, sequenceId?: number): string | ArrayBuffer {
  const frame = codec.encode(message)?.frame(sequenceId);
  if (frame === undefined) throw new Error(`${codec.name} has no words for ${message.kind}.`);
  return frame.binary ? Uint8Array.from(frame.bytes).buffer : Buffer.from(frame.bytes).toString();
}
