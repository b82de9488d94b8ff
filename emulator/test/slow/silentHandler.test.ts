import { expect, test } from "vitest";
import { House } from "../e2e/harness.js";
import { application } from "../e2e/cloud/application.js";

/** What takes minutes of real time over the wire. In virtual time it is a part of `npm test`. */

const event = { type: "event", event: "e", dataType: "text", data: "x" };

test("after 100 s without an answer the event fails, and isn't tried again", async () => {
  const { received, origin } = await application(() => undefined);
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await house.client();
  const from = Date.now();
  expect(await client.ask(event)).toMatchObject({ success: false, error: { name: "InternalServerError" } });
  expect(Date.now() - from).toBeGreaterThanOrEqual(99_000);
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  expect(received).toHaveLength(1);
});
