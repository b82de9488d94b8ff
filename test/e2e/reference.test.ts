import { WebPubSubClient as ReferenceClient } from "@azure/web-pubsub-client";
import { expect, test } from "vitest";
import { anyGroup, hub, House, until } from "./harness.js";

test("the reference client and ours talk with each other over cuts; the service serves both alike", async () => {
  await using house = await House.open();
  const ours = await house.welcome("ours", ["room"]);
  const reference = new ReferenceClient(
    await house.emulator.clientAccessUrl(hub, { userId: "reference", roles: anyGroup }),
    { messageRetryOptions: { retryDelayInMs: 5, maxRetries: 100 } },
  );
  const heard: unknown[] = [];
  const connections: string[] = [];
  reference.on("group-message", ({ message }) => {
    if (message.fromUserId === "ours") heard.push(message.data);
  });
  reference.on("connected", ({ connectionId }) => connections.push(connectionId));
  await reference.start();
  try {
    await reference.joinGroup("room");
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        ours.client.sendToGroup("room", { round }, { noEcho: true }),
        reference.sendToGroup("room", { round }, "json", { noEcho: true }),
      ]);
      house.faults.cutTransports({ userId: round % 2 === 0 ? "reference" : "ours" });
      house.hub.sendToGroup("room", { between: round }, { excluded: [connections[0] ?? ""] });
      // Its next operation would fail while it has no connection: ours waits by itself.
      await until(() => house.hub.connections().every(({ status }) => status === "connected"));
      await reference.joinGroup("room");
    }
    await until(() => heard.length === 5);
    expect(heard).toEqual([0, 1, 2, 3, 4].map((round) => ({ round })));
    await until(() => ours.heard.length === 10);
    expect(ours.heard).toEqual([0, 1, 2, 3, 4].flatMap((round) => [{ round }, { between: round }]));
    expect(connections).toHaveLength(1);
    expect(ours.of("connected")).toHaveLength(1);
    expect(ours.of("recovered")).toHaveLength(2);
  } finally {
    reference.stop();
  }
});
