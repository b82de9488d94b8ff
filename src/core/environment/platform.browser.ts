import type { WebSocketLike } from "./environment.js";

export { decodeBase64, encodeBase64 } from "./base64.js";

/** Browsers report a frame over their limit by its close code. */
export function isTooLong(): boolean {
  return false;
}

/** The signs of pages are all there are. */
export const watchApp = undefined;

/** Opens a socket in a browser. Its class is looked up at each call, so that a test double installed later is used. */
export function openSocket(url: string, protocol: string): WebSocketLike {
  return new globalThis.WebSocket(url, protocol);
}
