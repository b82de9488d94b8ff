import { describe, expect, test } from "vitest";
import { limit } from "../../../test/helpers/patience.js";
import type { Fault } from "../../src/index.js";
import { House, RawClient, plain, until } from "./harness.js";

const join = (ackId: number) => ({ type: "joinGroup", group: "g", ackId });

describe("cutTransports", () => {
  test("drops sockets without a close frame; only reliable sessions stay", async () => {
    await using house = await House.open();
    const kept = await house.client({ userId: "kept" });
    const lost = await house.client({ userId: "lost", subprotocol: plain });
    expect(house.emulator.faults.cutTransports()).toBe(2);
    expect([(await kept.gone()).code, (await lost.gone()).code]).toEqual([1006, 1006]);
    const hub = house.emulator.hub("chat");
    await until(() => hub.connections().length === 1);
    expect(hub.connections()).toMatchObject([{ userId: "kept", status: "waiting" }]);
  });

  test("only those that the filter names", async () => {
    await using house = await House.open();
    const a = await house.client({ userId: "a", groups: ["g"] });
    const b = await house.client({ userId: "b", groups: ["g"] });
    const c = await house.client({ userId: "c", hub: "news" });
    const { faults } = house.emulator;
    expect(faults.cutTransports({ connectionId: a.id, group: "other" })).toBe(0);
    expect(faults.cutTransports({ connectionId: a.id })).toBe(1);
    expect(faults.cutTransports({ hub: "NEWS" })).toBe(1);
    await Promise.all([a.gone(), c.gone()]);
    await b.settled();
    expect(faults.cutTransports({ group: "g" })).toBe(1);
    await b.gone();
  });
});

describe("refuseUpgrades", () => {
  test("by a status, a number of times, then lets clients in again", async () => {
    await using house = await House.open();
    house.emulator.faults.refuseUpgrades({ with: 503, times: 2 });
    const url = await house.emulator.clientAccessUrl("chat");
    for (let i = 0; i < 2; i++) {
      const client = new RawClient(url);
      await client.gone();
      expect(client.status).toBe(503);
    }
    expect(house.emulator.faults.active).toEqual([]);
    await house.client();
  });

  test("only recoveries, or only new connections", async () => {
    await using house = await House.open();
    const client = await house.client();
    client.socket.terminate();
    const { faults } = house.emulator;
    faults.refuseUpgrades({ with: 502, only: "recovery" });
    const refused = client.recovery();
    await refused.gone();
    expect(refused.status).toBe(502);
    await house.client();
    faults.reset();
    faults.refuseUpgrades({ with: 502, only: "new" });
    await house.recover(client);
    const late = new RawClient(await house.emulator.clientAccessUrl("chat"));
    await late.gone();
    expect(late.status).toBe(502);
  });

  test("only recoveries of one connection, and no new one", async () => {
    await using house = await House.open();
    const [struck, other] = [await house.client(), await house.client()];
    const { faults } = house.emulator;
    faults.refuseUpgrades({ with: 502, filter: { connectionId: struck.id } });
    for (const { socket } of [struck, other]) socket.terminate();
    await house.recover(other);
    await house.client();
    const refused = struck.recovery();
    await refused.gone();
    expect(refused.status).toBe(502);
    faults.reset();
    await house.recover(struck);
  });

  test("by dropping the socket", async () => {
    await using house = await House.open();
    house.emulator.faults.refuseUpgrades({ with: "reset", times: 1 });
    const client = new RawClient(await house.emulator.clientAccessUrl("chat"));
    expect((await client.gone()).code).toBe(1006);
    expect(client.status).toBeUndefined();
  });

  test("by no answer at all, until reset", async () => {
    await using house = await House.open();
    house.emulator.faults.refuseUpgrades({ with: "hang", times: 1 });
    const hanging = new RawClient(await house.emulator.clientAccessUrl("chat"));
    await until(() => house.emulator.faults.active.length === 0);
    await house.client();
    expect(hanging.closed).toBeUndefined();
    house.emulator.faults.reset();
    expect((await hanging.gone()).code).toBe(1006);
  });
});

test("rejectRecovery opens the socket and closes it with 1008; the session is gone", async () => {
  await using house = await House.open();
  const client = await house.client();
  client.socket.terminate();
  house.emulator.faults.rejectRecovery({ times: 1 });
  const rejected = client.recovery();
  expect((await rejected.gone()).code).toBe(1008);
  expect(rejected.status).toBeUndefined();
  expect(rejected.messages).toEqual([]);
  expect(house.emulator.hub("chat").connections()).toEqual([]);
});

describe("holdAcks", () => {
  test("swallow: executed, but no ack; the repeat is a duplicate", async () => {
    await using house = await House.open();
    const client = await house.client();
    house.emulator.faults.holdAcks({ swallow: true, times: 1 });
    client.send(join(1));
    await client.settled();
    expect(client.messages.filter(({ type }) => type === "ack")).toEqual([]);
    expect(house.emulator.hub("chat").groups()).toEqual(["g"]);
    expect(await client.ask(join(1))).toMatchObject({ error: { name: "Duplicate" } });
  });

  test("delayInMs: executed, the ack comes late", async () => {
    await using house = await House.open();
    const client = await house.client();
    house.emulator.faults.holdAcks({ delayInMs: 60, times: 1 });
    const start = performance.now();
    const ack = client.ask(join(1));
    await client.settled();
    expect(house.emulator.hub("chat").groups()).toEqual(["g"]);
    expect(await client.ask(join(2))).toMatchObject({ ackId: 2 });
    expect(await ack).toMatchObject({ ackId: 1, success: true });
    expect(performance.now() - start).toBeGreaterThan(50);
  });
});

test("answerAcks: not executed, the ack carries the error, the ackId stays usable", async () => {
  await using house = await House.open();
  const client = await house.client({ userId: "u" });
  const other = await house.client({ userId: "v" });
  const { faults } = house.emulator;
  faults.answerAcks({ error: "InternalServerError", times: 2, filter: { userId: "u" } });
  expect(await client.ask(join(1))).toMatchObject({ success: false, error: { name: "InternalServerError" } });
  expect(house.emulator.hub("chat").groups()).toEqual([]);
  expect(faults.active).toEqual([
    { kind: "answerAcks", error: "InternalServerError", times: 1, filter: { userId: "u" } },
  ]);
  expect(await other.ask(join(1))).toMatchObject({ success: true });
  faults.reset();
  expect(await client.ask(join(1))).toMatchObject({ success: true });
});

describe("goHalfOpen", () => {
  test("nothing is read and nothing sent, but the socket stays", async () => {
    await using house = await House.open();
    const client = await house.client({ groups: ["h"] });
    const { faults } = house.emulator;
    expect(faults.goHalfOpen({ connectionId: client.id })).toBe(1);
    client.send(join(1));
    client.send({ type: "ping" });
    client.socket.ping();
    let ponged = false;
    client.socket.on("pong", () => (ponged = true));
    const hub = house.emulator.hub("chat");
    hub.sendToAll("lost on its way");
    const other = await house.client();
    await other.settled();
    await other.settled();
    expect(client.messages).toHaveLength(1);
    expect(ponged).toBe(false);
    expect(client.closed).toBeUndefined();
    expect(hub.groups()).toEqual(["h"]);
    expect(hub.connection(client.id)).toMatchObject({ status: "connected", unacknowledged: 1 });

    const again = await house.recover(client);
    await again.settled();
    expect(again.data).toMatchObject([{ data: "lost on its way" }]);
  });

  test("doesn't keep close() from finishing; neither does a hanging upgrade", async () => {
    await using house = await House.open();
    const client = await house.client();
    house.emulator.faults.goHalfOpen();
    house.emulator.faults.refuseUpgrades({ with: "hang" });
    const hanging = new RawClient(await house.emulator.clientAccessUrl("chat"));
    await until(() => hanging.socket.readyState === hanging.socket.CONNECTING);
    const start = performance.now();
    await house.emulator.close();
    expect(performance.now() - start).toBeLessThan(limit(5_000));
    await Promise.all([client.gone(), hanging.gone()]);
  });
});

test("announceRecovery brings a connected message with a new token, before the replay", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  await client.text("g", "x");
  client.socket.terminate();
  house.emulator.faults.announceRecovery({ times: 1 });
  const again = await house.recover(client);
  expect(again.messages.slice(0, 2)).toMatchObject([
    { type: "system", event: "connected", connectionId: client.id },
    { type: "message", data: "x" },
  ]);
  expect(again.token).not.toBe(client.token);
  expect((await house.recover(again)).connected).toBeUndefined();
});

test("renewTokens gives open reliable connections a newer token; the earlier one stays valid", async () => {
  await using house = await House.open();
  const client = await house.client({ userId: "ann" });
  const plainClient = await house.client({ subprotocol: plain });
  const first = client.token;
  expect(house.emulator.faults.renewTokens()).toBe(1);
  await client.settled();
  await plainClient.settled();
  expect(client.messages.filter(({ event }) => event === "connected")).toMatchObject([
    { reconnectionToken: first },
    { connectionId: client.id, userId: "ann", reconnectionToken: client.token },
  ]);
  expect(client.token).not.toBe(first);
  expect(plainClient.messages.filter(({ event }) => event === "connected")).toHaveLength(1);
  client.socket.terminate();
  const second = await house.recover(client);
  second.socket.terminate();
  await house.recover(client, { token: first });
});

test("replayTwice replays each message twice, in order", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  await client.text("g", "a");
  await client.text("g", "b");
  client.socket.terminate();
  house.emulator.faults.replayTwice({ times: 1 });
  const again = await house.recover(client);
  await again.settled();
  expect(again.data.map(({ sequenceId }) => sequenceId)).toEqual([1, 1, 2, 2]);
  again.socket.terminate();
  const third = await house.recover(again);
  await third.settled();
  expect(third.data.map(({ sequenceId }) => sequenceId)).toEqual([1, 2]);
});

describe("restartService", () => {
  test("closes with 1012 and forgets every session, also those that wait", async () => {
    await using house = await House.open();
    const client = await house.client();
    const waiting = await house.client();
    waiting.socket.terminate();
    house.emulator.faults.restartService();
    expect((await client.gone()).code).toBe(1012);
    expect(client.messages.at(-1)).toMatchObject({ event: "disconnected" });
    expect(house.emulator.hub("chat").connections()).toEqual([]);
    expect((await client.recovery().gone()).code).toBe(1008);
    expect((await waiting.recovery().gone()).code).toBe(1008);
    await house.client();
  });

  test("or cuts", async () => {
    await using house = await House.open();
    const client = await house.client();
    house.emulator.faults.restartService({ sockets: "cut" });
    expect((await client.gone()).code).toBe(1006);
    expect(client.messages).toHaveLength(1);
    expect((await client.recovery().gone()).code).toBe(1008);
  });
});

test("faults are plain JSON, and wrong ones are refused", async () => {
  await using house = await House.open();
  const { faults } = house.emulator;
  faults.refuseUpgrades({ with: "hang", only: "recovery" });
  faults.holdAcks({ delayInMs: 5, times: 3 });
  const described = JSON.parse(JSON.stringify(faults.active)) as Fault[];
  faults.reset();
  expect(faults.active).toEqual([]);
  for (const fault of described) faults.inject(fault);
  expect(faults.active).toEqual(described);

  const wrong = (fault: unknown) => () => faults.inject(fault as Fault);
  expect(wrong(undefined)).toThrow("fault.kind");
  expect(wrong({ kind: "explode" })).toThrow("explode");
  expect(wrong({ kind: "replayTwice", time: 1 })).toThrow("time");
  expect(wrong({ kind: "replayTwice", times: 0 })).toThrow("times");
  expect(wrong({ kind: "refuseUpgrades", with: 200 })).toThrow("with");
  expect(wrong({ kind: "refuseUpgrades", with: "no" })).toThrow("hang, reset");
  expect(wrong({ kind: "refuseUpgrades", with: 503, only: "new", filter: { userId: "u" } })).toThrow(
    "no filter",
  );
  expect(wrong({ kind: "holdAcks" })).toThrow("swallow");
  expect(wrong({ kind: "holdAcks", swallow: true, delayInMs: 1 })).toThrow("either");
  expect(wrong({ kind: "answerAcks", error: "" })).toThrow("error");
  expect(wrong({ kind: "restartService", sockets: "burn" })).toThrow("sockets");
  expect(wrong({ kind: "cutTransports", filter: { user: "u" } })).toThrow("user");
});
