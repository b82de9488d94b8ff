import { type IncomingMessage, request } from "node:http";
import { expect, test } from "vitest";
import { House, RawClient, plain, reliable, until } from "../harness.js";

/** What a recovery is, and what ends the session that it asks for. */

/** Opens a WebSocket by hand: `ws` gives up where a subprotocol is answered that it hasn't offered. */
async function handshake(url: string, offered?: string): Promise<IncomingMessage> {
  const asked = request(url.replace(/^ws/, "http"), {
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
      ...(offered !== undefined && { "Sec-WebSocket-Protocol": offered }),
    },
  });
  return new Promise((resolve, reject) => {
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    asked.on("response", resolve);
    asked.on("error", reject);
    asked.end();
  });
}

const recoveryUrl = (client: RawClient, more: Record<string, string> = {}) => {
  const url = new URL(client.url);
  url.search = new URLSearchParams({
    awps_connection_id: client.id,
    awps_reconnection_token: client.token,
    ...more,
  }).toString();
  return url.href;
};

test("a recovery says nothing by itself: replay is the first that comes", async () => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  await client.text("g", "x");
  client.socket.terminate();
  const again = await house.recover(client);
  expect(again.messages).toMatchObject([{ type: "message", data: "x", sequenceId: 1 }, { type: "pong" }]);
});

test.each([
  ["without a token", { awps_reconnection_token: "" }],
  ["with a bad token", { awps_reconnection_token: "guess" }],
  ["of an unknown connection", { awps_connection_id: "nobody" }],
])("a recovery %s is closed with 1008", async (_, change) => {
  await using house = await House.open({ hubs: { chat: { anonymous: true } } });
  const client = await house.client();
  const other = new RawClient(recoveryUrl(client, change));
  expect(await other.gone()).toMatchObject({ code: 1008 });
  expect(other.messages).toEqual([]);
  // Whoever has failed takes nothing from who has the session.
  await client.settled();
});

test("a connection id makes a recovery, also beside an access token and for a client without a subprotocol", async () => {
  await using house = await House.open();
  const url = `${await house.emulator.clientAccessUrl("chat")}&awps_connection_id=nobody`;
  expect((await new RawClient(url).gone()).code).toBe(1008);
  expect((await new RawClient(url, []).gone()).code).toBe(1008);
});

test("an empty connection id, or a token alone, is a new connection", async () => {
  await using house = await House.open();
  const url = await house.emulator.clientAccessUrl("chat");
  for (const more of ["awps_connection_id=", "awps_reconnection_token=stray"]) {
    await house.connected(new RawClient(`${url}&${more}`));
  }
});

test.each([undefined, plain, "another"])(
  "the session's subprotocol is kept where %s is offered",
  async (offered) => {
    await using house = await House.open();
    const client = await house.client();
    const { statusCode, headers } = await handshake(recoveryUrl(client), offered);
    expect([statusCode, headers["sec-websocket-protocol"]]).toEqual([101, reliable]);
  },
);

test("the hub's name may be in another case", async () => {
  await using house = await House.open();
  const client = await house.client();
  const url = recoveryUrl(client).replace("/hubs/chat", "/hubs/CHAT");
  expect((await handshake(url, reliable)).statusCode).toBe(101);
});

test.each([1001, 1011, 3000, 4999])("a close with %i leaves the session recoverable", async (code) => {
  await using house = await House.open();
  const client = await house.client({ groups: ["g"] });
  client.socket.close(code, "bye");
  await client.gone();
  house.emulator.hub("chat").sendToGroup("g", "missed");
  expect((await house.recover(client)).data).toMatchObject([{ data: "missed" }]);
});

test("so does a close frame without a code", async () => {
  await using house = await House.open();
  const client = await house.client();
  client.socket.close();
  await client.gone();
  await house.recover(client);
});

test.each([
  [1000, "done for today", reliable, "done for today"],
  [1000, "", reliable, ""],
  [4001, "my own code", plain, "my own code"],
  [undefined, "", plain, ""],
])(
  "the client's reason for closing (%s %j) reaches the disconnected event",
  async (code, said, subprotocol, told) => {
    const reasons: string[] = [];
    await using house = await House.open({
      hubs: { chat: { handlers: [{ onDisconnected: ({ reason }) => reasons.push(reason) }] } },
    });
    const client = await house.client({ subprotocol });
    client.socket.close(code, said);
    await until(() => reasons.length > 0);
    expect(reasons).toEqual([told]);
  },
);
