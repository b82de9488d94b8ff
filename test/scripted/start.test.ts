import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ConnectionError } from "web-pubsub-client";
import { ack, connected, disconnected } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("start resolves with the connected message, not with the opening", async () => {
  const stage = new Stage();
  const started = await stage.begin();
  stage.socket.receiveOpen();
  await turn(1_000);
  expect([started.status, stage.client.state]).toEqual(["pending", "Connecting"]);
  stage.socket.receiveFrame(connected("A"));
  await turn();
  expect([started.status, stage.client.state]).toEqual(["resolved", "Connected"]);
  expect(stage.journal).toEqual(["=> Connecting", "=> Connected", "connected A"]);
});

test("start rejects while the client isn't stopped, whatever its state", async () => {
  const stage = new Stage({ socket: { closing: "silent" } });
  const attempts: Record<string, unknown> = {};
  const attempt = async (): Promise<void> => {
    const again = follow(stage.client.start());
    await turn();
    attempts[stage.client.state] = again.error;
  };
  await stage.begin();
  await attempt();
  await stage.accept("A");
  await attempt();
  await stage.drop();
  await attempt();
  await stage.drop(1008);
  await stage.drop(1006);
  await attempt();
  await turn(1_000);
  await stage.accept("B");
  void stage.client.stop();
  await attempt();
  expect(Object.keys(attempts)).toEqual([
    "Connecting",
    "Connected",
    "Recovering",
    "Disconnected",
    "Stopping",
  ]);
  for (const error of Object.values(attempts)) expect(error).toMatchObject({ code: "AlreadyStarted" });
  expect(stage.client.state).toBe("Stopping");
});

test("a close before the opening rejects start with code and reason; no event but state-changed", async () => {
  const stage = new Stage();
  const details: unknown[] = [];
  stage.client.on("state-changed", ({ state, code, reason, error }) =>
    details.push({ state, code, reason, error }),
  );
  const started = await stage.begin();
  stage.socket.receiveError(new Error("connect ECONNREFUSED"));
  await stage.drop(1006, "no way");
  const { error } = started;
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ code: "Closed", closeCode: 1006, reason: "no way" });
  expect(error?.cause).toMatchObject({ message: "connect ECONNREFUSED" });
  expect(stage.journal).toEqual(["=> Connecting", "=> Stopped"]);
  expect(details[1]).toEqual({ state: "Stopped", code: 1006, reason: "no way", error });
});

test("a first start is one attempt; afterwards start may be called again", async () => {
  const stage = new Stage();
  const first = await stage.begin();
  await stage.drop();
  await turn(60_000);
  expect([first.status, stage.sockets.length]).toEqual(["rejected", 1]);
  const second = await stage.begin();
  await stage.accept("B");
  expect([second.status, stage.sockets.length]).toEqual(["resolved", 2]);
});

test("a close after the opening but before the connected message fails start too", async () => {
  const stage = new Stage();
  const started = await stage.begin();
  stage.socket.receiveOpen();
  stage.socket.receiveFrame(disconnected("full house"));
  await stage.drop(1008);
  expect(started.error).toMatchObject({ closeCode: 1008 });
  expect(stage.named).toEqual([]);
  const reasons: unknown[] = [];
  stage.client.on("state-changed", ({ reason }) => reasons.push(reason));
  await stage.begin();
  expect(reasons, "the words belong to the attempt that failed").toEqual([undefined]);
});

test("a socket class that throws fails start without a trace of the token", async () => {
  class Unusable {
    constructor(url: string) {
      throw new SyntaxError(`Invalid URL: ${url}`);
    }
  }
  const stage = new Stage({ webSocket: Unusable as never });
  const started = await stage.begin();
  const { error } = started;
  expect(error).toMatchObject({ name: "ConnectionError", code: "Closed" });
  expect(error?.message).toContain("wss://host.example/client/hubs/chat");
  expect(`${error?.message} ${String(error?.cause)} ${error?.stack}`).not.toContain("secret");
  expect(stage.client.state).toBe("Stopped");
});

test("a credential that rejects fails start with its error as the cause", async () => {
  const cause = new Error("negotiate answered 500");
  const stage = new Stage({ credential: { getClientAccessUrl: () => Promise.reject(cause) } });
  const started = await stage.begin();
  expect(started.error).toMatchObject({ code: "Credential", cause });
  expect(stage.journal).toEqual(["=> Connecting", "=> Stopped"]);
});

test("a hung handshake ends after connectTimeoutInMs and its socket is dropped", async () => {
  const stage = new Stage({ connectTimeoutInMs: 3_000 });
  const started = await stage.begin();
  await turn(2_999);
  expect(started.status).toBe("pending");
  await turn(1);
  expect(started.error).toMatchObject({ code: "Timeout" });
  expect(started.error?.message).toContain("3000 ms");
  expect([stage.client.state, stage.socket.terminated]).toEqual(["Stopped", true]);
});

test("an open socket without a connected message ends after 10 s by default", async () => {
  const stage = new Stage();
  const started = await stage.begin();
  stage.socket.receiveOpen();
  await turn(10_000);
  expect(started.error).toMatchObject({ code: "Timeout" });
  expect(stage.socket.terminated).toBe(true);
});

test("a hung credential ends by the same deadline, hears of it, and its late answer opens nothing", async () => {
  let answer: (url: string) => void = () => undefined;
  let signal: { readonly aborted: boolean } | undefined;
  const stage = new Stage({
    credential: {
      getClientAccessUrl: (options) => {
        signal = options?.abortSignal;
        return new Promise((resolve) => (answer = resolve));
      },
    },
  });
  const started = await stage.begin();
  expect(signal?.aborted).toBe(false);
  await turn(10_000);
  expect([started.error?.code, signal?.aborted]).toEqual(["Timeout", true]);
  answer(URL);
  await turn();
  expect(stage.sockets).toHaveLength(0);
});

test("the deadline covers credential and handshake together", async () => {
  const stage = new Stage({
    credential: { getClientAccessUrl: () => new Promise((resolve) => setTimeout(resolve, 9_000, URL)) },
  });
  const started = await stage.begin();
  await turn(9_000);
  expect(stage.sockets).toHaveLength(1);
  await turn(1_000);
  expect(started.error).toMatchObject({ code: "Timeout" });
});

test("operations made while start is under way wait, and reject when it fails", async () => {
  const stage = new Stage();
  await stage.begin();
  const sent = follow(stage.client.sendToGroup("room", "hello"));
  await turn();
  expect(sent.status).toBe("pending");
  await stage.drop(1006);
  expect(sent.error).toMatchObject({ name: "SendMessageError", code: "NotStarted" });
});

function callAll(client: Stage["client"]) {
  return [
    client.joinGroup("g"),
    client.setGroupState("g", { a: "b" }),
    client.sendToGroup("g", "x"),
    client.sendEvent("e", 1),
    client.leaveGroup("g"),
  ].map(follow);
}

test("in Stopped operations wait for `start` for the 3 s of their retries, then they are refused", async () => {
  const stage = new Stage();
  for (const round of [1, 2]) {
    const operations = callAll(stage.client);
    await turn(2_999);
    expect(operations.map(({ status }) => status)).toEqual(operations.map(() => "pending"));
    await turn(1);
    for (const { error } of operations)
      expect(error).toMatchObject({ name: "SendMessageError", code: "NotStarted" });
    expect(vi.getTimerCount()).toBe(0);
    if (round === 1) await stage.connect();
    await stage.client.stop();
  }
  expect(stage.socket.frames()).toEqual([]);
});

test("how long they wait is the total of `messageRetryOptions`", async () => {
  const exponential = { mode: "Exponential", retryDelayInMs: 100, maxRetryDelayInMs: 300 } as const;
  for (const [messageRetryOptions, total] of [
    [{ maxRetries: 0 }, 0],
    [{ maxRetries: 2, retryDelayInMs: 50 }, 100],
    [{ ...exponential, maxRetries: 4 }, 900],
  ] as const) {
    const { client } = new Stage({ messageRetryOptions });
    const early = follow(client.joinGroup("g"));
    await turn(Math.max(0, total - 1));
    if (total > 0) expect(early.status).toBe("pending");
    await turn(1);
    expect(early.error).toMatchObject({ code: "NotStarted" });
  }
});

test("with `start` in time they are sent in the order of the calls", async () => {
  const stage = new Stage();
  const operations = callAll(stage.client);
  await turn(2_000);
  await stage.begin();
  await turn(5_000);
  const late = follow(stage.client.sendToGroup("g", "late"));
  await stage.accept();
  const { socket } = stage;
  for (let sent = -1; sent < socket.frames().length;) {
    sent = socket.frames().length;
    for (const { ackId } of socket.frames()) socket.receiveFrame(ack(ackId));
    await turn();
  }
  // Calls about one group are sent one at a time; the others don't wait for them.
  const free = socket.frames().filter(({ type }) => type === "sendToGroup" || type === "event");
  expect(free.map(({ data }) => data)).toEqual(["x", 1, "late"]);
  const about = socket.frames().filter((frame) => !free.includes(frame));
  expect(about.map(({ type }) => type)).toEqual(["joinGroup", "setGroupState", "leaveGroup"]);
  for (const { status } of [...operations, late]) expect(status).toBe("resolved");
});

test("`const p = client.joinGroup(); await client.start(); await p;` joins", async () => {
  const stage = new Stage();
  const joining = follow(stage.client.joinGroup("g"));
  const socket = await stage.connect();
  socket.receiveFrame(ack(1));
  await turn();
  expect([joining.status, stage.client.group("g").status]).toEqual(["resolved", "joined"]);
});

test("an abort and a stop end what waits for `start`; a failed `start` refuses it", async () => {
  const stage = new Stage();
  const abort = new AbortController();
  const aborted = follow(stage.client.sendToGroup("g", "x", { abortSignal: abort.signal }));
  const waiting = follow(stage.client.sendToGroup("g", "y"));
  abort.abort();
  await turn();
  expect([aborted.error, waiting.status]).toMatchObject([{ code: "Aborted" }, "pending"]);
  await stage.begin();
  await stage.drop(1006);
  expect(waiting.error).toMatchObject({ code: "NotStarted", cause: { closeCode: 1006 } });
});

test("a client starts and stops again and again, with its listeners", async () => {
  const stage = new Stage();
  for (const id of ["A", "B", "C"]) {
    await stage.connect(id);
    await stage.client.stop();
  }
  expect(stage.named).toEqual(
    ["A", "B", "C"].flatMap((id) => [`connected ${id}`, `disconnected ${id}`, "stopped"]),
  );
});
