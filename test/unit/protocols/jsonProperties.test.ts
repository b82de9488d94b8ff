import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { WebPubSubClient, WebPubSubJsonReliableProtocol, type WebPubSubMessage } from "web-pubsub-client";
import { settle, VirtualWorld } from "../support/virtualWorld.js";

// Property tests take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const protocol = WebPubSubJsonReliableProtocol();
const read = (frame: string): unknown => protocol.parseMessages(frame);
const write = (message: unknown): string => protocol.writeMessage(message as WebPubSubMessage) as string;

/** JSON as it is after one trip: without -0. */
const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const text = fc.string({ unit: "binary", maxLength: 50 });
const bytes = fc.uint8Array({ maxLength: 50 }).map((each) => new Uint8Array(each).buffer);
const payload = fc.oneof(
  fc.record({ dataType: fc.constant("text"), data: text }),
  fc.record({ dataType: fc.constant("json"), data: json }),
  fc.record({ dataType: fc.constantFrom("binary", "protobuf"), data: bytes }),
);
const error = fc.record({ name: text, message: text });

describe("round trips", () => {
  test("what is published is what is delivered", () => {
    fc.assert(
      fc.property(payload, text, ({ dataType, data }, group) => {
        const sent = JSON.parse(
          write({ kind: "sendToGroup", group, noEcho: false, dataType, data }),
        ) as object;
        const delivered = JSON.stringify({ ...sent, type: "message", from: "group", fromUserId: "ann" });
        expect(read(delivered)).toEqual({ kind: "groupData", group, fromUserId: "ann", dataType, data });
      }),
    );
  });

  test("messages that go both ways come back as they were", () => {
    const both = fc.oneof(
      fc.record({ kind: fc.constant("cancelInvocation"), invocationId: text }),
      fc
        .tuple(
          fc.record({ invocationId: text, success: fc.boolean() }),
          payload,
          fc.option(error, { nil: undefined }),
        )
        .map(([answer, content, failure]) => ({
          kind: "invokeResponse",
          ...answer,
          ...content,
          error: failure,
        })),
    );
    fc.assert(
      fc.property(both, (message) => {
        expect(read(write(message))).toEqual(message);
      }),
    );
  });
});

const names = [
  ...["type", "event", "from", "dataType", "data", "ackId", "success", "error", "name", "message", "group"],
  ...["connectionId", "userId", "reconnectionToken", "sequenceId", "stream", "streamId", "streamSequenceId"],
  ...["endOfStream", "expectedSequenceId", "invocationId", "items", "updatedAt", "state", "metadata"],
  ...["__proto__", "constructor", "prototype", "toString", "then", "toJSON"],
];
const words = [
  ...[
    "message",
    "ack",
    "pong",
    "system",
    "connected",
    "disconnected",
    "group",
    "server",
    "text",
    "json",
    "binary",
  ],
  ...["protobuf", "invokeResponse", "cancelInvocation", "streamAck", "streamNack", "streamClosed"],
  ...["groupStateSnapshot", "groupStateUpdate", "a", "1", "====", "eHl6", "%", "Duplicate", "Forbidden"],
];
const numbers = [0, -1, 1, 0.5, 2 ** 53, 1e308, -1e308, Number.MAX_SAFE_INTEGER];

/** Frames that look like the protocol's and are wrong in any place. */
const { hostile } = fc.letrec<{ hostile: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(...words),
    fc.constantFrom<unknown>(...numbers, null, true, false),
    fc.string(),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("hostile"),
  ),
  hostile: fc
    .array(fc.tuple(fc.constantFrom(...names), tie("value")), { maxLength: 6 })
    // `fromEntries` makes an own property of `__proto__`, as JSON.parse does.
    .map((entries) => Object.fromEntries(entries)),
}));

const kinds = ["message", "ack", "system", "invokeResponse", "streamAck", "streamNack", "streamClosed"];
const frame = fc
  .tuple(fc.constantFrom(...kinds, "groupStateUpdate", "groupStateSnapshot", undefined), hostile)
  .map(([type, fields]) => JSON.stringify(type === undefined ? fields : { ...(fields as object), type }));

const raw = fc.oneof(
  { weight: 6, arbitrary: frame },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(frame, fc.nat(60))
      .map(([whole, cut]) => whole.slice(0, Math.max(0, whole.length - cut))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(`${"[".repeat(100_000)}`, `{"type":"ack","ackId":1e999}`, "\uFEFF{}"),
  },
);

/** What every object would inherit. */
const inherited = (): string[] => Object.getOwnPropertyNames(Object.prototype).sort();
const CLEAN = inherited();

const isWord = (value: unknown): boolean => value === undefined || typeof value === "string";

describe("hostile input", () => {
  test("gives a message, null or an Error, and pollutes nothing", () => {
    fc.assert(
      fc.property(raw, (input) => {
        let message: unknown;
        try {
          message = read(input);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Error);
          return;
        }
        expect(inherited()).toEqual(CLEAN);
        if (message === null) return;
        const fields = message as Record<string, unknown>;
        expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
        expect(typeof fields.kind).toBe("string");
        // What the client puts into its own words, URLs and maps is what it takes it for.
        for (const name of [
          "connectionId",
          "userId",
          "reconnectionToken",
          "group",
          "fromUserId",
          "streamId",
          "name",
        ]) {
          expect(isWord(fields[name])).toBe(true);
        }
        for (const name of ["ackId", "sequenceId", "expectedSequenceId"]) {
          expect(fields[name] === undefined || Number.isSafeInteger(fields[name])).toBe(true);
        }
        for (const given of [fields.error, (fields.stream as { error?: unknown } | undefined)?.error]) {
          expect(given === undefined || Object.values(given as object).every(isWord)).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("nested deeper than any stack is an Error or a message", () => {
    const deep = `{"type":"message","from":"server","data":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    let outcome: unknown;
    try {
      outcome = read(deep);
    } catch (thrown) {
      outcome = thrown;
    }
    expect(outcome instanceof Error || (outcome as { kind?: unknown }).kind === "serverData").toBe(true);
  });

  test("own properties named __proto__ stay data", () => {
    const message = read(`{"type":"message","from":"server","data":{"__proto__":{"admin":true}}}`);
    const { data } = message as { data: object };
    expect(Object.getOwnPropertyNames(data)).toEqual(["__proto__"]);
    expect("admin" in {}).toBe(false);
    expect(read(`{"__proto__":{"type":"pong"}}`)).toBeNull();
  });

  test("never throws out of the socket's callback, nor stops the client", async () => {
    const world = new VirtualWorld();
    const client = new WebPubSubClient("ws://host/client/hubs/chat", { environment: world });
    const started = client.start();
    await settle();
    world.socket.opens();
    const connected = {
      type: "system",
      event: "connected",
      connectionId: "c",
      userId: "u",
      reconnectionToken: "t",
    };
    world.socket.receives(connected);
    await started;
    const operations = Array.from({ length: 50 }, () =>
      client.joinGroup("g").catch((reason: Error) => reason),
    );
    fc.assert(
      fc.property(raw, (input) => {
        world.socket.onmessage?.({ data: input } as never);
        expect(client.state).toBe("Connected");
      }),
      { numRuns: 3_000 },
    );
    const stopped = client.stop();
    await world.pass(50);
    await stopped;
    for (const outcome of await Promise.all(operations)) {
      expect(outcome instanceof Error || "ackId" in outcome).toBe(true);
    }
  });
});
