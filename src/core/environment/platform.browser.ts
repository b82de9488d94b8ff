import type { WebSocketLike } from "./environment.js";

/** Opens a socket of the browser's; its class is looked up now, so that a test double installed later is used. */
export function openSocket(url: string, protocol: string): WebSocketLike {
  return new globalThis.WebSocket(url, protocol);
}
