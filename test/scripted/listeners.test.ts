import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebPubSubClientEvents, WebPubSubClientState } from "web-pubsub-client";
import { ack, fromGroup, fromServer } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Goes through everything a client can tell, as far as it is let. */
async function tour(stage: Stage): Promise<void> {
  const step = async (action: () => unknown): Promise<void> => {
    if (stage.client.state !== "Stopped") await action();
    await turn();
  };
  await stage.begin();
  await step(() => stage.sockets.length > 0 && stage.accept("A"));
  await step(() => {
    void stage.client.joinGroup("room").catch(() => undefined);
    stage.socket.receiveFrame(ack(1));
    stage.socket.receiveFrame(fromGroup("g", 1));
    stage.socket.receiveFrame(fromServer("s", 2));
  });
  await step(() => stage.drop());
  await step(() => stage.sockets.length > 1 && stage.recover());
  await step(() => stage.drop(1008));
  await step(() => stage.sockets.length > 2 && stage.accept("B"));
  await step(() =>
    stage.socket.receiveFrame(ack(stage.socket.frames("joinGroup")[0]?.["ackId"], "Forbidden")),
  );
  await step(() => stage.client.stop());
  await turn(60_000);
}

const names = [
  "connected",
  "disconnected",
  "recovering",
  "recovered",
  "group-message",
  "server-message",
  "rejoin-group-failed",
  "stopped",
] as const satisfies readonly (keyof WebPubSubClientEvents)[];

test("the tour tells everything", async () => {
  const stage = new Stage();
  await tour(stage);
  expect(new Set(stage.named.map((entry) => entry.split(" ")[0]))).toEqual(new Set(names));
});

describe("stop() inside a listener", () => {
  test.each(names)("%s", async (name) => {
    const stage = new Stage();
    let promise: Promise<void> | undefined;
    let sockets = 0;
    stage.client.once(name, () => {
      sockets = stage.sockets.length;
      promise = stage.client.stop();
    });
    await tour(stage);
    await promise;
    expect(stage.client.state).toBe("Stopped");
    expect(stage.sockets.length, "nothing connects again").toBe(sockets);
    expect(stage.named.at(-1)).toBe("stopped");
    expect(stage.named.filter((entry) => entry === "stopped")).toHaveLength(1);
    const after = stage.named.slice(stage.named.findIndex((entry) => entry.startsWith(name)) + 1);
    expect(after.filter((entry) => !/^(disconnected [AB]|stopped)$/.test(entry))).toEqual([]);
    const told = (event: string): number => stage.named.filter((entry) => entry.startsWith(event)).length;
    expect(told("disconnected")).toBe(told("connected"));
  });

  test.each<WebPubSubClientState>([
    "Connecting",
    "Connected",
    "Recovering",
    "Disconnected",
    "Stopping",
    "Stopped",
  ])("state-changed to %s", async (state) => {
    const stage = new Stage();
    let promise: Promise<void> | undefined;
    let sockets = 0;
    stage.client.on("state-changed", (change) => {
      if (change.state !== state || promise !== undefined) return;
      sockets = stage.sockets.length;
      promise = stage.client.stop();
    });
    await tour(stage);
    await promise;
    expect(stage.client.state).toBe("Stopped");
    expect(stage.sockets).toHaveLength(sockets);
    expect(stage.named.filter((entry) => entry === "stopped")).toHaveLength(1);
    const told = (event: string): number => stage.named.filter((entry) => entry.startsWith(event)).length;
    expect(told("disconnected")).toBe(told("connected"));
  });

  test("in recovering: no attempt is made, no recovered", async () => {
    const stage = new Stage();
    stage.client.on("recovering", () => void stage.client.stop());
    await stage.connect("A");
    await stage.drop();
    await turn(60_000);
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "stopped"]);
    expect(stage.sockets).toHaveLength(1);
  });

  test("in a message's listener: the messages after it in the same batch are dropped", async () => {
    const protocol = {
      name: "batch",
      isReliableSubProtocol: true,
      parseMessages: (input: unknown) => JSON.parse(input as string) as [],
      writeMessage: (message: object) => JSON.stringify(message),
    };
    const stage = new Stage({ protocol });
    await stage.begin();
    stage.socket.receiveOpen();
    stage.client.on("server-message", () => void stage.client.stop());
    const message = { kind: "serverData", dataType: "text", data: "x" };
    stage.socket.receiveFrame(
      JSON.stringify([
        { kind: "connected", connectionId: "A", userId: "u", reconnectionToken: "t" },
        { ...message, sequenceId: 1 },
        { ...message, sequenceId: 2 },
      ]),
    );
    await turn(100);
    expect(stage.named).toEqual(["connected A", 'server-message "x"', "disconnected A", "stopped"]);
  });
});

describe("start() inside a listener", () => {
  test("stopped: works, and the old connection's events are over", async () => {
    const stage = new Stage();
    stage.client.once("stopped", () => void stage.client.start());
    await stage.connect("A");
    await stage.client.stop();
    await turn();
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "disconnected A", "stopped", "connected B"]);
  });

  test("stopped, after a recovery that was cut short: nothing of it reaches the new connection", async () => {
    const stage = new Stage();
    stage.client.once("stopped", () => void stage.client.start());
    await stage.connect("A");
    await stage.drop();
    const recovery = stage.socket;
    recovery.receiveOpen();
    await stage.client.stop();
    await turn();
    recovery.late.frame({ type: "pong" });
    await stage.accept("B");
    expect(stage.named).toEqual(["connected A", "recovering A", "disconnected A", "stopped", "connected B"]);
  });

  test("disconnected on the way to Stopped: still refused", async () => {
    const stage = new Stage();
    let restarted: ReturnType<typeof follow<void>> | undefined;
    stage.client.once("disconnected", () => (restarted = follow(stage.client.start())));
    await stage.connect("A");
    await stage.client.stop();
    expect(restarted?.error?.code).toBe("AlreadyStarted");
    expect(stage.client.state).toBe("Stopped");
  });
});

describe("listeners that fail", () => {
  const failures: [string, () => unknown][] = [
    [
      "throw",
      () => {
        throw new Error("listener failed");
      },
    ],
    ["reject", () => Promise.reject(new Error("listener failed"))],
  ];

  test.each(failures)("that %s harm neither the client nor the listeners after them", async (_how, fail) => {
    const peaceful = new Stage();
    await tour(peaceful);
    const stage = new Stage();
    const second: string[] = [];
    for (const name of [...names, "state-changed"] as const) {
      // Before the second one, but after the journal's, which therefore shows nothing of it.
      stage.client.on(name, fail);
      stage.client.on(name, () => second.push(name));
    }
    await tour(stage);
    expect(stage.journal).toEqual(peaceful.journal);
    expect(second).toHaveLength(stage.journal.length);
  });

  test("a listener that takes itself and another one off while running skips nobody else", async () => {
    const stage = new Stage();
    const seen: string[] = [];
    const removeOther = stage.client.on("server-message", () => seen.push("other"));
    const removeSelf = stage.client.on("server-message", () => {
      seen.push("self");
      removeSelf();
      removeOther();
    });
    stage.client.on("server-message", () => seen.push("last"));
    await stage.connect();
    stage.socket.receiveFrame(fromServer("1", 1));
    stage.socket.receiveFrame(fromServer("2", 2));
    expect(seen).toEqual(["other", "self", "last", "last"]);
  });

  test("subscriptions survive stop and start", async () => {
    const stage = new Stage();
    const listener = vi.fn();
    stage.client.on("server-message", listener);
    await stage.connect("A");
    await stage.client.stop();
    await stage.connect("B");
    stage.socket.receiveFrame(fromServer("1", 1));
    expect(listener).toHaveBeenCalledTimes(1);
  });
});
