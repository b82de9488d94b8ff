import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebPubSubClientProtocol, WebPubSubMessage } from "web-pubsub-client";
import { ack, fromServer, pong } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const hello = { kind: "connected", userId: "ann", connectionId: "A", reconnectionToken: "t" };
const news = (sequenceId: number): object => ({
  kind: "serverData",
  dataType: "text",
  data: `m${sequenceId}`,
  sequenceId,
});

/** A codec whose frames are the messages themselves, as JSON. */
function codec(more: Partial<WebPubSubClientProtocol> = {}): WebPubSubClientProtocol {
  return {
    name: "custom.v1",
    isReliableSubProtocol: true,
    parseMessages: (input) => JSON.parse(input as string) as WebPubSubMessage[],
    writeMessage: (message) => JSON.stringify(message),
    ...more,
  };
}

async function connect(protocol: WebPubSubClientProtocol): Promise<Stage> {
  const stage = new Stage({ protocol });
  await stage.begin();
  stage.socket.receiveOpen();
  stage.socket.receiveFrame(JSON.stringify(hello));
  await turn();
  return stage;
}

describe("a codec of one's own", () => {
  test("names the subprotocol and writes what is sent", async () => {
    const stage = await connect(codec());
    expect(stage.socket.protocol).toBe("custom.v1");
    follow(stage.client.sendToGroup("g", "x"));
    follow(stage.client.joinGroup("g"));
    expect(stage.socket.sent).toEqual([
      { kind: "sendToGroup", group: "g", ackId: 1, noEcho: false, dataType: "text", data: "x" },
      { kind: "joinGroup", group: "g", ackId: 2 },
    ]);
  });

  test.each([undefined, null, Promise.resolve("{}"), {}, 1])(
    "that writes %o instead of a frame ends the operation with an error that says so",
    async (frame) => {
      const stage = await connect(codec({ writeMessage: () => frame as string }));
      await expect(stage.client.sendToGroup("g", "x")).rejects.toMatchObject({
        code: "InvalidMessage",
        message: "writeMessage must return a string or an ArrayBuffer.",
      });
      expect(stage.client.state).toBe("Connected");
    },
  );

  test("gets bytes as an ArrayBuffer of exactly these bytes", async () => {
    const written: WebPubSubMessage[] = [];
    const stage = await connect(codec({ writeMessage: (message) => (written.push(message), "{}") }));
    follow(stage.client.sendToGroup("g", new Uint8Array([9, 1, 2, 9]).subarray(1, 3)));
    const { data } = written.at(-1) as { data?: ArrayBuffer };
    expect(data).toBeInstanceOf(ArrayBuffer);
    expect(data).toEqual(new Uint8Array([1, 2]).buffer);
  });

  test("may give several messages for one frame", async () => {
    const stage = await connect(codec());
    stage.socket.receiveFrame(JSON.stringify([news(1), news(2)]));
    expect(stage.named).toEqual(["connected A", 'server-message "m1"', 'server-message "m2"']);
  });

  test("may give the connected message and data in one", async () => {
    const stage = new Stage({ protocol: codec() });
    const started = await stage.begin();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(JSON.stringify([hello, news(1)]));
    await turn();
    expect([started.status, stage.named]).toEqual(["resolved", ["connected A", 'server-message "m1"']]);
  });

  test("may give nothing, null, undefined or an empty array", async () => {
    const nothing: unknown[] = [null, undefined, [], [null], [undefined]];
    let next: unknown;
    const stage = await connect(
      codec({
        parseMessages: (input) =>
          input === "nothing" ? (next as null) : (JSON.parse(input as string) as null),
      }),
    );
    for (next of nothing) {
      stage.socket.receiveFrame("nothing");
      expect(stage.client.state).toBe("Connected");
      // Sooner, and the next attempt would be put off.
      await turn(1_000);
      await stage.drop();
      stage.socket.receiveOpen();
      stage.socket.receiveFrame("nothing");
      expect([next, stage.client.state]).toEqual([next, "Connected"]);
    }
  });

  test("that throws while reading harms nothing; what it throws may be anything", async () => {
    const stage = await connect(
      codec({
        parseMessages: (input) => {
          if (input === "bad") throw "a string" as unknown as Error;
          return JSON.parse(input as string) as WebPubSubMessage;
        },
      }),
    );
    stage.socket.receiveFrame("bad");
    stage.socket.receiveFrame(JSON.stringify(news(1)));
    expect(stage.named).toEqual(["connected A", 'server-message "m1"']);
  });

  test("that can't write a message rejects the call with its error", async () => {
    const stage = await connect(
      codec({
        writeMessage: (message) => {
          if (message.kind === "joinGroup") throw new Error("no groups here");
          return JSON.stringify(message);
        },
      }),
    );
    await expect(stage.client.joinGroup("g")).rejects.toMatchObject({
      name: "SendMessageError",
      code: "InvalidMessage",
      message: "no groups here",
    });
  });

  test("that can't write sequence acks: messages still arrive", async () => {
    const stage = await connect(
      codec({
        writeMessage: (message) => {
          if (message.kind === "sequenceAck") throw new Error("unsupported");
          return JSON.stringify(message);
        },
      }),
    );
    stage.socket.receiveFrame(JSON.stringify(news(1)));
    await turn(1_000);
    stage.socket.receiveFrame(JSON.stringify(news(2)));
    expect(stage.named.slice(1)).toEqual(['server-message "m1"', 'server-message "m2"']);
  });

  test("may be binary in both directions", async () => {
    const utf8 = new TextEncoder();
    const text = new TextDecoder();
    const stage = new Stage({
      protocol: codec({
        parseMessages: (input) => JSON.parse(text.decode(input as ArrayBuffer)) as WebPubSubMessage,
        writeMessage: (message) => utf8.encode(JSON.stringify(message)).buffer,
      }),
    });
    await stage.begin();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(utf8.encode(JSON.stringify(hello)).buffer);
    stage.socket.receiveFrame(utf8.encode(JSON.stringify(news(1))).buffer);
    follow(stage.client.sendEvent("e", "x", { fireAndForget: true }));
    const [frame] = stage.socket.raw;
    expect(frame).toBeInstanceOf(ArrayBuffer);
    expect(JSON.parse(text.decode(frame as ArrayBuffer))).toMatchObject({ kind: "sendEvent", event: "e" });
    expect(stage.named).toEqual(["connected A", 'server-message "m1"']);
  });

  test("and its frames above 1 MB are refused", async () => {
    const stage = await connect(codec({ writeMessage: () => new ArrayBuffer((1 << 20) + 1) }));
    await expect(stage.client.joinGroup("g")).rejects.toMatchObject({ code: "InvalidMessage" });
  });
});

describe("JSON", () => {
  test("skips binary frames", async () => {
    const stage = new Stage();
    await stage.connect();
    stage.socket.receiveFrame(new Uint8Array([123, 125]).buffer);
    stage.socket.receiveFrame(fromServer("x", 1));
    expect(stage.named).toEqual(["connected A", 'server-message "x"']);
  });

  test("gives bytes as an ArrayBuffer, JSON as a value, text as a string", async () => {
    const stage = new Stage();
    const seen: unknown[] = [];
    stage.client.on("server-message", ({ message }) => seen.push(message.data));
    await stage.connect();
    const frame = { type: "message", from: "server" };
    stage.socket.receiveFrame({ ...frame, dataType: "binary", data: "eHl6" });
    stage.socket.receiveFrame({ ...frame, dataType: "protobuf", data: "eHl6" });
    stage.socket.receiveFrame({ ...frame, dataType: "json", data: { a: null } });
    stage.socket.receiveFrame({ ...frame, data: 7 });
    stage.socket.receiveFrame({ ...frame, dataType: "text", data: "" });
    const xyz = new TextEncoder().encode("xyz").buffer;
    expect(seen).toEqual([xyz, xyz, { a: null }, 7, ""]);
    expect(seen[0]).toBeInstanceOf(ArrayBuffer);
  });

  test("leaves fields that aren't set off the wire", async () => {
    const stage = new Stage();
    await stage.connect();
    follow(stage.client.sendEvent("e", "x", { fireAndForget: true }));
    expect(stage.socket.raw).toEqual(['{"type":"event","event":"e","dataType":"text","data":"x"}']);
  });
});

describe("a socket class of one's own", () => {
  test("is used for every connection, recoveries too, with URL and subprotocol", async () => {
    const stage = new Stage();
    await stage.connect();
    await stage.drop();
    await stage.recover();
    expect(stage.sockets.map(({ protocol }) => protocol)).toEqual(
      Array(2).fill("json.reliable.webpubsub.azure.v1"),
    );
  });

  test("environment.createWebSocket goes before it", async () => {
    const made: string[] = [];
    class Never {
      constructor() {
        throw new Error("not this one");
      }
    }
    const inner = new Stage();
    await inner.begin();
    const { socket } = inner;
    const stage = new Stage({
      webSocket: Never as never,
      environment: { createWebSocket: (url, protocol) => (made.push(`${protocol} ${url}`), socket) },
    });
    await stage.begin();
    expect(made).toEqual([`json.reliable.webpubsub.azure.v1 ${socket.url.href}`]);
    socket.receiveOpen();
    socket.receiveFrame({ type: "system", event: "connected", connectionId: "A", userId: "ann" });
    socket.receiveFrame(pong);
    const sent = follow(stage.client.joinGroup("g"));
    socket.receiveFrame(ack(1));
    await turn();
    expect([stage.client.state, sent.status]).toEqual(["Connected", "resolved"]);
  });

  test("that throws on a recovery counts as a failed attempt", async () => {
    const stage = new Stage();
    await stage.connect();
    let fails = 2;
    stage.onSocket = () => {
      if (fails-- > 0) throw new Error("no sockets left");
    };
    await stage.drop();
    await turn(7_500);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });
});

test.each([["x"], [42], [true], [["x"]]])(
  "what a codec gives that is no message (%j) is skipped, and said in the log",
  async (given) => {
    const warning = vi.fn();
    const ignore = (): void => undefined;
    let isOdd = false;
    const odd = codec({
      parseMessages: (input) =>
        isOdd ? (given as never) : (JSON.parse(input as string) as WebPubSubMessage[]),
    });
    const stage = new Stage({ protocol: odd, logger: { info: ignore, warning, error: ignore } });
    await stage.begin();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(JSON.stringify(hello));
    await turn();
    isOdd = true;
    stage.socket.receiveFrame(JSON.stringify(news(1)));
    isOdd = false;
    stage.socket.receiveFrame(JSON.stringify(news(2)));
    expect(stage.named).toEqual(["connected A", 'server-message "m2"']);
    expect(warning).toHaveBeenCalledWith("parseMessages must return objects.");
  },
);
