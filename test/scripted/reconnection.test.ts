import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { HOP, MockService } from "../helpers/mockService.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The delays in ms before each attempt at a new connection; all of them are refused. */
async function delays(
  options: WebPubSubClientOptions & { random?: () => number },
  duration = 200_000,
): Promise<number[]> {
  const stage = new Stage(options);
  await stage.connect("A", "");
  // Long enough to count as a connection that worked.
  await turn(10_000);
  const times: number[] = [Date.now()];
  stage.onSocket = (socket) => {
    times.push(Date.now());
    queueMicrotask(() => socket.receiveClose(1006));
  };
  await stage.drop();
  await turn(duration);
  const after = stage.client.stop();
  await turn(50);
  await after;
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

describe("delays", () => {
  test("W21: by default at once, then full jitter under 1 s doubling to 30 s, without limit", async () => {
    expect((await delays({})).slice(0, 8)).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect((await delays({ random: () => 0.999_999 })).slice(0, 7)).toEqual([
      0, 999, 1_999, 3_999, 7_999, 15_999, 29_999,
    ]);
  });

  test("fields that are left out keep the defaults: exponential, with jitter", async () => {
    const given = await delays({ reconnectRetryOptions: { maxRetries: 4 } });
    expect(given).toEqual([0, 500, 1_000, 2_000, 4_000]);
    expect((await delays({ reconnectRetryOptions: { retryDelayInMs: 70 } }, 600)).slice(0, 4)).toEqual([
      0, 35, 70, 140,
    ]);
  });

  test("Fixed without jitter has none", async () => {
    const given = await delays({ reconnectRetryOptions: { maxRetries: 3, mode: "Fixed" } });
    expect(given).toEqual([0, 1_000, 1_000, 1_000]);
  });

  test("Exponential doubles exactly without jitter", async () => {
    const reconnectRetryOptions = {
      mode: "Exponential",
      retryDelayInMs: 100,
      maxRetryDelayInMs: 500,
      maxRetries: 5,
      jitter: false,
    } as const;
    expect(await delays({ reconnectRetryOptions })).toEqual([0, 100, 200, 400, 500, 500]);
  });

  test("an empty object, null and undefined are nothing given", async () => {
    const expected = [0, 500, 1_000];
    for (const reconnectRetryOptions of [{}, { maxRetries: undefined }, undefined]) {
      expect((await delays({ reconnectRetryOptions }, 3_000)).slice(0, 3)).toEqual(expected);
    }
  });

  test("negative numbers take the default", async () => {
    const reconnectRetryOptions = { maxRetries: 2, retryDelayInMs: -5 };
    expect(await delays({ reconnectRetryOptions })).toEqual([0, 500, 1_000]);
  });
});

test("when the retries are used up the client stops", async () => {
  const stage = new Stage({ reconnectRetryOptions: { maxRetries: 2, retryDelayInMs: 10 } });
  await stage.connect("A", "");
  stage.onSocket = (socket) => queueMicrotask(() => socket.receiveClose(1006));
  await stage.drop();
  await turn(1_000);
  expect(stage.named).toEqual(["connected A", "disconnected A", "stopped"]);
  expect([stage.sockets.length, stage.client.state]).toEqual([4, "Stopped"]);
});

test("a connection that lived a moment doesn't make the delays of the next one longer", async () => {
  const reconnectRetryOptions = { mode: "Exponential", retryDelayInMs: 1_000, jitter: false } as const;
  const stage = new Stage({ reconnectRetryOptions });
  await stage.connect("A", "");
  const next: unknown[] = [];
  stage.client.on(
    "state-changed",
    ({ state, nextDelayInMs }) => state === "Disconnected" && next.push(nextDelayInMs),
  );
  await stage.drop();
  await stage.drop();
  await turn(1_000);
  await stage.drop();
  expect(next).toEqual([0, 1_000, 2_000]);
});

test("a service that takes and drops every connection isn't hammered", async () => {
  const stage = new Stage();
  await stage.connect("A", "");
  stage.onSocket = (socket) =>
    queueMicrotask(() => {
      socket.receiveOpen();
      socket.receiveFrame({ type: "system", event: "connected", userId: "u", connectionId: "X" });
      socket.receiveClose(1006);
    });
  await stage.drop();
  await turn(60_000);
  expect(stage.sockets.length).toBeLessThan(15);
  expect(stage.client.state).toBe("Disconnected");
});

test("the credential is asked anew each time", async () => {
  let token = 0;
  const stage = new Stage({ credential: { getClientAccessUrl: async () => `${URL}&n=${++token}` } });
  await stage.connect("A", "");
  await stage.drop();
  await stage.accept("B", "");
  await turn(10_000);
  await stage.drop();
  await stage.drop();
  await turn(1_000);
  expect(stage.sockets.map(({ url }) => url.searchParams.get("n"))).toEqual(["1", "2", "3", "4"]);
});

test("a recovery uses the URL of its own connection", async () => {
  let token = 0;
  const stage = new Stage({ credential: { getClientAccessUrl: async () => `${URL}&n=${++token}` } });
  await stage.connect("A");
  await stage.drop(1008);
  await stage.accept("B");
  await stage.drop();
  expect(stage.sockets.map(({ url }) => url.searchParams.get("n"))).toEqual(["1", "2", "2"]);
});

test("a credential that fails counts as a failed attempt", async () => {
  let fails = false;
  const stage = new Stage({
    credential: {
      getClientAccessUrl: async () => {
        if (fails) throw new Error("no token today");
        return URL;
      },
    },
  });
  await stage.connect("A", "");
  fails = true;
  const errors: unknown[] = [];
  stage.client.on(
    "state-changed",
    ({ state, error }) => state === "Disconnected" && errors.push(error?.message),
  );
  await stage.drop();
  await turn(2_000);
  expect(errors.at(-1)).toContain("no token today");
  fails = false;
  await turn(10_000);
  await stage.accept("B");
  expect(stage.named).toEqual(["connected A", "disconnected A", "connected B"]);
});

test("open, then 1006 before any connected message, and a failed attempt: a third socket is made", async () => {
  const stage = new Stage({ reconnectRetryOptions: { retryDelayInMs: 10 } });
  await stage.connect("A", "");
  await stage.drop();
  stage.socket.receiveOpen();
  await stage.drop(1006);
  await turn(10);
  expect(stage.sockets).toHaveLength(3);
  await stage.accept("B");
  expect(stage.named).toEqual(["connected A", "disconnected A", "connected B"]);
});

test("a hung attempt ends by its deadline and the next one follows", async () => {
  const stage = new Stage({ connectTimeoutInMs: 2_000, reconnectRetryOptions: { retryDelayInMs: 10 } });
  await stage.connect("A", "");
  await stage.drop();
  const hung = stage.socket;
  await turn(2_010);
  expect([hung.terminated, stage.sockets.length]).toEqual([true, 3]);
});

test("1008 makes a new connection at once, with its own connected event", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop(1008);
  await stage.accept("B");
  expect(stage.named).toEqual(["connected A", "disconnected A", "connected B"]);
});

test("1009 isn't recovered: the frame that was too big would be sent again", async () => {
  const stage = new Stage();
  await stage.connect("A");
  await stage.drop(1009);
  expect(stage.client.state).toBe("Connecting");
});

test.each([1001, 1012, 1013])("without recovery %i spreads the first attempt over 5 s too", async (code) => {
  const stage = new Stage();
  await stage.connect("A", "");
  await stage.drop(code);
  await turn(2_499);
  expect(stage.sockets).toHaveLength(1);
  await turn(1);
  expect(stage.sockets).toHaveLength(2);
});

test("with nothing listening and then again (mock-socket)", async () => {
  const service = new MockService();
  service.token = "";
  const client = await service.connected({
    reconnectRetryOptions: { retryDelayInMs: 100, mode: "Fixed" },
  });
  const seen: string[] = [];
  client.on("connected", ({ connectionId }) => seen.push(connectionId));
  service.stop();
  await service.cut();
  await turn(1_000);
  expect([client.state === "Connected", seen]).toEqual([false, []]);
  const next = new MockService(service.url);
  await turn(200);
  expect([client.state, seen]).toEqual(["Connected", [next.peer.connectionId]]);
  const stopped = client.stop();
  await turn(HOP);
  await stopped;
  next.stop();
});
