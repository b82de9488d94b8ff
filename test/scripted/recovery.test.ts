import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebPubSubJsonProtocol } from "web-pubsub-client";
import { connected, disconnected, fromGroup, pong } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an intended stop recovers nothing", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.client.stop();
  await turn(60_000);
  expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
  expect(stage.sockets).toHaveLength(1);
});

test("recovering comes within the close, before the next socket; the next one asks for the connection", async () => {
  const stage = new Stage();
  await stage.connect("A", "t1");
  const seen: unknown[] = [];
  stage.client.on("recovering", (args) => seen.push(args, stage.sockets.length, stage.client.state));
  stage.socket.receiveClose(1006);
  expect(seen).toEqual([{ connectionId: "A" }, 1, "Recovering"]);
  await turn();
  expect(stage.sockets).toHaveLength(2);
  expect(stage.socket.url.searchParams.get("awps_connection_id")).toBe("A");
  expect(stage.socket.url.searchParams.get("awps_reconnection_token")).toBe("t1");
  expect(stage.socket.url.searchParams.get("access_token")).toBe("secret");
  expect(stage.socket.url.pathname).toBe("/client/hubs/chat");
  expect(stage.socket.protocol).toBe("json.reliable.webpubsub.azure.v1");
});

describe("W17: proof", () => {
  test("an open socket is none: the client pings at once and waits", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    stage.socket.receiveOpen();
    expect(stage.socket.sent).toEqual([{ type: "ping" }]);
    await turn(5_000);
    expect(stage.client.state).toBe("Recovering");
    expect(stage.named).toEqual(["connected A", "recovering A"]);
  });

  test.each([
    ["a pong", pong],
    ["a connected message with the same id", connected("A")],
    ["a data message", fromGroup("x", 1)],
    ["a frame of an unknown kind", { type: "news" }],
    ["a frame that can't be read", "{"],
  ])("%s is one", async (_name, frame) => {
    const stage = new Stage();
    await stage.connect("A");
    const listener = vi.fn((args: object) => [
      Object.keys(args),
      stage.client.state,
      stage.socket.readyState,
    ]);
    stage.client.on("recovered", listener);
    await stage.drop();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(frame);
    expect(listener).toHaveBeenCalledExactlyOnceWith({ connectionId: "A" });
    expect(listener).toHaveReturnedWith([["connectionId"], "Connected", 1]);
    expect(stage.journal.filter((entry) => !entry.startsWith("group"))).toEqual([
      "=> Connecting",
      "=> Connected",
      "connected A",
      "=> Recovering",
      "recovering A",
      "=> Connected",
      "recovered A",
    ]);
  });

  test("recovered comes before the message that proved it", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    stage.socket.receiveOpen();
    stage.socket.receiveFrame(fromGroup("x", 1));
    expect(stage.named.slice(-2)).toEqual(["recovered A", 'group-message "x"']);
  });

  test("none within connectTimeoutInMs ends the attempt", async () => {
    const stage = new Stage({ connectTimeoutInMs: 4_000 });
    await stage.connect("A");
    await stage.drop();
    const second = stage.socket;
    second.receiveOpen();
    await turn(4_000);
    expect(second.terminated).toBe(true);
    await turn(2_500);
    expect(stage.sockets).toHaveLength(3);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("sends wait for it", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    const sent = follow(stage.client.sendEvent("e", "x", "text", { fireAndForget: true }));
    stage.socket.receiveOpen();
    await turn();
    expect([sent.status, stage.socket.frames()]).toEqual(["pending", []]);
    stage.socket.receiveFrame(pong);
    await turn();
    expect(sent.value).toEqual({ isDuplicated: false });
    expect(stage.socket.frames()).toEqual([{ type: "event", event: "e", dataType: "text", data: "x" }]);
  });

  test("fire-and-forget from within recovered goes out at once", async () => {
    const stage = new Stage();
    await stage.connect("A");
    const results: unknown[] = [];
    stage.client.on("recovered", () => {
      void stage.client
        .sendEvent("e", "x", "text", { fireAndForget: true })
        .then((result) => results.push(result));
    });
    await stage.drop();
    await stage.recover();
    expect(results).toEqual([{ isDuplicated: false }]);
    expect(stage.socket.frames("event")).toHaveLength(1);
  });
});

describe("falls back to a new connection, without recovery events", () => {
  test.each([
    ["close code 1008", 1008, "t", undefined],
    ["a codec that isn't reliable", 1006, "t", WebPubSubJsonProtocol()],
    ["no token", 1006, "", undefined],
  ])("%s", async (_name, code, token, protocol) => {
    const stage = new Stage({ autoReconnect: false, protocol });
    await stage.connect("A", token);
    await stage.drop(code);
    expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
    expect(stage.sockets).toHaveLength(1);
  });

  test("no connection id", async () => {
    const stage = new Stage({ autoReconnect: false });
    await stage.connect("");
    await stage.drop();
    expect(stage.named).toEqual(["connected ", "disconnected ", "stopped"]);
    expect(stage.sockets).toHaveLength(1);
  });
});

describe("one episode", () => {
  test("30 s used up, autoReconnect false: disconnected and stopped", async () => {
    const stage = new Stage({ autoReconnect: false });
    await stage.connect("A");
    await stage.drop();
    await turn(29_999);
    expect(stage.client.state).toBe("Recovering");
    await turn(1);
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "stopped"]);
    expect(stage.client.state).toBe("Stopped");
  });

  test("30 s used up, autoReconnect true: a new connection", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    await turn(30_000);
    expect(stage.client.state).toBe("Disconnected");
    // Half of the 5 s over which what is left of a crowd is spread.
    await turn(2_500);
    expect(stage.socket.url.href).toBe(URL);
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "connected B"]);
  });

  test("failed attempts raise nothing; the next drop is a new episode", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    await stage.drop();
    await turn(2_500);
    await stage.drop();
    await turn(5_000);
    expect(stage.sockets).toHaveLength(4);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
    await stage.drop();
    await stage.recover();
    expect(stage.named.slice(3)).toEqual(["recovering A", "recovered A"]);
    expect(stage.sockets).toHaveLength(5);
  });

  test("open and closed with 1008 in one turn: not recovered", async () => {
    const stage = new Stage({ autoReconnect: false });
    await stage.connect("A");
    await stage.drop();
    stage.socket.receiveOpen();
    await stage.drop(1008);
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "stopped"]);
  });

  test("open and closed with 1006 in one turn: still the same episode", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    stage.socket.receiveOpen();
    await stage.drop(1006);
    expect(stage.named).toEqual(["connected A", "recovering A"]);
    await turn(2_500);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });
});

test("another id in the connected message is a new connection", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop();
  await stage.accept("B");
  expect(stage.journal.slice(3)).toEqual([
    "=> Recovering",
    "recovering A",
    "=> Connected",
    "disconnected A",
    "connected B",
  ]);
  expect(stage.client.connectionId).toBe("B");
});

test("another id after a proof by something else is a new connection too", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop();
  await stage.recover();
  stage.socket.receiveFrame(connected("B"));
  expect(stage.named.slice(2)).toEqual(["recovered A", "disconnected A", "connected B"]);
});

test("a new token is used by the next recovery, an old one kept where none comes", async () => {
  const stage = new Stage();
  await stage.connect("A", "t1");
  const tokens: unknown[] = [];
  stage.onSocket = ({ url }) => tokens.push(url.searchParams.get("awps_reconnection_token"));
  await stage.drop();
  await stage.accept("A", "t2");
  await stage.drop();
  await stage.accept("A", "");
  await turn(1_000);
  await stage.drop();
  expect(tokens).toEqual(["t1", "t2", "t2"]);
});

test("what was missed comes once, the credential is asked once, connected is told once", async () => {
  const getClientAccessUrl = vi.fn(async () => URL);
  const stage = new Stage({ credential: { getClientAccessUrl } });
  await stage.connect("A");
  stage.socket.receiveFrame(fromGroup("before", 1));
  await stage.drop();
  await stage.accept("A");
  stage.socket.receiveFrame(fromGroup("before", 1));
  stage.socket.receiveFrame(fromGroup("after", 2));
  expect(stage.named).toEqual([
    "connected A",
    'group-message "before"',
    "recovering A",
    "recovered A",
    'group-message "after"',
  ]);
  expect(getClientAccessUrl).toHaveBeenCalledTimes(1);
});

test("a disconnected message doesn't rule out a recovery; its words reach state-changed", async () => {
  const stage = new Stage();
  await stage.connect("A");
  const reasons: unknown[] = [];
  stage.client.on("state-changed", ({ state, code, reason }) => reasons.push([state, code, reason]));
  stage.socket.receiveFrame(disconnected("moving house"));
  await stage.drop(1000);
  await stage.recover();
  expect(reasons).toEqual([
    ["Recovering", 1000, "moving house"],
    ["Connected", undefined, undefined],
  ]);
  await stage.drop(1008);
  expect(reasons[2]).toEqual(["Disconnected", 1008, undefined]);
});
