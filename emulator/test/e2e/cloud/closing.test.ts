import { expect, test } from "vitest";
import { House, plain, until } from "../harness.js";

/** A server closes connections: the client is told by `disconnected`, then closed with 1000 and no reason. */

test.each([
  ["DELETE", "connections/ID"],
  ["POST", "groups/g/:closeConnections"],
  ["POST", "users/u/:closeConnections"],
  ["POST", ":closeConnections"],
])("%s %s", async (method, path) => {
  const reasons: string[] = [];
  await using house = await House.open({
    hubs: { chat: { handlers: [{ onDisconnected: ({ reason }) => reasons.push(reason) }] } },
  });
  for (const [query, words] of [
    [
      { reason: "maintenance & more" },
      "Application server closed the connection. Reason: maintenance & more",
    ],
    [{ reason: "" }, "Application server closed the connection."],
    [{}, "Application server closed the connection."],
  ] as const) {
    const client = await house.client({ userId: "u", groups: ["g"], subprotocol: plain });
    await house.call(method, `/api/hubs/chat/${path.replace("ID", client.id)}`, { query });
    expect(await client.gone()).toEqual({ code: 1000, reason: "" });
    expect(client.messages.at(-1)).toEqual({ type: "system", event: "disconnected", message: words });
    await until(() => reasons.at(-1) === words);
  }
});

test.each([
  [1000, "done"],
  [4000, "going elsewhere"],
])("the reason of a client that closes with %i is that of its end, when it has one", async (code, words) => {
  const reasons: string[] = [];
  await using house = await House.open({
    recoveryWindowInMs: 20,
    hubs: { chat: { handlers: [{ onDisconnected: ({ reason }) => reasons.push(reason) }] } },
  });
  const client = await house.client();
  client.socket.close(code, words);
  await until(() => reasons.length > 0);
  expect(reasons).toEqual([words]);
});
