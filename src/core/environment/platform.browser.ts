import type { WebSocketLike } from "./environment.js";

/** Opens a browser's socket. Its class is looked up at each call, so that a test double installed later is used. */
export function openSocket(url: string, protocol: string): WebSocketLike {
  return new globalThis.WebSocket(url, protocol);
}
