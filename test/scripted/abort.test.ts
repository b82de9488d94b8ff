import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, connected } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const aborted = {
  name: "SendMessageError",
  code: "Aborted",
  cause: { name: "AbortError" },
};

describe("start", () => {
  test("aborted before: rejects at once, asks for nothing, stays Stopped", async () => {
    const getClientAccessUrl = vi.fn(() => new Promise<string>(() => undefined));
    const stage = new Stage({ credential: { getClientAccessUrl } });
    await expect(stage.client.start({ abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(getClientAccessUrl).not.toHaveBeenCalled();
    expect([stage.journal, stage.client.state]).toEqual([[], "Stopped"]);
  });

  test.each(["credential", "handshake", "connected message"])("hanging at the %s", async (where) => {
    const stage = new Stage(
      where === "credential"
        ? { credential: { getClientAccessUrl: () => new Promise(() => undefined) } }
        : {},
    );
    const abort = new AbortController();
    const started = follow(stage.client.start({ abortSignal: abort.signal }));
    await turn();
    if (where === "connected message") stage.socket.receiveOpen();
    await turn(1_000);
    abort.abort();
    expect(stage.client.state).toBe("Stopped");
    await turn();
    expect(started.error).toMatchObject({ name: "AbortError" });
    expect(stage.journal).toEqual(["=> Connecting", "=> Stopped"]);
    if (where !== "credential") expect(stage.socket.terminated).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("the client starts again afterwards", async () => {
    const stage = new Stage();
    const abort = new AbortController();
    const started = follow(stage.client.start({ abortSignal: abort.signal }));
    await turn();
    const old = stage.socket;
    abort.abort();
    await turn();
    expect(started.status).toBe("rejected");
    await stage.connect("B");
    old.late.open();
    old.late.frame(connected("A"));
    old.late.close();
    expect(stage.named).toEqual(["connected B"]);
  });

  test("once connected the signal means nothing any more, nor while connecting anew", async () => {
    const stage = new Stage();
    const abort = new AbortController();
    void stage.client.start({ abortSignal: abort.signal });
    await turn();
    await stage.accept("A", "");
    await stage.drop();
    abort.abort();
    await turn();
    expect(stage.client.state).toBe("Connecting");
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "disconnected A", "connected B"]);
  });

  test("the listener on the signal is taken off when start settles", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const stage = new Stage();
    void stage.client.start({ abortSignal: signal });
    await turn();
    await stage.accept();
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });
});

describe("operations", () => {
  test("aborted before the call: nothing is sent, no id is used up, nothing is left behind", async () => {
    const stage = new Stage();
    await stage.connect();
    const abortSignal = AbortSignal.abort();
    const { client } = stage;
    for (const operation of [
      client.joinGroup("g", { abortSignal }),
      client.leaveGroup("g", { abortSignal }),
      client.sendToGroup("g", "x", { abortSignal }),
      client.sendEvent("e", "x", { abortSignal }),
      client.sendEvent("e", "x", { abortSignal, fireAndForget: true }),
    ]) {
      await expect(operation).rejects.toMatchObject(aborted);
    }
    expect(stage.socket.frames()).toEqual([]);
    void client.sendToGroup("g", "y");
    expect(stage.socket.frames()).toMatchObject([{ ackId: 1, data: "y" }]);
    await stage.drop();
    await stage.recover();
    expect(stage.socket.frames()).toMatchObject([{ ackId: 1, data: "y" }]);
  });

  test("while it waits for a connection: it is never sent", async () => {
    const stage = new Stage();
    await stage.connect();
    await stage.drop();
    const abort = new AbortController();
    const sent = follow(stage.client.sendToGroup("g", "x", { abortSignal: abort.signal }));
    const other = follow(stage.client.sendToGroup("g", "y"));
    abort.abort();
    await turn();
    expect(sent.error).toMatchObject(aborted);
    await stage.recover();
    expect(stage.socket.frames("sendToGroup")).toMatchObject([{ data: "y", ackId: 2 }]);
    stage.socket.receiveFrame(ack(2));
    await turn();
    expect(other.status).toBe("resolved");
  });

  test("after sending: rejects at once, the id is never used again, a late ack is ignored", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const sent = follow(stage.client.sendToGroup("g", "x", { abortSignal: abort.signal }));
    expect(stage.socket.frames()).toMatchObject([{ ackId: 1 }]);
    abort.abort();
    await turn();
    expect(sent.error).toMatchObject({ ...aborted, ackId: 1 });
    const next = follow(stage.client.sendToGroup("g", "y"));
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect([stage.socket.frames()[1]?.["ackId"], next.status]).toEqual([2, "pending"]);
    await stage.drop();
    await stage.recover();
    expect(stage.socket.frames("sendToGroup"), "what was aborted isn't sent again").toMatchObject([
      { ackId: 2 },
    ]);
  });

  test("between retries: rejects at once and isn't sent again", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const sent = follow(stage.client.sendToGroup("g", "x", { abortSignal: abort.signal }));
    stage.socket.receiveFrame(ack(1, "InternalServerError"));
    await turn(500);
    abort.abort();
    await turn();
    expect(sent.error).toMatchObject(aborted);
    await turn(60_000);
    expect(stage.socket.frames("sendToGroup")).toHaveLength(1);
  });

  test("an aborted join isn't wished for", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    const abort = new AbortController();
    const joined = follow(stage.client.joinGroup("g", { abortSignal: abort.signal }));
    abort.abort();
    await turn();
    stage.socket.receiveFrame(ack(1));
    await stage.drop();
    await stage.accept("B");
    expect([joined.status, stage.socket.frames()]).toEqual(["rejected", []]);
  });

  test("an explicit id may be used again after an abort", async () => {
    const stage = new Stage({ messageRetryOptions: { maxRetries: 0 } });
    await stage.connect();
    const abort = new AbortController();
    const first = follow(stage.client.sendEvent("e", "x", "text", { ackId: 7, abortSignal: abort.signal }));
    abort.abort();
    await turn();
    expect(first.error).toMatchObject({ ...aborted, ackId: 7 });
    const second = follow(stage.client.sendEvent("e", "x", "text", { ackId: 7 }));
    stage.socket.receiveFrame(ack(7));
    await turn();
    expect(second.value).toEqual({ ackId: 7, isDuplicated: false });
  });

  test("a signal that fires after the answer changes nothing, and its listener is gone", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const removed = vi.spyOn(abort.signal, "removeEventListener");
    const sent = follow(stage.client.sendToGroup("g", "x", { abortSignal: abort.signal }));
    stage.socket.receiveFrame(ack(1));
    await turn();
    expect(removed).toHaveBeenCalledTimes(1);
    abort.abort();
    expect(sent.status).toBe("resolved");
  });

  test("one signal for many operations ends them all", async () => {
    const stage = new Stage();
    await stage.connect();
    const abort = new AbortController();
    const options = { abortSignal: abort.signal };
    const all = [
      ...[1, 2, 3].map((n) => follow(stage.client.sendToGroup("g", n, options))),
      follow(stage.client.joinGroup("h", options)),
    ];
    abort.abort();
    await turn();
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  });

  test("of every kind share one listener on one signal, so Node warns of no leak; it goes with the last", async () => {
    const stage = new Stage();
    await stage.connect();
    const { client } = stage;
    const abort = new AbortController();
    const { signal } = abort;
    const options = { abortSignal: signal };
    const listeners = (): number => getEventListeners(signal, "abort").length;
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on("warning", onWarning);
    const all = [
      ...Array.from({ length: 50 }, (_, n) => follow(client.sendToGroup("g", n, options))),
      follow(client.joinGroup("h", options)),
      follow(client.invokeEvent("e", "x", options)),
      follow(client.openGroupStream("g", options)),
    ];
    expect(listeners()).toBe(1);
    for (let ackId = 1; ackId <= 50; ackId++) stage.socket.receiveFrame(ack(ackId));
    await turn();
    expect(all.filter(({ status }) => status === "resolved")).toHaveLength(50);
    expect(listeners()).toBe(1);
    abort.abort();
    await turn();
    expect(all.slice(50).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(listeners()).toBe(0);
    // Warnings come in a turn of their own.
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  test("of several clients share it, too", async () => {
    const stages = [new Stage(), new Stage()];
    const { signal } = new AbortController();
    for (const stage of stages) {
      await stage.connect();
      void stage.client.sendToGroup("g", "x", { abortSignal: signal });
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    stages[0]?.socket.receiveFrame(ack(1));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    stages[1]?.socket.receiveFrame(ack(1));
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});
