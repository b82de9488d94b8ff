import { type GroupDataMessage, WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { expect, test } from "vitest";
import { House, anyGroup, until } from "./harness.js";

test("the reference client joins, sends, is cut, recovers and gets what it missed", async () => {
  await using house = await House.open({
    hubs: { chat: { handlers: [{ onEvent: ({ data }) => ({ data: `echo ${String(data)}` }) }] } },
  });
  const client = new WebPubSubClient(
    await house.emulator.clientAccessUrl("chat", { userId: "u", roles: anyGroup }),
  );
  const messages: GroupDataMessage[] = [];
  const replies: unknown[] = [];
  const connectionIds: string[] = [];
  client.on("connected", ({ connectionId }) => void connectionIds.push(connectionId));
  client.on("group-message", ({ message }) => void messages.push(message));
  client.on("server-message", ({ message }) => void replies.push(message.data));
  await client.start();
  try {
    await client.joinGroup("g");
    expect(await client.sendToGroup("g", { n: 1 }, "json")).toMatchObject({ isDuplicated: false });
    await client.sendEvent("e", "hi", "text");
    await until(() => messages[0] && replies[0]);
    expect(messages[0]).toMatchObject({ fromUserId: "u", dataType: "json", data: { n: 1 }, sequenceId: 1 });
    expect(replies).toEqual(["echo hi"]);

    expect(await client.sendToGroup("g", "same", "text", { ackId: 77 })).toMatchObject({
      isDuplicated: false,
    });
    expect(await client.sendToGroup("g", "same", "text", { ackId: 77 })).toMatchObject({
      isDuplicated: true,
    });

    house.emulator.faults.cutTransports();
    const hub = house.emulator.hub("chat");
    hub.sendToGroup("g", new Uint8Array([1, 2, 3]));
    await until(() => messages[2]);
    expect(messages.map(({ sequenceId }) => sequenceId)).toEqual([1, 3, 4]);
    expect(new Uint8Array(messages[2]?.data as ArrayBuffer)).toEqual(Uint8Array.of(1, 2, 3));
    expect(connectionIds).toHaveLength(1);
    await until(() => hub.connections()[0]?.unacknowledged === 0);
  } finally {
    client.stop();
  }
  await until(() => house.emulator.hub("chat").connections().length === 0);
});

test("on the JSON protocol it connects anew and rejoins", async () => {
  await using house = await House.open();
  const url = await house.emulator.clientAccessUrl("chat", { roles: anyGroup });
  const client = new WebPubSubClient(url, { protocol: WebPubSubJsonProtocol() });
  const connectionIds: string[] = [];
  client.on("connected", ({ connectionId }) => void connectionIds.push(connectionId));
  await client.start();
  try {
    await client.joinGroup("g");
    house.emulator.faults.restartService();
    await until(() => connectionIds[1] && house.emulator.hub("chat").members("g")[0]);
    expect(house.emulator.hub("chat").members("g")).toMatchObject([{ connectionId: connectionIds[1] }]);
  } finally {
    client.stop();
  }
});
