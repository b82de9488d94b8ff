import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, connected, fromServer, pong } from "../helpers/frames.js";
import { follow } from "../helpers/settlement.js";
import type { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { Stage, turn, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Everything that a socket could say after its time. */
function haunt({ late }: ScriptedSocket): void {
  late.open();
  late.frame(pong);
  late.frame(connected("ghost"));
  late.frame(fromServer("ghost", 1));
  late.frame(ack(1));
  late.frame("{");
  late.error(new Error("ghost"));
  late.close(1008);
}

describe("W20: late events of an older socket do nothing", () => {
  test("while the next one opens", async () => {
    const stage = new Stage();
    const old = await stage.connect("A");
    await stage.drop();
    haunt(old);
    expect([stage.client.state, stage.sockets.length]).toEqual(["Recovering", 2]);
    await stage.recover();
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("while the next one has to prove itself", async () => {
    const stage = new Stage();
    const old = await stage.connect("A");
    await stage.drop();
    stage.socket.receiveOpen();
    haunt(old);
    expect(stage.named).toEqual(["connected A", "recovering A"]);
  });

  test("while the next one works", async () => {
    const stage = new Stage();
    const old = await stage.connect("A");
    await stage.drop();
    await stage.recover();
    const sent = follow(stage.client.sendToGroup("g", "x"));
    haunt(old);
    await turn();
    expect([stage.client.state, stage.client.connectionId, sent.status]).toEqual([
      "Connected",
      "A",
      "pending",
    ]);
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("after an attempt was given up by its deadline", async () => {
    const stage = new Stage();
    await stage.connect("A");
    await stage.drop();
    const hung = stage.socket;
    await turn(10_000);
    haunt(hung);
    await turn(2_500);
    await stage.recover();
    haunt(hung);
    expect(stage.named).toEqual(["connected A", "recovering A", "recovered A"]);
  });

  test("after a failed start", async () => {
    const stage = new Stage();
    await stage.begin();
    const old = stage.socket;
    await turn(10_000);
    haunt(old);
    expect(stage.client.state).toBe("Stopped");
    await stage.begin();
    haunt(old);
    expect(stage.client.state).toBe("Connecting");
    await stage.accept("B");
    haunt(old);
    expect(stage.named).toEqual(["connected B"]);
  });

  test("after stop", async () => {
    const stage = new Stage({ socket: { closing: "silent" } });
    const old = await stage.connect("A");
    void stage.client.stop();
    await turn(50);
    haunt(old);
    expect([stage.client.state, stage.named.at(-1)]).toEqual(["Stopped", "stopped"]);
  });
});

test("a credential that answers after its attempt opens nothing, whatever runs by then", async () => {
  const answers: ((url: string) => void)[] = [];
  const stage = new Stage({
    credential: { getClientAccessUrl: () => new Promise((resolve) => answers.push(resolve)) },
  });
  await stage.begin();
  await turn(10_000);
  const second = await stage.begin();
  answers[0]?.(`${URL}&stale`);
  await turn();
  expect(stage.sockets).toHaveLength(0);
  answers[1]?.(URL);
  await turn();
  await stage.accept("A");
  expect([second.status, stage.sockets.length]).toEqual(["resolved", 1]);
});

test("a credential that fails after its attempt harms nothing", async () => {
  const failures: ((error: Error) => void)[] = [];
  const stage = new Stage({
    credential: { getClientAccessUrl: () => new Promise((_resolve, reject) => failures.push(reject)) },
  });
  await stage.begin();
  await stage.client.stop();
  failures[0]?.(new Error("too late"));
  await turn();
  expect(stage.named).toEqual(["stopped"]);
});

test("a socket drops with an error and a close: one recovery", async () => {
  const stage = new Stage();
  await stage.connect("A");
  stage.socket.receiveError(new Error("reset by peer"));
  await stage.drop(1006);
  expect([stage.named, stage.sockets.length]).toEqual([["connected A", "recovering A"], 2]);
});

test("a close that comes twice is one close", async () => {
  const stage = new Stage();
  const socket = await stage.connect("A");
  await stage.drop();
  socket.late.close();
  await turn();
  expect(stage.sockets).toHaveLength(2);
});
