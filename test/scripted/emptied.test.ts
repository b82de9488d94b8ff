import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { GroupState, MessageContent, WebPubSubClient } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const wrong = (value: unknown): never => value as never;

/** What JSON writes as an empty object, and how its kind is named. */
const emptied: [string, unknown][] = [
  ["Blob", new Blob(["x"])],
  ["File", new File(["x"], "x.txt")],
  ["Map", new Map([["a", 1]])],
  ["Set", new Set([1])],
  ["WeakMap", new WeakMap()],
  ["SharedArrayBuffer", new SharedArrayBuffer(8)],
  ["ReadableStream", new ReadableStream()],
  ["Error", new Error("x")],
  ["Promise", Promise.resolve(1)],
  ["RegExp", /x/],
  ["URLSearchParams", new URLSearchParams("a=1")],
  ["FormData", new FormData()],
  ["Headers", new Headers({ a: "1" })],
];

const refusal = (where: string, name: string): string =>
  `${where} is ${name === "Error" ? "an" : "a"} ${name}, which JSON can't hold: send a plain object, an array, text or bytes.`;

/** What JSON writes as it should be, empty or not. */
class Point {
  readonly #hidden = 1;
  readonly x = 1;
  get hidden(): number {
    return this.#hidden;
  }
}
class Tagged {
  readonly [Symbol.toStringTag] = "Tagged";
  readonly x = 1;
}
const written: unknown[] = [
  {},
  [],
  { a: {} },
  [{}, [], null, "{}", 1],
  Object.create(null),
  new Date(0),
  new Point(),
  new Tagged(),
  { toJSON: () => ({}) },
  Object.assign(new Error("x"), { toJSON: () => ({ message: "x" }) }),
  { floats: new Float32Array(0), empty: {} },
  { number: new Number(1), flag: new Boolean(true), text: new String(""), empty: {} },
];

describe.each([
  ["JSON", undefined],
  ["protobuf", WebPubSubProtobufReliableProtocol],
])("over %s", (_format, protocol) => {
  const client = (): WebPubSubClient => {
    const { client } = new Stage(protocol && { protocol: protocol() });
    void client.start().catch(() => undefined);
    return client;
  };

  test.each(emptied)("a %s is refused at the call, at the top and deeper", async (name, value) => {
    const ann = client();
    const content = value as MessageContent;
    const deep = { items: [1, 2, 3, value], other: {} } as MessageContent;
    const calls = [
      ann.sendToGroup("g", content),
      ann.sendEvent("e", content),
      ann.group("g").send(wrong(content)),
      ann.sendToGroup("g", wrong([content]), "json"),
      ann.sendToGroup("g", deep),
    ].map((call) => follow(call));
    await turn();
    expect(calls.map(({ error }) => error?.code)).toEqual(Array(5).fill("InvalidMessage"));
    expect(calls.map(({ error }) => error?.message)).toEqual(
      ["data", "data", "data", "data[0]", "data.items[3]"].map((where) => refusal(where, name)),
    );
  });

  test.each(emptied)(
    "a %s with fields of its own is refused too, since its content is lost",
    async (name, value) => {
      const extended = Object.assign(value as object, { code: "E" });
      const call = follow(client().sendToGroup("g", wrong(extended)));
      await turn();
      delete (extended as { code?: string }).code;
      expect([call.error?.code, call.error?.message]).toEqual(["InvalidMessage", refusal("data", name)]);
    },
  );

  test("so is an object of a class that extends one of them", async () => {
    class Registry extends Map<string, number> {
      readonly name = "registry";
    }
    class HttpError extends Error {
      readonly status = 404;
    }
    const ann = client();
    const calls = [new Registry([["a", 1]]), new HttpError("gone")].map((each) =>
      follow(ann.sendToGroup("g", wrong(each))),
    );
    await turn();
    expect(calls.map(({ error }) => error?.message)).toEqual([
      refusal("data", "Map"),
      refusal("data", "Error"),
    ]);
  });

  test.each(written.map((value) => [value]))("%j is sent", async (value) => {
    const call = follow(client().sendToGroup("g", value as MessageContent));
    await turn();
    expect(call.status).toBe("pending");
  });

  test.each([new Map([["a", "b"]]), new Headers({ a: "b" }), new Error("x")])(
    "%s as metadata is refused",
    async (metadata) => {
      const ann = client();
      const calls = [
        ann.sendToGroup("g", "x", wrong({ metadata })),
        ann.sendEvent("e", "x", wrong({ metadata })),
      ].map((call) => follow(call));
      await turn();
      for (const { error } of calls)
        expect(error).toMatchObject({
          code: "InvalidMessage",
          message: "metadata must be an object of strings.",
        });
    },
  );
});

test.each([new Map([["a", "b"]]), new Error("x"), Object.assign(new Error("x"), { a: "b" })])(
  "%s as a state is refused",
  async (state) => {
    const { client } = new Stage();
    void client.start().catch(() => undefined);
    const set = follow(client.setGroupState("g", state as unknown as GroupState));
    await turn();
    expect(set.error).toMatchObject({
      code: "InvalidMessage",
      message: "state must be an object of strings.",
    });
  },
);

test("invocations and fragments of streams refuse them too; the stream goes on", async () => {
  const stage = new Stage({ random: Math.random });
  await stage.connect();
  const invoked = follow(stage.client.invokeEvent("e", wrong({ a: new Map() })));
  const opened = follow(stage.client.openGroupStream("g", { streamId: "s" }));
  await turn();
  stage.socket.receiveFrame({ type: "streamAck", streamId: "s", expectedSequenceId: 1 });
  await turn();
  const writer = opened.value;
  const written = follow(writer?.write(wrong(new Set([1]))) ?? Promise.resolve());
  const next = follow(writer?.write("next") ?? Promise.resolve());
  await turn();
  expect([invoked.error?.code, invoked.error?.message]).toEqual([
    "InvalidMessage",
    expect.stringMatching(/^data\.a is a Map/),
  ]);
  expect([written.error?.code, written.error?.message]).toEqual([
    "InvalidMessage",
    expect.stringMatching(/^data is a Set/),
  ]);
  expect(next.status).toBe("resolved");
});

describe("options that aren't an object are refused", () => {
  test.each<[string, (client: WebPubSubClient) => Promise<unknown>]>([
    ["sendToGroup", (client) => client.sendToGroup("g", "x", "text", wrong("noEcho"))],
    ["sendEvent", (client) => client.sendEvent("e", "x", "text", wrong(5))],
    ["joinGroup", (client) => client.joinGroup("g", wrong(true))],
    ["leaveGroup", (client) => client.leaveGroup("g", wrong("x"))],
    ["setGroupState", (client) => client.setGroupState("g", {}, wrong("x"))],
    ["subscribeGroupStates", (client) => client.subscribeGroupStates("g", wrong("x"))],
    ["a handle's send", (client) => client.group("g").send("x", wrong("noEcho"))],
    ["invokeEvent", (client) => client.invokeEvent("e", "x", "text", wrong(5_000))],
    ["openGroupStream", (client) => client.openGroupStream("g", wrong("s"))],
  ])("%s", async (_call, call) => {
    const stage = new Stage({ random: Math.random });
    await stage.connect();
    const called = follow(call(stage.client));
    await turn();
    expect(called.error?.message).toBe("options must be an object.");
  });

  test("start", async () => {
    const { client } = new Stage();
    await expect(client.start(wrong("keepTrying"))).rejects.toThrow(
      new TypeError("options must be an object."),
    );
    expect(client.state).toBe("Stopped");
  });

  test("group, messages and onGroupStream", () => {
    const { client } = new Stage();
    const words = new TypeError("options must be an object.");
    expect(() => client.group("g", wrong("x"))).toThrow(words);
    expect(() => client.group("g").messages(wrong(5))).toThrow(words);
    expect(() => client.onGroupStream(() => undefined, wrong("x"))).toThrow(words);
  });
});
