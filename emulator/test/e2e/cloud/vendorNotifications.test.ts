import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { WebSocket } from "ws";
import { expect, test } from "vitest";
import { developmentAccessKey } from "../../../src/index.js";
import { House, plain, reliable, until } from "../harness.js";
import { application } from "./application.js";

/** What the vendor's tests of `UpstreamNotification` assert. */

const systemEvents = ["connected", "disconnected"] as const;

test.each([
  [undefined, "client", 200, "test-close"],
  [plain, "server", 200, "Application server closed the connection. Reason: test-close"],
  [plain, "client", 400, "test-close"],
  [plain, "protocol", 200, "The client message is not valid: the frame is not JSON in UTF-8."],
  [reliable, "client", 200, "test-close"],
])(
  "a client (%s) that is ended by the %s is told of once; the handler answers with %i",
  async (subprotocol, end, status, reason) => {
    const { received, origin } = await application((response) => {
      const connection = String(response.req.headers["ce-connectionid"]);
      response.writeHead(status, { "Set-Cookie": `affinity=${connection}` }).end();
    });
    await using house = await House.open({
      hubs: {
        chat: {
          handlers: [
            { url: `${origin}/events/{HUB}/{event}`, systemEvents },
            { url: `${origin}/wrong-handler`, systemEvents },
          ],
        },
      },
    });
    const url = await house.emulator.clientAccessUrl("CHAT", { userId: "用户" });
    const client = new WebSocket(url, subprotocol === undefined ? [] : [subprotocol]);
    await until(() => received[0] && client.readyState === client.OPEN);
    const [connected] = received;
    const id = String(connected?.headers["ce-connectionid"]);
    const signature = createHmac("sha256", developmentAccessKey).update(id).digest("hex");
    expect(connected).toMatchObject({
      url: "/events/chat/connected",
      body: "{}",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "webhook-request-origin": new URL(house.emulator.endpoint).host,
        "ce-specversion": "1.0",
        "ce-awpsversion": "1.0",
        "ce-type": "azure.webpubsub.sys.connected",
        "ce-source": `/hubs/chat/client/${id}`,
        "ce-id": "1",
        "ce-userid": Buffer.from("用户").toString("latin1"),
        "ce-signature": `sha256=${signature}`,
      },
    });
    expect(connected?.headers["ce-subprotocol"]).toBe(subprotocol);
    expect(Date.parse(String(connected?.headers["ce-time"]))).not.toBeNaN();

    if (end === "server") house.emulator.hub("chat").closeConnection(id, "test-close");
    else if (end === "protocol") client.send(Buffer.of(1), { binary: true });
    else client.close(1000, "test-close");
    await until(() => received[1]);
    expect(received[1]).toMatchObject({
      url: "/events/chat/disconnected",
      headers: {
        "ce-type": "azure.webpubsub.sys.disconnected",
        "ce-id": "2",
        "ce-signature": `sha256=${signature}`,
      },
    });
    expect(JSON.parse(received[1]?.body ?? "")).toEqual({ reason });
    expect(received[1]?.headers).not.toHaveProperty("cookie");
    expect(house.emulator.hub("chat").connection(id)).toBeUndefined();
    // What is on its way arrives before the service has closed.
    await house.emulator.close();
    expect(received).toHaveLength(2);
    expect(house.warnings.filter((warning) => warning.includes("status 400"))).toHaveLength(
      status === 400 ? 2 : 0,
    );
    client.terminate();
  },
);

test("a notification goes on when its client goes, and the next waits for it", async () => {
  const waiting: ServerResponse[] = [];
  const { received, origin } = await application((response) => {
    if (response.req.headers["ce-eventname"] === "connected") waiting.push(response);
    else response.end();
  });
  await using house = await House.open({ hubs: { chat: { handlers: [{ url: origin, systemEvents }] } } });
  const client = await house.client({ subprotocol: plain });
  const response = await until(() => waiting[0]);
  client.socket.close(1000, "done");
  await client.gone();
  await until(() => house.emulator.hub("chat").connections().length === 0);
  expect([response.destroyed, received.length]).toEqual([false, 1]);
  response.end();
  await until(() => received[1]);
  expect(received[1]?.headers["ce-eventname"]).toBe("disconnected");
});

test.each([
  [false, "detach"],
  [true, "recovered-close"],
])("a reliable client that is lost is told of when it ends (recovered: %s)", async (recovers, reason) => {
  const { received, origin } = await application((response) => response.end());
  await using house = await House.open({
    recoveryWindowInMs: recovers ? 60_000 : 200,
    hubs: { chat: { handlers: [{ url: origin, systemEvents }] } },
  });
  const client = await house.client();
  await until(() => received[0]);
  client.socket.close(1001, "detach");
  await client.gone();
  if (recovers) (await house.recover(client)).socket.close(1000, "recovered-close");
  await until(() => received[1]);
  expect(received[1]?.headers).toMatchObject({ "ce-eventname": "disconnected", "ce-id": "2" });
  expect(JSON.parse(received[1]?.body ?? "")).toEqual({ reason });
  await house.emulator.close();
  expect(received).toHaveLength(2);
});
