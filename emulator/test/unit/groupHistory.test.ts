import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebPubSubClient } from "web-pubsub-client";
import {
  type GroupHistory,
  type HistoryMessage,
  type HistoryOptions,
  type HubHandle,
  createService,
} from "web-pubsub-emulator/browser";

interface Scene {
  readonly hub: HubHandle;
  readonly history: GroupHistory;
  readonly warnings: string[];
  send(...texts: string[]): void;
}

function open(options?: HistoryOptions): Scene {
  const warnings: string[] = [];
  const service = createService({ log: ({ message }) => warnings.push(message) });
  onTestFinished(() => service.close());
  const hub = service.hub("chat");
  const history = hub.history("room", options);
  return {
    hub,
    history,
    warnings,
    send: (...texts) => texts.forEach((text) => hub.sendToGroup("room", text)),
  };
}

const data = (messages: readonly HistoryMessage[]): unknown[] => messages.map((message) => message.data);

describe("pages", () => {
  test("without after the newest ones, else those that come next, always in the order of sending", () => {
    const { history, send } = open();
    send("a", "b", "c", "d", "e");
    const page = (...args: Parameters<typeof history.messages>) => data(history.messages(...args));
    expect(page()).toEqual(["a", "b", "c", "d", "e"]);
    expect(page({ limit: 2 })).toEqual(["d", "e"]);
    expect(page({ after: 2 })).toEqual(["c", "d", "e"]);
    expect(page({ after: 2, limit: 2 })).toEqual(["c", "d"]);
    expect(page({ before: 4 })).toEqual(["a", "b", "c"]);
    expect(page({ before: 4, limit: 2 })).toEqual(["b", "c"]);
    expect(page({ after: 1, before: 5, limit: 2 })).toEqual(["b", "c"]);
    expect(page({ after: 5 })).toEqual([]);
    expect(page({ after: 4, before: 2 })).toEqual([]);
    expect(page({ after: undefined, before: undefined, limit: undefined })).toHaveLength(5);
    // As it comes from a URL.
    expect(page({ after: "2", limit: 1 })).toEqual(["c"]);
    expect(history.messages({ after: 4 })).toEqual([
      {
        id: 5,
        group: "room",
        dataType: "text",
        data: "e",
        fromUserId: undefined,
        metadata: undefined,
        sentAt: expect.any(Number) as unknown,
      },
    ]);
  });

  test("pages one after the other give everything once and in order, in both directions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), (count, limit) => {
        const { history, send } = open();
        const all = Array.from({ length: count }, (_, index) => `m${index}`);
        send(...all);
        const forwards: HistoryMessage[] = [];
        const [first] = history.messages();
        if (first !== undefined) forwards.push(first);
        for (;;) {
          const page = first && history.messages({ after: forwards.at(-1)?.id, limit });
          if (page === undefined || page.length === 0) break;
          forwards.push(...page);
        }
        let backwards: HistoryMessage[] = [];
        for (;;) {
          const page = history.messages({ before: backwards[0]?.id, limit });
          if (page.length === 0) break;
          backwards = [...page, ...backwards];
        }
        expect([data(forwards), data(backwards)]).toEqual([all, all]);
      }),
      { numRuns: 50 },
    );
  });

  test("an id that isn't kept is told: what came after it can't be known", () => {
    const { history, send } = open();
    send("a");
    expect(() => history.messages({ after: 7 })).toThrow(
      new RangeError(
        "after: no message with the id 7 is kept. It was sent before the history began, was dropped, or was never sent to this group.",
      ),
    );
    expect(() => history.messages({ before: "x" })).toThrow(/before: no message with the id "x" is kept/);
    history.clear();
    expect(() => history.messages({ after: 1 })).toThrow(/is kept/);
  });

  test("bad input is told", () => {
    const { hub, history } = open();
    expect(() => history.messages({ limit: 0 })).toThrow(/limit must be a number from 1 to/);
    expect(() => history.messages({ limit: 1.5 })).toThrow("limit must be an integer");
    expect(() => history.messages({ after: null as never })).toThrow(
      "after must be a string or a finite number",
    );
    expect(() => history.messages({ from: 1 } as never)).toThrow('page has no "from"');
    expect(() => hub.history("")).toThrow("group must be");
    expect(() => hub.history("x", { maxMessages: 0 })).toThrow("maxMessages must be");
    expect(() => hub.history("x", { maxBytes: "1" as never })).toThrow("maxBytes must be");
    expect(() => hub.history("x", { id: "id" as never })).toThrow("id must be a function");
    expect(() => hub.history("x", { ids: 1 } as never)).toThrow('options has no "ids" (did you mean id?)');
    // What was refused has begun nothing.
    expect(hub.history("x", { maxMessages: 1 }).length).toBe(0);
  });
});

describe("what is kept", () => {
  test("begins with the first call, which alone takes options, and goes on after clear", () => {
    const { hub, history, send } = open({ maxMessages: 2 });
    hub.sendToGroup("other", "not kept");
    expect(hub.history("other").length).toBe(0);
    send("a", "b", "c");
    expect(data(hub.history("room").messages())).toEqual(["b", "c"]);
    expect(() => hub.history("room", {})).toThrow(
      'The messages of group "room" are kept already: call history without options.',
    );
    history.clear();
    expect([history.length, history.messages()]).toEqual([0, []]);
    send("d");
    expect(history.messages()).toMatchObject([{ id: 4, data: "d" }]);
  });

  test("is bounded: the oldest are dropped, by number and by bytes", () => {
    const byNumber = open({ maxMessages: 3 });
    byNumber.send("a", "b", "c", "d");
    expect(data(byNumber.history.messages())).toEqual(["b", "c", "d"]);
    expect(byNumber.history.length).toBe(3);
    expect(() => byNumber.history.messages({ after: 1 })).toThrow(/is kept/);

    const byBytes = open({ maxBytes: 11 });
    byBytes.send("1234", "5678", "90");
    expect(byBytes.history.length).toBe(3);
    byBytes.hub.sendToGroup("room", { a: 1 }, { metadata: { k: "v" } });
    expect(data(byBytes.history.messages())).toEqual(["90", { a: 1 }]);
    // One that is too large for the whole history.
    byBytes.send("x".repeat(12), "y");
    expect(data(byBytes.history.messages())).toEqual(["y"]);
  });

  test("has every type of data, as clients get it, and gives copies", () => {
    const { hub, history } = open();
    const bytes = new Uint8Array([1, 2, 3]);
    hub.sendToGroup("room", "text");
    hub.sendToGroup("room", { json: [1] }, { metadata: { lang: "en" } });
    hub.sendToGroup("room", null);
    hub.sendToGroup("room", bytes);
    hub.sendToGroup("room", bytes, { dataType: "protobuf" });
    bytes.fill(0);
    const read = () =>
      history.messages().map(({ dataType, data: value, metadata }) => [dataType, value, metadata]);
    const expected = [
      ["text", "text", undefined],
      ["json", { json: [1] }, { lang: "en" }],
      ["json", null, undefined],
      ["binary", new Uint8Array([1, 2, 3]).buffer, undefined],
      ["protobuf", new Uint8Array([1, 2, 3]).buffer, undefined],
    ];
    expect(read()).toEqual(expected);
    // Who changes what they got changes no message.
    for (const [, value] of read()) {
      if (value instanceof ArrayBuffer) new Uint8Array(value).fill(9);
      else if (typeof value === "object" && value !== null) Object.assign(value, { json: "changed" });
    }
    expect(read()).toEqual(expected);
  });
});

describe("ids of one's own", () => {
  const id: HistoryOptions["id"] = (message) => (message.data as { id: string }).id;

  test("come from the messages, and of several with one id the first is kept", () => {
    const { hub, history } = open({ id, maxMessages: 3 });
    for (const given of ["x", "y", "x", "z"]) hub.sendToGroup("room", { id: given });
    expect(history.messages().map((message) => message.id)).toEqual(["x", "y", "z"]);
    expect(data(history.messages({ after: "x", before: "z" }))).toEqual([{ id: "y" }]);
    hub.sendToGroup("room", { id: "w" });
    // It was dropped, so it is new.
    hub.sendToGroup("room", { id: "x" });
    expect(history.messages().map((message) => message.id)).toEqual(["z", "w", "x"]);
  });

  test("a message without a usable id is kept, and delivered, and a function that throws is told", () => {
    const { hub, history, warnings } = open({ id });
    hub.sendToGroup("room", { id: "x" });
    hub.sendToGroup("room", null);
    hub.sendToGroup("room", { id: Number.NaN });
    hub.sendToGroup("room", "no id");
    hub.sendToGroup("room", { id: 2 });
    expect(history.messages({ after: "x" }).map((message) => message.id)).toEqual([
      undefined,
      undefined,
      undefined,
      2,
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The history of group "room" keeps a message without an id, as its function id failed: TypeError/,
      ) as unknown,
    ]);
  });

  test("a history is there for the one whom a message reaches", async () => {
    const service = createService();
    onTestFinished(() => service.close());
    const history = service.hub("chat").history("room", { id });
    const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
    await using client = new WebPubSubClient(
      { getClientAccessUrl: () => service.clientAccessUrl("chat", { userId: "ann", roles }) },
      { webSocket: service.webSocket },
    );
    await client.start();
    const heard: unknown[] = [];
    client.group("room").subscribe(({ data: value }) => heard.push(value));
    await expect.poll(() => client.group("room").status).toBe("joined");
    // What is kept in the moment in which the message is handed to the socket.
    const found: unknown[] = [];
    service.trace(({ direction, type }) => {
      if (direction === "out" && type === "groupData") found.push(...history.messages());
    });
    await client.group("room").send({ id: "m1" });
    await expect.poll(() => heard).toEqual([{ id: "m1" }]);
    expect(found).toMatchObject([{ id: "m1", fromUserId: "ann" }]);
  });
});
