import { describe, expect, test } from "vitest";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { House, until, type Guest } from "../harness.js";
import { codecs } from "./codecs.js";

/** Who is where, as a guest sees it. */
const seen = ({ client }: Guest, group = "room"): string[] =>
  client
    .listGroupStates(group)
    .map(({ userId, state }) => `${userId}:${state["status"]}`)
    .sort();

describe.each(codecs)("$name", ({ reliable, plain }) => {
  async function meeting(options: WebPubSubClientOptions = {}) {
    const house = await House.open({}, reliable);
    // Without delays between attempts: cuts come fast here.
    const hasty = { environment: { random: () => 0 } };
    const ann = await house.welcome("ann", ["room"], { ...hasty, ...options });
    const bob = await house.welcome("bob", ["room"], hasty);
    const watcher = await house.welcome("watcher", [], hasty);
    const changes: string[] = [];
    watcher.client.on("group-states-changed", ({ group }) => changes.push(group));
    return { house, ann, bob, watcher, changes, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
  }

  test("who is here: a snapshot, then every change, and the going", async () => {
    await using world = await meeting();
    const { ann, bob, watcher } = world;
    await ann.client.setGroupState("room", { status: "here" });
    await watcher.client.subscribeGroupStates("room");
    await until(() => seen(watcher).length === 1);
    expect(watcher.client.listGroupStates("room")).toEqual([
      {
        connectionId: ann.client.connectionId,
        userId: "ann",
        state: { status: "here" },
        updatedAt: expect.any(Number) as number,
      },
    ]);
    await bob.client.setGroupState("room", { status: "typing" });
    await until(() => seen(watcher).length === 2);
    await ann.client.setGroupState("room", { status: "away" });
    await until(() => seen(watcher).includes("ann:away"));
    expect(seen(watcher)).toEqual(["ann:away", "bob:typing"]);
    await bob.client.clearGroupState("room");
    await until(() => seen(watcher).length === 1);
    await ann.client.leaveGroup("room");
    await until(() => seen(watcher).length === 0);
    expect(world.changes).toEqual(["room", "room", "room", "room", "room"]);
  });

  test("stopping clears", async () => {
    await using world = await meeting();
    const { ann, watcher } = world;
    await watcher.client.subscribeGroupStates("room");
    await ann.client.setGroupState("room", { status: "here" });
    await until(() => seen(watcher).length === 1);
    await ann.client.stop();
    await until(() => seen(watcher).length === 0);
  });

  test("own state is in the list only when the service says so", async () => {
    await using world = await meeting();
    const { ann } = world;
    await ann.client.subscribeGroupStates("room");
    await ann.client.setGroupState("room", { status: "here" });
    await until(() => seen(ann).length === 1);
    expect(ann.client.getGroupState("room")).toEqual({ status: "here" });
  });

  test("a recovery misses no change", async () => {
    await using world = await meeting();
    const { ann, bob, watcher } = world;
    await watcher.client.subscribeGroupStates("room");
    for (let round = 1; round <= 20; round++) {
      world.house.faults.cutTransports();
      await Promise.all([
        ann.client.setGroupState("room", { status: `${round}` }),
        bob.client.setGroupState("room", { status: `${round}` }),
      ]);
    }
    await until(() => seen(watcher).join() === "ann:20,bob:20");
    expect(watcher.of("disconnected")).toEqual([]);
  });

  test("W39: a new connection sets own state again; watchers see the old one go", async () => {
    await using world = await meeting();
    const { ann, watcher } = world;
    await watcher.client.subscribeGroupStates("room");
    await ann.client.setGroupState("room", { status: "here" });
    await until(() => seen(watcher).length === 1);
    const before = ann.client.connectionId;
    world.house.faults.rejectRecovery({ filter: { userId: "ann" } });
    world.house.faults.cutTransports({ userId: "ann" });
    const now = await until(() =>
      watcher.client.listGroupStates("room").find(({ connectionId }) => connectionId !== before),
    );
    expect(now).toMatchObject({ userId: "ann", state: { status: "here" } });
    expect(ann.client.getGroupState("room")).toEqual({ status: "here" });
    await until(() => seen(watcher).length === 1);
  });

  test("a watcher's new connection asks again and sees the present", async () => {
    await using world = await meeting();
    const { ann, bob, watcher } = world;
    await watcher.client.subscribeGroupStates("room");
    await ann.client.setGroupState("room", { status: "here" });
    await bob.client.setGroupState("room", { status: "here" });
    await until(() => seen(watcher).length === 2);
    world.house.faults.rejectRecovery({ filter: { userId: "watcher" } });
    world.house.faults.cutTransports({ userId: "watcher" });
    await until(() => watcher.of("disconnected").length === 1);
    await bob.client.clearGroupState("room");
    await until(() => seen(watcher).join() === "ann:here");
  });

  test("with restoreGroupStates false, on the plain protocol, a cut forgets own state", async () => {
    await using world = await meeting({ protocol: plain, restoreGroupStates: false });
    const { ann, watcher } = world;
    await watcher.client.subscribeGroupStates("room");
    await ann.client.setGroupState("room", { status: "here" });
    await until(() => seen(watcher).length === 1);
    world.house.faults.cutTransports({ userId: "ann" });
    await until(() => ann.of("connected").length === 2);
    expect(ann.client.getGroupState("room")).toBeUndefined();
    await until(() => seen(watcher).length === 0);
  });

  test("what the service refuses is said", async () => {
    await using world = await meeting();
    const outsider = await world.house.welcome("outsider");
    await expect(outsider.client.setGroupState("room", { status: "here" })).rejects.toMatchObject({
      name: "SendMessageError",
      code: "Refused",
    });
    expect(() => outsider.client.getGroupState("room")).toThrow("Group 'room' is not joined.");
    const noRoles = world.house.guest("eve", {}, { roles: [] });
    await noRoles.client.start();
    await expect(noRoles.client.subscribeGroupStates("room")).rejects.toMatchObject({
      errorDetail: { name: "Forbidden" },
    });
    expect(() => noRoles.client.listGroupStates("room")).toThrow("not subscribed");
  });
});
