import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { House, until } from "./harness.js";

test("a half-open link is found by keep-alive and recovered without loss", async () => {
  await using house = await House.open();
  const ann = await house.welcome("ann", ["room"], {
    keepAliveIntervalInMs: 50,
    keepAliveTimeoutInMs: 1_000,
  });
  house.faults.goHalfOpen();
  const operation = ann.client.sendToGroup("room", "into the void");
  house.hub.sendToUser("ann", "unheard");
  await until(() => ann.story.includes("recovered"));

  expect(await operation).toMatchObject({ isDuplicated: false });
  await until(() => ann.heard.length === 2);
  expect(ann.heard).toEqual(["unheard", "into the void"]);
  const [lost] = ann.of("state-changed").filter(({ state }) => state === "Recovering");
  expect(lost?.error).toMatchObject({ name: "ConnectionError", code: "NoAnswer" });
  expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
});

test("a quiet link that answers its pings is left alone", async () => {
  await using house = await House.open();
  let pings = 0;
  class Counting extends WebSocket {
    override send(data: string): void {
      if (data.includes('"ping"')) pings++;
      super.send(data);
    }
  }
  const options = { webSocket: Counting, keepAliveIntervalInMs: 2, keepAliveTimeoutInMs: 1_000 };
  const ann = await house.welcome("ann", [], options);
  await until(() => pings >= 20);
  await ann.client.joinGroup("room");
  expect(ann.story).toEqual(["connected"]);
});
