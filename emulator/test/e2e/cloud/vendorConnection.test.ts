import { describe, expect, test } from "vitest";
import { House, plain, until } from "../harness.js";

/** What the vendor's tests of connections and their transports assert and the other files here don't yet. */

test("an acknowledgement of more than was sent frees the whole window", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  const hub = house.emulator.hub("chat");
  for (let round = 1; round <= 2; round++) {
    for (let i = 0; i < 1_000; i++) hub.sendToGroup("g", i);
    await until(() => client.data.length === round * 1_000);
    client.socket.send('{"type":"sequenceAck","sequenceId":18446744073709551615}');
    await client.settled();
  }
  expect(client.closed).toBeUndefined();
});

test("what a client sends behind a message that is declined is not done", async () => {
  await using house = await House.open();
  const witness = await house.client({ groups: ["room"] });
  const client = await house.client();
  client.send({ type: "unknown" });
  client.send({ type: "sendToGroup", group: "room", dataType: "text", data: "too late" });
  expect((await client.gone()).code).toBe(1007);
  await witness.settled();
  expect(witness.data).toEqual([]);
});

test("a client that is closed gets first what was sent before, then the reason, then the close", async () => {
  await using house = await House.open();
  const client = await house.client({ subprotocol: plain });
  client.socket.pause();
  const hub = house.emulator.hub("chat");
  for (const data of ["first", "second"]) hub.sendToConnection(client.id, data.padEnd(100_000));
  hub.closeConnection(client.id, "enough");
  client.socket.resume();
  expect(await client.gone()).toEqual({ code: 1000, reason: "" });
  const came = client.messages.slice(1).map((message) => String(message["data"] ?? message["event"]).trim());
  expect(came).toEqual(["first", "second", "disconnected"]);
});

describe("a handler that doesn't answer", () => {
  const event = { type: "event", event: "slow", ackId: 1, dataType: "text", data: "x" };

  /** A hub whose handler answers when it is told to. */
  async function open(recoveryWindowInMs?: number) {
    const answers: (() => void)[] = [];
    const reasons: string[] = [];
    const house = await House.open({
      ...(recoveryWindowInMs !== undefined && { recoveryWindowInMs }),
      hubs: {
        chat: {
          handlers: [
            {
              onEvent: async () => {
                await new Promise<void>((resolve) => answers.push(resolve));
                return { data: "late" };
              },
              onDisconnected: ({ reason }) => reasons.push(reason),
            },
          ],
        },
      },
    });
    return { house, answers, reasons };
  }

  test("holds up no recovery; reply and ack come where the client is then", async () => {
    const { house, answers } = await open();
    await using _house = house;
    const client = await house.client();
    client.send(event);
    const answer = await until(() => answers[0]);
    client.socket.terminate();
    const again = await house.recover(client);
    expect(again.data).toEqual([]);
    answer();
    await until(() => again.messages.find(({ type }) => type === "ack"));
    const came = again.messages.filter(({ type }) => type !== "pong");
    expect(came).toMatchObject([
      { type: "message", data: "late" },
      { type: "ack", ackId: 1, success: true },
    ]);
    expect(client.data).toEqual([]);
  });

  test("keeps no session: its window ends all the same, and the late answer is nobody's", async () => {
    const { house, answers, reasons } = await open(50);
    await using _house = house;
    const client = await house.client();
    client.send(event);
    const answer = await until(() => answers[0]);
    client.socket.terminate();
    await until(() => reasons[0]);
    expect(house.emulator.hub("chat").connections()).toEqual([]);
    answer();
    expect((await client.recovery().gone()).code).toBe(1008);
    expect(house.warnings).toEqual([]);
  });
});

test.each([
  ["1,000 messages", "x", 1_000],
  ["16 MB", "x".repeat(1_000_000), 16],
])("a session that waits can fill its window of %s; one more ends it for good", async (_, data, count) => {
  await using house = await House.open();
  const [full, over] = [await house.client({ groups: ["g"] }), await house.client({ groups: ["g"] })];
  const hub = house.emulator.hub("chat");
  for (const client of [full, over]) client.socket.terminate();
  await until(() => hub.connections().every(({ status }) => status === "waiting"));
  for (let i = 0; i < count; i++) hub.sendToGroup("g", data);
  hub.sendToConnection(over.id, data);
  expect(hub.connections().map(({ connectionId }) => connectionId)).toEqual([full.id]);
  expect((await over.recovery().gone()).code).toBe(1008);
  const again = await house.recover(full);
  await until(() => again.data.length === count);
});

test("a recovery calls off the end of the window that it came in", async () => {
  await using house = await House.open({ recoveryWindowInMs: 2_000 });
  const hub = house.emulator.hub("chat");
  const [client, witness] = [await house.client(), await house.client()];
  client.socket.terminate();
  await until(() => hub.connection(client.id)?.status === "waiting");
  const again = await house.recover(client);
  // Its window begins later, so the other's would have ended before it.
  witness.socket.terminate();
  await until(() => hub.connection(witness.id) === undefined);
  await again.settled();
  expect(hub.connections()).toMatchObject([{ connectionId: client.id, status: "connected" }]);
});
