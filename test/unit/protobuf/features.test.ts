import fc from "fast-check";
import { expect, test } from "vitest";
import type { WebPubSubClientProtocol, WebPubSubMessage } from "web-pubsub-client";
import {
  invocationFrames,
  presenceFrames,
  streamFrames,
  WebPubSubProtobufReliableProtocol,
} from "web-pubsub-client/protobuf/core";
import { protobufCodec } from "../../../emulator/src/wire/protobuf.js";
import {
  ackId,
  asTheServiceReads,
  asTheServiceSays,
  bytesOf,
  client,
  content,
  eventName,
  metadata,
  name,
  understood,
} from "./bothSides.js";
import vectors from "./vectors.json" with { type: "json" };

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const words = fc.string({ unit: "grapheme", maxLength: 20 });
const state = fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), words, { maxKeys: 3 });
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const payload = optional(content).map((given) => ({ dataType: given?.dataType, data: given?.data }));

/** Drops what is undefined, as a message without it. */
function made(message: object): WebPubSubMessage {
  const entries = Object.entries(message).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as WebPubSubMessage;
}

const upstream = fc
  .oneof(
    fc.record({
      kind: fc.constant("sendToGroup"),
      group: name,
      noEcho: fc.boolean(),
      stream: fc
        .record({ streamId: name, idleTimeoutInMs: optional(fc.integer({ min: 1, max: 2 ** 32 - 1 })) })
        .map(made),
    }),
    fc
      .record({ event: eventName, invocationId: name, payload, metadata })
      .map(({ payload: given, ...rest }) => ({ kind: "invoke", target: "event", ...rest, ...given })),
    fc.record({ kind: fc.constant("cancelInvocation"), invocationId: name }),
    fc
      .record({ streamId: name, streamSequenceId: id, content })
      .map(({ content: given, ...rest }) => ({ kind: "streamData", ...rest, ...given })),
    fc.record({ kind: fc.constant("streamData"), streamId: name }),
    fc.record({
      kind: fc.constant("streamEnd"),
      streamId: name,
      error: optional(fc.record({ message: optional(words), userErrorCode: optional(words) }).map(made)),
    }),
    fc.record({ kind: fc.constant("setGroupState"), group: name, ackId, state: optional(state) }),
    fc.record({
      kind: fc.constantFrom("subscribeGroupState", "unsubscribeGroupState"),
      group: name,
      ackId,
    }),
  )
  .map(made);

test("the service reads what the client writes for its features", () => {
  fc.assert(
    fc.property(upstream, (sent) => {
      expect(understood(bytesOf(client.writeMessage(sent)))).toEqual(asTheServiceReads(sent));
    }),
  );
});

const failure = fc.record({ name: words, message: words });
const item = fc
  .record({
    connectionId: name,
    userId: optional(name),
    state: optional(state),
    updatedAt: fc.maxSafeNat(),
  })
  .map(made);
const downstream = fc
  .oneof(
    fc.record({ invocationId: name, payload }).map(({ payload: given, invocationId }) => ({
      kind: "invokeResponse",
      invocationId,
      success: true,
      ...given,
    })),
    fc.record({
      kind: fc.constant("invokeResponse"),
      invocationId: name,
      success: fc.constant(false),
      error: failure,
    }),
    fc.record({ kind: fc.constant("streamAck"), streamId: name, expectedSequenceId: id }),
    fc.record({
      kind: fc.constant("streamNack"),
      streamId: name,
      name: words,
      message: words,
      expectedSequenceId: id,
    }),
    fc.record({ kind: fc.constant("streamClosed"), streamId: name, error: optional(failure) }),
    fc
      .record({ group: name, sequenceId: optional(id), streamId: name, streamSequenceId: id, content })
      .map(({ group, sequenceId, streamId, streamSequenceId, content: given }) => ({
        kind: "groupData",
        group,
        fromUserId: "",
        sequenceId,
        ...given,
        stream: { streamId, streamSequenceId },
      })),
    fc.record({
      kind: fc.constantFrom("groupStateUpdate", "groupStateSnapshot"),
      group: name,
      items: fc.array(item, { maxLength: 5 }),
      sequenceId: optional(id),
    }),
  )
  .map(made);

/** JSON content as it is after it has been written. */
function canonical(message: WebPubSubMessage): object {
  const { dataType, data } = message as { dataType?: string; data?: unknown };
  return dataType === "json" ? { ...message, data: JSON.parse(JSON.stringify(data)) as unknown } : message;
}

test("the client reads what the service writes for its features", () => {
  fc.assert(
    fc.property(downstream, (received) => {
      const frame = protobufCodec
        .encode(asTheServiceSays(received))
        ?.frame("sequenceId" in received ? received.sequenceId : undefined);
      if (frame === undefined) throw new Error("not encoded");
      expect(client.parseMessages(frame.bytes)).toEqual(canonical(received));
      const sequenceId = client.readSequenceId?.(frame.bytes);
      expect(sequenceId).toBe("sequenceId" in received ? received.sequenceId : undefined);
    }),
  );
});

test("valid frames with changed, missing and added bytes give a message, null or an error, on both sides", () => {
  const frames = [...vectors.upstream, ...vectors.downstream].map(({ hex }) => Buffer.from(hex, "hex"));
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "add")), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.constantFrom(...frames), damage, (frame, changes) => {
      const bytes = [...frame];
      for (const [at, byte, how] of changes) {
        const position = at % (bytes.length + 1);
        if (how === "set") bytes[position] = byte;
        else if (how === "cut") bytes.splice(position, 1);
        else bytes.splice(position, 0, byte);
      }
      const damaged = Uint8Array.from(bytes);
      expect(["message", "unknown", "invalid", "malformed"]).toContain(
        protobufCodec.decode({ binary: true, bytes: damaged }).kind,
      );
      try {
        const message = client.parseMessages(damaged);
        expect(message === null || "kind" in message).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 5_000 },
  );
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

const core = (...features: Parameters<typeof WebPubSubProtobufReliableProtocol>): WebPubSubClientProtocol =>
  WebPubSubProtobufReliableProtocol(...features);

test.each([
  [invocationFrames, "cancelInvocation", { invocationId: "1" }],
  [presenceFrames, "subscribeGroupState", { group: "room" }],
  [streamFrames, "streamEnd", { streamId: "s" }],
] as const)("the core's protocol carries the frames that it is given", (frames, kind, fields) => {
  const message = { kind, ...fields } as WebPubSubMessage;
  expect(core(frames).writeMessage(message)).toEqual(client.writeMessage(message));
  expect(() => core().writeMessage(message)).toThrow(new RegExp(`${kind}: give it invocationFrames`));
});

test("a sequence id is read also where the core doesn't know the message", () => {
  const message = { kind: "groupStateUpdate", group: "r", items: [], sequenceId: 9 } as const;
  const frame = protobufCodec.encode(asTheServiceSays(message as never))?.frame(9);
  expect(core().parseMessages(frame?.bytes ?? "")).toBeNull();
  expect(core().readSequenceId?.(frame?.bytes ?? "")).toBe(9);
});

test("an array of frames is as good as several arguments", () => {
  const message = { kind: "streamEnd", streamId: "s" } as const;
  expect(core([streamFrames] as never).writeMessage(message)).toEqual(client.writeMessage(message));
  expect(() => core(undefined as never)).toThrow(TypeError);
});

test.each<WebPubSubMessage>([
  { kind: "joinGroup", group: "g\ud800" },
  { kind: "invoke", event: "e", invocationId: "a\udc00", target: "event" },
  { kind: "streamEnd", streamId: "s\ud800" },
  { kind: "setGroupState", group: "g", state: { "k\ud800": "1" } },
  { kind: "sendToGroup", group: "g", noEcho: false, dataType: "text", data: "half \ud83d" },
])("half a surrogate pair is refused: $kind", (message) => {
  expect(() => client.writeMessage(message)).toThrow(/half a surrogate pair/);
});
