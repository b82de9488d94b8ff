import { expect, test } from "vitest";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { observe, type ObservedFrame, type ObservedRecovery } from "web-pubsub-client/observe";
import { House, until } from "./harness.js";

const protocols = { json: undefined, protobuf: WebPubSubProtobufReliableProtocol };

test.each(Object.entries(protocols))(
  "%s: what was sent while a client was away is what its recovery replays",
  async (_name, protocol) => {
    await using house = await House.open({}, protocol?.());
    const { client } = house.guest("ann");
    const sender = await house.welcome("bob");
    const recoveries: ObservedRecovery[] = [];
    const frames: ObservedFrame[] = [];
    observe(client, {
      onRecoveryEnded: (recovery) => recoveries.push(recovery),
      onFrame: (frame) => frames.push(frame),
    });
    await client.start();
    await client.joinGroup("room");
    const { connectionId } = client;
    house.faults.refuseUpgrades({ with: 503 });
    house.faults.cutTransports({ userId: "ann" });
    await until(() => client.state === "Recovering");
    for (let count = 0; count < 5; count++) await sender.client.sendToGroup("room", count);
    house.faults.reset();
    await until(() => recoveries.length === 1);
    expect(recoveries[0]).toMatchObject({ connectionId, recovered: true, replayed: 5 });
    expect(recoveries[0]?.attempts).toBeGreaterThan(1);
    const received = frames.filter(({ kind, group }) => kind === "groupData" && group === "room");
    expect(received.map(({ sequenceId }) => sequenceId)).toEqual([1, 2, 3, 4, 5]);
  },
);
