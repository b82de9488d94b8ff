import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pong } from "../helpers/frames.js";
import { ONE_TURN, Stage, turn, type StageOptions } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A stage whose wake signal the test gives. */
function sleeper(options: StageOptions = {}): { stage: Stage; wake: () => void; watches: () => number } {
  const listeners = new Set<() => void>();
  const stage = new Stage({
    ...options,
    environment: {
      onWake: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
  return { stage, wake: () => listeners.forEach((listener) => listener()), watches: () => listeners.size };
}

describe("a wake", () => {
  test("probes a connection that claims to be open: answered, it goes on", async () => {
    const { stage, wake } = sleeper();
    const socket = await stage.connect();
    wake();
    expect(socket.sent).toEqual([{ type: "ping" }]);
    await turn(4_999);
    socket.receiveFrame(pong);
    await turn(10_000);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connected", 1]);
  });

  test("unanswered for 5 s: the socket is dropped and recovered, whatever readyState says", async () => {
    const { stage, wake } = sleeper();
    const socket = await stage.connect("A");
    wake();
    await turn(5_000 + ONE_TURN);
    expect([socket.terminated, stage.client.state]).toEqual([true, "Recovering"]);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("soon after one that was answered probes again: the link may have died in between", async () => {
    const { stage, wake } = sleeper();
    const socket = await stage.connect();
    wake();
    socket.receiveFrame(pong);
    await turn(1_000);
    wake();
    await turn(5_000 + ONE_TURN);
    expect([socket.frames("ping").length, stage.client.state]).toEqual([2, "Recovering"]);
  });

  test("a stream of wakes sends one probe and doesn't put its end off", async () => {
    const { stage, wake } = sleeper();
    const socket = await stage.connect();
    for (let n = 0; n < 5; n++) {
      wake();
      await turn(999);
    }
    expect(socket.frames("ping")).toHaveLength(1);
    await turn(5 + ONE_TURN);
    expect(stage.client.state).toBe("Recovering");
  });

  test("a socket that has closed without a word is not asked", async () => {
    const { stage, wake } = sleeper();
    const socket = await stage.connect("A");
    socket.readyState = 3;
    wake();
    await turn();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Recovering", 2]);
  });

  test("cuts the wait before a recovery short", async () => {
    const { stage, wake } = sleeper({ random: () => 0.99 });
    await stage.connect();
    await stage.drop();
    await stage.drop();
    expect(stage.sockets).toHaveLength(2);
    wake();
    await turn();
    expect(stage.sockets).toHaveLength(3);
  });

  test("cuts the wait before a new connection short", async () => {
    const { stage, wake } = sleeper({ reconnectRetryOptions: { retryDelayInMs: 60_000 } });
    await stage.connect("A", "");
    await stage.drop();
    await stage.drop();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Disconnected", 2]);
    wake();
    await turn();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Connecting", 3]);
  });

  test("gives an attempt under way 5 s more at most", async () => {
    const { stage, wake } = sleeper({ connectTimeoutInMs: 60_000 });
    const started = await stage.begin();
    wake();
    await turn(4_999);
    expect(started.status).toBe("pending");
    await turn(1);
    expect(started.error?.code).toBe("Timeout");
  });

  test("allows one recovery past the 30 s, since a sleeping machine could not try", async () => {
    let offset = 0;
    let wake = (): void => undefined;
    const stage = new Stage({
      random: () => 0.99,
      environment: {
        now: () => Date.now() + offset,
        onWake: (listener) => {
          wake = listener;
          return () => undefined;
        },
      },
    });
    await stage.connect("A");
    await stage.drop();
    await stage.drop();
    offset = 3_600_000;
    wake();
    await turn();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Recovering", 3]);
    expect(stage.socket.url.searchParams.get("awps_connection_id")).toBe("A");
    await stage.drop();
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A"]);
    expect(stage.socket.url.searchParams.has("awps_connection_id")).toBe(false);
  });

  test("in the middle of an attempt past the 30 s: one more, then a new connection", async () => {
    const { stage, wake } = sleeper();
    await stage.connect("A");
    await stage.drop();
    const hung = stage.socket;
    vi.setSystemTime(Date.now() + 3_600_000);
    wake();
    wake();
    expect([hung.terminated, stage.sockets.length]).toEqual([true, 3]);
    const late = await stage.recover();
    expect(late.url.searchParams.get("awps_connection_id")).toBe("A");
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);

    await turn(1_000);
    await stage.drop();
    vi.setSystemTime(Date.now() + 3_600_000);
    wake();
    await stage.drop();
    expect(stage.named.slice(3)).toEqual(["recovering A", "disconnected A"]);
    expect(stage.socket.url.searchParams.has("awps_connection_id")).toBe(false);
  });

  test("that the network tells first, by the end of the attempt: one more all the same", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    vi.setSystemTime(Date.now() + 3_600_000);
    await stage.drop();
    expect([stage.client.state, stage.sockets.length]).toEqual(["Recovering", 3]);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
    await stage.client.stop();
  });

  test("a connection found dead after a sleep is recovered first", async () => {
    const { stage, wake } = sleeper();
    await stage.connect("A");
    wake();
    await turn(5_000 + ONE_TURN);
    expect(stage.socket.url.searchParams.get("awps_connection_id")).toBe("A");
  });

  test("is watched for from start to stop only", async () => {
    const { stage, wake, watches } = sleeper();
    expect(watches()).toBe(0);
    await stage.begin();
    expect(watches()).toBe(1);
    await stage.accept();
    expect(watches()).toBe(1);
    await stage.client.stop();
    expect(watches()).toBe(0);
    wake();
    expect(stage.client.state).toBe("Stopped");
  });
});

describe("the platform's signals", () => {
  test("a clock that jumped: the connection is probed", async () => {
    const stage = new Stage();
    const socket = await stage.connect();
    await turn(4_000);
    expect(socket.sent).toEqual([]);
    vi.setSystemTime(Date.now() + 3_600_000);
    await turn(2_000);
    expect(socket.sent).toEqual([{ type: "ping" }]);
    await stage.client.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("online, pageshow and a page that becomes visible", async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    const window = new EventTarget();
    vi.stubGlobal("document", page);
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
    const stage = new Stage();
    const socket = await stage.connect();
    let pings = 0;
    const probed = async (): Promise<boolean> => {
      await turn();
      const before = pings;
      pings = socket.frames("ping").length;
      socket.receiveFrame(pong);
      // The probe is over when it is looked at.
      await turn(5_000);
      pings = socket.frames("ping").length;
      return before < pings;
    };
    page.dispatchEvent(new Event("visibilitychange"));
    expect(await probed(), "hidden").toBe(false);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    expect(await probed(), "visible").toBe(true);
    window.dispatchEvent(new Event("online"));
    expect(await probed(), "online").toBe(true);
    await stage.drop();
    await stage.recover();
    const later = stage.socket;
    window.dispatchEvent(new Event("pageshow"));
    expect(later.frames("ping"), "the proof and the probe").toHaveLength(2);
    await stage.client.stop();
    window.dispatchEvent(new Event("online"));
    expect(later.frames("ping")).toHaveLength(2);
  });

  test("two clients share the watch; the first to stop doesn't end it for the other", async () => {
    const first = new Stage();
    const second = new Stage();
    await first.connect("A");
    const socket = await second.connect("B");
    await first.client.stop();
    vi.setSystemTime(Date.now() + 60_000);
    await turn(2_000);
    expect(socket.sent).toEqual([{ type: "ping" }]);
    await second.client.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
