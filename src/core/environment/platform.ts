import WebSocket from "isomorphic-ws";
import type { WebSocketLike } from "./environment.js";

/**
 * For sockets of `ws`. Nothing that the service sends is near this size, its whole window of unacknowledged
 * messages is 16 MB. Compression would let a small frame become that large.
 */
const LIMITS = { maxPayload: 1 << 24, perMessageDeflate: false };

type MessageListener = ((event: { data: unknown }) => void) | null;

let socketClass: typeof WebSocket | undefined;

/** Opens a socket of `ws`, in Node. Builds for browsers have `platform.browser.ts` in place of this file. */
export function openSocket(url: string, protocol: string): WebSocketLike {
  return new (socketClass ??= withoutMessageEvents(WebSocket))(url, protocol, LIMITS);
}

/**
 * The class of `ws` would make an event of every message; this subclass hands over what its emitter says. Made on
 * first use: a module that is only imported does nothing. A bundle for browsers that was made without their
 * conditions has their own class here.
 */
function withoutMessageEvents(base: typeof WebSocket): typeof WebSocket {
  if (!("removeAllListeners" in base.prototype)) return base;
  class PlainWebSocket extends base {}
  Object.defineProperty(PlainWebSocket.prototype, "onmessage", {
    set(this: WebSocket, listener: MessageListener) {
      this.removeAllListeners("message");
      if (listener === null) return;
      // One event for all messages: the listener takes the data out at once.
      const event: { data: unknown } = { data: undefined };
      this.on("message", (data, isBinary) => {
        event.data = isBinary ? data : (data as Buffer).toString();
        listener(event);
        event.data = undefined;
      });
    },
  });
  return PlainWebSocket;
}
