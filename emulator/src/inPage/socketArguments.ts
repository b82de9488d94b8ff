import type { Frame } from "../service/codec.js";

/** What a close frame has room for. */
const maxReasonBytes = 123;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const encoder = new TextEncoder();

/** The arguments of a WebSocket as the standard reads them. Throws a `DOMException` where it does. */
export function socketUrl(url: string | URL): URL {
  const base = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const usable = URL.canParse(String(url), base) ? new URL(url, base) : undefined;
  if (usable === undefined || !/^(ws|http)s?:$/.test(usable.protocol)) {
    throw new DOMException(`${String(url)} is no URL of a WebSocket.`, "SyntaxError");
  }
  return new URL(usable.href.replace(/^http/, "ws").replace(/#.*$/, ""));
}

export function subprotocolsOf(protocols: string | readonly string[]): readonly string[] {
  const names = typeof protocols === "string" ? [protocols] : Array.from(protocols, String);
  if (new Set(names).size !== names.length || !names.every((name) => token.test(name))) {
    throw new DOMException(`${JSON.stringify(protocols)} are no names of subprotocols.`, "SyntaxError");
  }
  return names;
}

/** Checks what a client closes with. */
export function closeReason(code: number | undefined, reason = ""): void {
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(
      `A client closes with 1000 or a code from 3000 to 4999, not ${code}.`,
      "InvalidAccessError",
    );
  }
  if (encoder.encode(reason).length > maxReasonBytes) {
    throw new DOMException(`A reason has at most ${maxReasonBytes} bytes.`, "SyntaxError");
  }
}

/** What a client sends: its bytes, and the frame when it comes to be read. */
export function frameOf(data: string | ArrayBuffer | ArrayBufferView | Blob): {
  readonly size: number;
  readonly read: () => Frame | Promise<Frame>;
} {
  if (isBlob(data)) {
    const read = async () => ({ binary: true, bytes: new Uint8Array(await data.arrayBuffer()) });
    return { size: data.size, read };
  }
  const bytes = bytesOf(data);
  const frame = { binary: typeof data !== "string", bytes };
  return { size: bytes.length, read: () => frame };
}

/** A copy: the caller may go on writing into it. */
function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === "string") return encoder.encode(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return new Uint8Array(data.slice(0));
}

/** Also one of another realm. */
function isBlob(data: unknown): data is Blob {
  return Object.prototype.toString.call(data) === "[object Blob]";
}
