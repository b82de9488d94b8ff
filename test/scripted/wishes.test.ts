import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, type Frame } from "../helpers/frames.js";
import { HOP, MockService } from "../helpers/mockService.js";
import { follow } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

let service: MockService;
beforeEach(() => {
  vi.useFakeTimers();
  service = new MockService();
  service.token = "";
});
afterEach(() => {
  service.stop();
  vi.useRealTimers();
});

/** Waits until the client has found its way back and its frames have arrived. */
const back = (): Promise<void> => turn(3 * HOP);
/** Type, group and data of each frame, in short. */
const wire = (frames: Frame[]): string[] =>
  frames.map(({ type, group, data }) =>
    ([type, group, data] as (string | undefined)[]).filter((part) => part !== undefined).join(" "),
  );

describe("on a new connection", () => {
  test("two groups are joined again: four joins in all", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    follow(client.joinGroup("b"));
    await turn(HOP);
    await service.cut();
    await back();
    expect(service.peers.map((peer) => wire(peer.frames))).toEqual([
      ["joinGroup a", "joinGroup b"],
      ["joinGroup a", "joinGroup b"],
    ]);
    const ids = service.peers.flatMap((peer) => peer.frames.map(({ ackId }) => ackId));
    expect(new Set(ids).size, "a join of a new connection is a new operation").toBe(4);
  });

  test("autoRejoinGroups false: they are not", async () => {
    const client = await service.connected({ autoRejoinGroups: false });
    follow(client.joinGroup("a"));
    await turn(HOP);
    const connected = vi.fn();
    client.on("connected", connected);
    await service.cut();
    await back();
    expect([service.peers.length, service.peer.frames]).toEqual([2, []]);
    expect(connected).toHaveBeenCalledTimes(1);
  });

  test("the joins go first, then what waited, without waiting for their acks", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    follow(client.joinGroup("b"));
    await turn(HOP);
    service.answer = () => "silence";
    follow(client.sendToGroup("a", "unanswered"));
    await turn(HOP);
    service.peer.close();
    follow(client.sendToGroup("a", "lost in between", { fireAndForget: true }));
    await turn(HOP);
    follow(client.sendToGroup("a", "waited"));
    await back();
    expect(wire(service.peer.frames)).toEqual([
      "joinGroup a",
      "joinGroup b",
      "sendToGroup a unanswered",
      "sendToGroup a lost in between",
      "sendToGroup a waited",
    ]);
  });

  test("connected comes when the joins are answered", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    follow(client.joinGroup("b"));
    await turn(HOP);
    service.answer = () => "silence";
    const connected = vi.fn();
    client.on("connected", connected);
    await service.cut();
    await back();
    const [a, b] = service.peer.of("joinGroup");
    service.peer.send(ack(b?.["ackId"]));
    expect([client.state, connected.mock.calls.length]).toEqual(["Connected", 0]);
    service.peer.send(ack(a?.["ackId"]));
    expect(connected).toHaveBeenCalledExactlyOnceWith({
      connectionId: service.peer.connectionId,
      userId: "ann",
    });
  });

  test("W19: connected comes after 5 s at the latest, while the joins go on", async () => {
    const client = await service.connected({ ackTimeoutInMs: 8_000 });
    follow(client.joinGroup("a"));
    await turn(HOP);
    service.answer = () => "silence";
    const connected = vi.fn();
    client.on("connected", connected);
    await service.cut();
    await turn(HOP);
    await turn(4_999);
    expect(connected).not.toHaveBeenCalled();
    await turn(1);
    expect(connected).toHaveBeenCalledTimes(1);
    service.answer = () => "ok";
    await turn(8_000);
    expect(wire(service.peer.frames)).toEqual(["joinGroup a", "joinGroup a"]);
    expect(connected).toHaveBeenCalledTimes(1);
  });

  test("sending works meanwhile", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    service.answer = ({ type }) => (type === "joinGroup" ? "silence" : "ok");
    await service.cut();
    await turn(HOP);
    const sent = follow(client.sendToGroup("a", "x"));
    await turn(HOP);
    expect(sent.status).toBe("resolved");
  });
});

describe("rejoin-group-failed", () => {
  test("comes with a final refusal; the group stays wished for", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    service.answer = () => "Forbidden";
    const seen: string[] = [];
    client.on("rejoin-group-failed", ({ group }) => seen.push(`failed ${group}`));
    client.on("connected", () => seen.push("connected"));
    await service.cut();
    await back();
    expect(seen).toEqual(["failed a", "connected"]);
    service.answer = () => "ok";
    await service.cut();
    await turn(10_000);
    expect(wire(service.peer.frames)).toEqual(["joinGroup a"]);
    expect(seen).toEqual(["failed a", "connected", "connected"]);
  });

  test("doesn't come while the refusal is transient and retries are left", async () => {
    const client = await service.connected({ messageRetryOptions: { maxRetries: 2, retryDelayInMs: 100 } });
    follow(client.joinGroup("a"));
    await turn(HOP);
    const failed = vi.fn();
    client.on("rejoin-group-failed", failed);
    service.answer = () => "InternalServerError";
    await service.cut();
    await turn(250);
    expect([failed.mock.calls.length, service.peer.frames.length]).toEqual([1, 3]);
  });

  test("doesn't come when the connection breaks off, nor when the client is stopped", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    const failed = vi.fn();
    client.on("rejoin-group-failed", failed);
    service.answer = () => "silence";
    await service.cut();
    await back();
    await service.cut();
    await turn(10_000);
    expect(wire(service.peer.frames)).toEqual(["joinGroup a"]);
    const stopped = client.stop();
    await turn(50);
    await stopped;
    expect(failed).not.toHaveBeenCalled();
  });
});

describe("wishes", () => {
  test("come with the acknowledgement: a refused join isn't one", async () => {
    const client = await service.connected();
    service.answer = () => "Forbidden";
    follow(client.joinGroup("a"));
    await turn(HOP);
    await service.cut();
    await back();
    expect(service.peer.frames).toEqual([]);
  });

  test("end when leaveGroup is called, even before its answer", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    service.answer = () => "silence";
    const left = follow(client.leaveGroup("a"));
    await turn(HOP);
    await service.cut();
    service.answer = () => "ok";
    await back();
    expect(wire(service.peer.frames)).toEqual(["leaveGroup a"]);
    expect(left.status).toBe("resolved");
    await service.cut();
    await turn(10_000);
    expect(service.peer.frames).toEqual([]);
  });

  test("end even when the leave is refused or the client is stopped", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    const stopped = client.stop();
    await turn(50);
    await stopped;
    const left = follow(client.leaveGroup("a"));
    await turn(3_000);
    expect(left.error).toMatchObject({ code: "NotStarted" });
    follow(client.start());
    await back();
    expect(service.peer.frames).toEqual([]);
  });

  test("survive stop and start", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    const stopped = client.stop();
    await turn(50);
    await stopped;
    follow(client.start());
    await back();
    expect(wire(service.peer.frames)).toEqual(["joinGroup a"]);
  });

  test("a recovery joins nothing again", async () => {
    service.token = "token";
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    await service.cut();
    await back();
    expect(service.peer.connectionId).toBe(service.peers[0]?.connectionId);
    expect(service.peer.of("joinGroup")).toEqual([]);
  });
});

describe("races of join and leave", () => {
  test("join, leave, no answer, new connection: each goes once, in order, and no rejoin", async () => {
    const client = await service.connected();
    service.answer = () => "silence";
    follow(client.joinGroup("a"));
    follow(client.leaveGroup("a"));
    await turn(HOP);
    await service.cut();
    service.answer = () => "ok";
    await back();
    await turn(HOP);
    expect(wire(service.peer.frames)).toEqual(["joinGroup a", "leaveGroup a"]);
    await service.cut();
    await turn(10_000);
    expect(service.peer.frames).toEqual([]);
  });

  test("leave, then join: wished for again", async () => {
    const client = await service.connected();
    follow(client.joinGroup("a"));
    await turn(HOP);
    follow(client.leaveGroup("a"));
    follow(client.joinGroup("a"));
    await turn(HOP);
    await service.cut();
    await back();
    expect(wire(service.peer.frames)).toEqual(["joinGroup a"]);
  });

  test("a leave called before the answer to the join wins over it", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    follow(stage.client.joinGroup("a"));
    follow(stage.client.leaveGroup("a"));
    stage.socket.receiveFrame(ack(1));
    stage.socket.receiveFrame(ack(2));
    await stage.drop();
    await stage.accept("B");
    expect(stage.socket.frames()).toEqual([]);
  });

  test("a group whose join is unsettled is joined by that join alone", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    follow(stage.client.joinGroup("a"));
    stage.socket.receiveFrame(ack(1));
    const again = follow(stage.client.joinGroup("a"));
    await stage.drop();
    await stage.accept("B");
    expect(stage.socket.frames()).toMatchObject([{ type: "joinGroup", group: "a", ackId: 2 }]);
    stage.socket.receiveFrame(ack(2));
    await turn();
    expect(again.value).toMatchObject({ ackId: 2, resentOnNewConnection: true });
    expect(stage.named).toEqual(["connected A", "disconnected A", "connected B"]);
  });

  test("a leave during the rejoin goes out after it, and nothing more is told of the group", async () => {
    const stage = new Stage();
    await stage.connect("A", "");
    follow(stage.client.joinGroup("a"));
    stage.socket.receiveFrame(ack(1));
    await stage.drop();
    await stage.accept("B");
    follow(stage.client.leaveGroup("a"));
    const types = (): unknown[] => stage.socket.frames().map(({ type }) => type);
    expect(types()).toEqual(["joinGroup"]);
    stage.socket.receiveFrame(ack(stage.socket.frames()[0]?.["ackId"], "Forbidden"));
    expect(types()).toEqual(["joinGroup", "leaveGroup"]);
    stage.socket.receiveFrame(ack(stage.socket.frames()[1]?.["ackId"]));
    await turn();
    expect(stage.named.slice(2)).toEqual(["connected B"]);
  });
});

test("a recovery in the middle of the rejoins: they go first again, with their ids", async () => {
  const stage = new Stage();
  await stage.connect("A", "");
  follow(stage.client.joinGroup("a"));
  follow(stage.client.joinGroup("b"));
  stage.socket.receiveFrame(ack(1));
  stage.socket.receiveFrame(ack(2));
  await stage.drop();
  follow(stage.client.sendToGroup("a", "x"));
  await stage.accept("B");
  const sent = stage.socket.frames();
  expect(wire(sent)).toEqual(["joinGroup a", "joinGroup b", "sendToGroup a x"]);
  await stage.drop();
  await stage.recover();
  expect(stage.socket.frames()).toEqual(sent);
});
