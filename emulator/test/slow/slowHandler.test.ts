import { expect, test } from "vitest";
import { House } from "../e2e/harness.js";
import { application } from "../e2e/cloud/application.js";

/** What takes minutes of real time over the wire. In virtual time it is a part of `npm test`. */

const event = { type: "event", event: "e", dataType: "text", data: "x" };

test("a handler may take 95 s", async () => {
  const { origin } = await application((response) => {
    setTimeout(() => response.writeHead(200, { "Content-Type": "text/plain" }).end("at last"), 95_000);
  });
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin }] } } });
  const client = await house.client();
  expect(await client.ask(event)).toMatchObject({ success: true });
  expect(client.data).toMatchObject([{ data: "at last" }]);
  expect(house.warnings).toEqual([]);
});
