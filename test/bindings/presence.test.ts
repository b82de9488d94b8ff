// @vitest-environment node
import { describe, expect, test, vi } from "vitest";
import type { Group, GroupStateRecord, GroupStreamView } from "web-pubsub-client";
import { eventually, useEmulator } from "./support/room.js";
import { spySockets } from "./support/spySocket.js";

const service = useEmulator();
const shown = (states: readonly GroupStateRecord[]): unknown[] => states.map(({ state }) => state["is"]);

/** A client that is in the room, and its handle. */
async function inRoom(userId: string, more?: Parameters<typeof service.started>[0]) {
  const client = await service.started(more, { userId });
  const room = client.group("room");
  room.subscribe(() => {});
  await eventually(() => expect(room.status).toBe("joined"));
  return { client, room };
}

describe("states of a group handle", () => {
  test("the first subscriber asks for them, all are told, the last one ends it", async () => {
    const spy = spySockets();
    const { room: ann } = await inRoom("ann");
    const { room: bob } = await inRoom("bob", { environment: spy.environment });
    expect(bob.states).toEqual([]);
    await ann.setState({ is: "here" });
    const one = vi.fn();
    const endOne = bob.subscribeStates(one);
    const endTwo = bob.subscribeStates(() => {});
    await eventually(() => expect(shown(bob.states)).toEqual(["here"]));
    expect(bob.states[0]).toMatchObject({ userId: "ann" });
    expect(bob.states).toBe(bob.states);
    expect(one).toHaveBeenLastCalledWith(bob.states);
    await ann.setState({ is: "typing" });
    await eventually(() => expect(shown(bob.states)).toEqual(["typing"]));
    await ann.setState(undefined);
    await eventually(() => expect(bob.states).toEqual([]));
    endOne();
    endTwo();
    await eventually(() => expect(spy.types("unsubscribeGroupState")).toBe(1));
    expect(spy.types("subscribeGroupState")).toBe(1);
    const calls = one.mock.calls.length;
    await ann.setState({ is: "unseen" });
    expect([one.mock.calls.length, bob.states]).toEqual([calls, []]);
  });

  test("may be asked for before start, come back with each connection and survive stop and start", async () => {
    const { room: ann } = await inRoom("ann");
    await ann.setState({ is: "here" });
    const client = await service.client();
    const room = client.group("room");
    const told: unknown[][] = [];
    room.subscribeStates((states) => told.push(shown(states)));
    await client.start();
    await eventually(() => expect(shown(room.states)).toEqual(["here"]));
    service.emulator.hub("chat").closeConnection(client.connectionId ?? "");
    await eventually(() => expect(told).toContainEqual([]));
    await eventually(() => expect(shown(room.states)).toEqual(["here"]));
    await client.stop();
    expect(room.states).toEqual([]);
    await client.start();
    await eventually(() => expect(shown(room.states)).toEqual(["here"]));
  });

  test("agree with subscribeGroupStates about who wants them", async () => {
    const spy = spySockets();
    const { client, room } = await inRoom("ann", { environment: spy.environment });
    const end = room.subscribeStates(() => {});
    await client.subscribeGroupStates("room");
    await room.setState({ is: "me" });
    await expect(client.unsubscribeGroupStates("room")).resolves.toEqual({ isDuplicated: false });
    await eventually(() => expect(shown(client.listGroupStates("room"))).toEqual(["me"]));
    await client.subscribeGroupStates("room");
    end();
    room.subscribeStates(() => {})();
    const other = client.group("other");
    other.subscribeStates(() => {})();
    await eventually(() => expect(spy.types("unsubscribeGroupState")).toBe(1));
    expect(shown(client.listGroupStates("room"))).toEqual(["me"]);
    await client.unsubscribeGroupStates("room");
    expect(() => client.listGroupStates("room")).toThrow(/not subscribed/);
  });

  test("a refusal is told, and asked again on the next connection", async () => {
    const client = await service.client();
    const room = client.group("room");
    const told = vi.fn();
    room.subscribeStates(told);
    service.emulator.faults.answerAcks({ error: "Forbidden", times: 1 });
    await client.start();
    await eventually(() => expect(room.statesError).toMatchObject({ code: "Refused" }));
    expect(told).toHaveBeenCalled();
    const { room: ann } = await inRoom("ann");
    await ann.setState({ is: "here" });
    expect(room.states).toEqual([]);
    service.emulator.hub("chat").closeConnection(client.connectionId ?? "");
    await eventually(() => expect(shown(room.states)).toEqual(["here"]));
    expect(room.statesError).toBeUndefined();
  });
});

describe("streams of a group handle", () => {
  async function streams(more?: Parameters<Group["subscribeStreams"]>[1]) {
    const { room: ann } = await inRoom("ann");
    const client = await service.started();
    const pictures: (readonly GroupStreamView[])[] = [];
    const end = client.group("room").subscribeStreams((views) => pictures.push(views), more);
    await eventually(() => expect(service.members("room")).toBe(2));
    return { ann, client, pictures, end, now: () => pictures.at(-1) ?? [] };
  }

  test("grow with their fragments and end; each change is another object", async () => {
    const { ann, now, pictures } = await streams();
    const writer = await ann.openStream({ streamId: "s" });
    await writer.write("hel");
    await writer.write("lo");
    await eventually(() => expect(now()[0]?.text).toBe("hello"));
    expect(now()[0]).toMatchObject({ streamId: "s", fromUserId: "ann", status: "open" });
    const open = now()[0];
    await writer.write({ n: 1 });
    await writer.end();
    await eventually(() => expect(now()[0]?.status).toBe("ended"));
    expect(now()[0]?.messages.map(({ data }) => data)).toEqual(["hel", "lo", { n: 1 }]);
    expect(now()[0]?.text).toBe("hello");
    expect(open?.messages).toHaveLength(2);
    expect(new Set(pictures.map(([view]) => view?.key))).toEqual(new Set([open?.key]));
  });

  test("a stream that fails shows what came and why; only the newest are kept", async () => {
    const { ann, now } = await streams({ limit: 1 });
    const first = await ann.openStream();
    await first.write("half");
    await eventually(() => expect(now()[0]?.text).toBe("half"));
    await first.abort({ message: "gone wrong", userErrorCode: "E1" });
    await eventually(() => expect(now()[0]).toMatchObject({ status: "failed", text: "half" }));
    expect(now()[0]?.error?.message).toContain("gone wrong");
    const second = await ann.openStream({ streamId: "second" });
    await second.write("x");
    await eventually(() => expect(now().map(({ streamId }) => streamId)).toEqual(["second"]));
    await second.end();
  });

  test("end with the subscription, which leaves the group", async () => {
    const { ann, end, pictures } = await streams();
    const writer = await ann.openStream();
    await writer.write("x");
    await eventually(() => expect(pictures.length).toBeGreaterThan(0));
    const before = pictures.length;
    end();
    await eventually(() => expect(service.members("room")).toBe(1));
    await writer.write("y");
    await writer.end();
    expect(pictures).toHaveLength(before);
  });
});
