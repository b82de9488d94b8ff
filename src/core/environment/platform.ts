import WebSocket from "isomorphic-ws";
import * as portable from "./base64.js";
import type { WebSocketConstructor, WebSocketLike } from "./environment.js";

/**
 * For sockets of `ws`, whose class alone knows these options. No frame of the service is near this size: its whole
 * window of unacknowledged messages is 16 MB. Compression is off, because with it a small frame could expand to that
 * size.
 */
const LIMITS = { maxPayload: 1 << 24, perMessageDeflate: false };

interface NodeBuffer {
  from(data: ArrayBuffer, offset?: number, length?: number): NodeBufferView;
}
interface NodeBufferView {
  toString(encoding: "base64"): string;
  write(text: string, encoding: "base64"): number;
}

type MessageListener = ((event: { data: unknown }) => void) | null;

/** Watches an app that comes to the front or whose network returns. Only `platform.native.ts` can. */
export const watchApp = undefined as ((wake: () => void) => () => void) | undefined;

let socketClass: typeof WebSocket | undefined;

/**
 * Opens a socket in Node: of the class that stands in for Node's own global `WebSocket`, such as a mock's or a page's,
 * else of `ws`. Builds for browsers use `platform.browser.ts` instead of this file. In a bundle for browsers that was
 * built without their export conditions, the imported class is the browser's own.
 */
export function openSocket(url: string, protocol: string): WebSocketLike {
  // Looked up at each call, so that a class that is installed later is used.
  const { WebSocket: found } = globalThis as { WebSocket?: WebSocketConstructor };
  if (found !== undefined && found !== WebSocket && !isOfHost(found)) return new found(url, protocol);
  if (!("removeAllListeners" in WebSocket.prototype)) return new WebSocket(url, protocol);
  return new (socketClass ??= withoutMessageEvents(WebSocket))(url, protocol, LIMITS);
}

/** Whether a socket's error says that it refused a frame over its limit. `ws` reports 1006 then. */
export function isTooLong(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
}

/**
 * Whether a class is the own one of Node, Deno, Bun or a browser. They mark it by nothing but its text: it is native
 * code under its name, or converts its arguments by the tables of Web IDL. A proxy of it is native code without its
 * name.
 */
function isOfHost(found: WebSocketConstructor): boolean {
  return /^function WebSocket\(\)\s*\{\s*\[native|\.converters\b/.test(String(found));
}

/**
 * The class of `ws` makes an event object for every message; this subclass passes on the data of its emitter. It is
 * made on first use, so that importing this module has no side effects.
 */
function withoutMessageEvents(base: typeof WebSocket): typeof WebSocket {
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

/** Looked up on the global object so that no bundler adds a polyfill for it, and at use, since an app may add its own. */
const findBuffer = (): NodeBuffer | undefined => (globalThis as { Buffer?: NodeBuffer }).Buffer;

/** By Node's `Buffer`, which is faster, if there is one. */
export function encodeBase64(bytes: Uint8Array<ArrayBuffer>): string {
  const { buffer, byteOffset, byteLength } = bytes;
  return (
    findBuffer()?.from(buffer, byteOffset, byteLength).toString("base64") ?? portable.encodeBase64(bytes)
  );
}

/** Decodes base64 into a new ArrayBuffer. Throws if the text isn't base64; padding may be left out. */
export function decodeBase64(text: string): ArrayBuffer {
  const buffer = findBuffer();
  if (buffer === undefined) return portable.decodeBase64(text);
  const body = text.replace(/={1,2}$/, "");
  const isWhole = body.length % 4 !== 1 && (body === text || text.length % 4 === 0);
  if (isWhole && !body.includes("-") && !body.includes("_")) {
    const data = new ArrayBuffer(Math.floor((body.length * 3) / 4));
    // Node skips invalid characters; comparing the length shows it and is faster than checking each one.
    if (buffer.from(data).write(body, "base64") === data.byteLength) return data;
  }
  throw new Error("Invalid base64.");
}
