import { EventEmitter, once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { openSocket } from "../../../src/core/environment/platform.js";

let server: WebSocketServer;
let url: string;
beforeAll(async () => {
  server = new WebSocketServer({ port: 0 });
  await once(server, "listening");
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
afterEach(() => void vi.unstubAllGlobals());

/** What a class of sockets was given. */
const calls: unknown[][] = [];
class Mock extends EventEmitter {
  constructor(...given: unknown[]) {
    super();
    calls.push(given);
  }
}
/** As Node has its own: the text of its class converts the arguments by the tables of Web IDL. */
class NodesOwn {
  constructor(...given: unknown[]) {
    const webidl = { converters: { USVString: String } };
    calls.push(given.map((each) => webidl.converters.USVString(each)));
  }
}
const BunsOwn = Object.assign(class extends NodesOwn {}, {
  toString: () => "function WebSocket() { [native code] }",
});

describe("in Node", () => {
  test.each<[string, unknown]>([
    ["no global WebSocket", undefined],
    ["Node's own", NodesOwn],
    ["Bun's own", BunsOwn],
    ["ws itself", WebSocket],
  ])("with %s, ws is used", async (_what, found) => {
    vi.stubGlobal("WebSocket", found);
    calls.length = 0;
    const socket = openSocket(url, "json");
    expect(socket).toBeInstanceOf(WebSocket);
    await once(socket as unknown as WebSocket, "open");
    socket.close();
    expect(calls).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["a mock", Mock],
    ["a proxy of Node's own", new Proxy(NodesOwn, {})],
    [
      "a function",
      function (...given: unknown[]) {
        calls.push(given);
      },
    ],
  ])(
    "with %s as the global WebSocket, installed after the import, that is used, without the options of ws",
    (_what, found) => {
      vi.stubGlobal("WebSocket", found);
      calls.length = 0;
      openSocket(url, "json");
      expect(calls).toEqual([[url, "json"]]);
      vi.unstubAllGlobals();
      expect(calls).toHaveLength(1);
    },
  );
});
