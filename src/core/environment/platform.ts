import WebSocket from "isomorphic-ws";
import type { WebSocketLike } from "./environment.js";

/**
 * For sockets of `ws`. No frame of the service is near this size: its whole window of unacknowledged messages is
 * 16 MB. Compression is off, because with it a small frame could expand to that size.
 */
const LIMITS = { maxPayload: 1 << 24, perMessageDeflate: false };

type MessageListener = ((event: { data: unknown }) => void) | null;

let socketClass: typeof WebSocket | undefined;

/** Opens a socket of `ws`, in Node. Builds for browsers use `platform.browser.ts` instead of this file. */
export function openSocket(url: string, protocol: string): WebSocketLike {
  return new (socketClass ??= withoutMessageEvents(WebSocket))(url, protocol, LIMITS);
}

/**
 * The class of `ws` makes an event object for every message; this subclass passes on the data of its emitter. It is
 * made on first use, so that importing this module has no side effects. In a bundle for browsers that was built
 * without their export conditions, the base is the browser's own class.
 */
function withoutMessageEvents(base: typeof WebSocket): typeof WebSocket {
  if (!("removeAllListeners" in base.prototype)) return base;
  class PlainWebSocket extends base {}
  Object.defineProperty(PlainWebSocket.prototype, "onmessage", {
    set(this: WebSocket, listener: MessageListener) {
      this.removeAllListeners("message");
      if (listener === null) return;
      // One event object for all messages, since the listener reads the data at once.
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
