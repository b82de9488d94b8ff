/** Converts bytes to and from base64 in the platform's fastest way. */

interface NodeBuffer {
  from(data: ArrayBuffer, offset?: number, length?: number): NodeBufferView;
}
interface NodeBufferView {
  toString(encoding: "base64"): string;
  write(text: string, encoding: "base64"): number;
}
interface NativeBase64 {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

/** Looked up on the global object so that no bundler adds a polyfill for it, and at use, since an app may add its own. */
const findBuffer = (): NodeBuffer | undefined => (globalThis as { Buffer?: NodeBuffer }).Buffer;

/** Whether something is an ArrayBuffer, also of another realm (frame, test environment), or a view of one. */
export function isBytes(data: unknown): data is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(data) || Object.prototype.toString.call(data) === "[object ArrayBuffer]";
}

/** Bytes of an ArrayBuffer or of any view of one, without a copy. */
export function toBytes(data: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

export function encodeBase64(data: ArrayBuffer | ArrayBufferView): string {
  const bytes = toBytes(data);
  const buffer = findBuffer();
  if (buffer !== undefined) {
    return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  }
  const own = (bytes as { toBase64?: () => string }).toBase64;
  if (own !== undefined) return own.call(bytes);
  let text = "";
  // Arguments of one call are limited; 8 KiB is safe everywhere.
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

/** Decodes base64 into a new ArrayBuffer. Throws if the text isn't base64; padding may be left out. */
export function decodeBase64(text: string): ArrayBuffer {
  const body = text.replace(/={1,2}$/, "");
  const buffer = findBuffer();
  const isWhole = body.length % 4 !== 1 && (body === text || text.length % 4 === 0);
  if (buffer !== undefined && isWhole && !body.includes("-") && !body.includes("_")) {
    const data = new ArrayBuffer(Math.floor((body.length * 3) / 4));
    // Node skips invalid characters; comparing the length shows it and is faster than checking each one.
    if (buffer.from(data).write(body, "base64") === data.byteLength) return data;
  } else if (buffer === undefined && isWhole && !/[^A-Za-z\d+/]/.test(body)) {
    const native = Uint8Array as NativeBase64;
    if (native.fromBase64 !== undefined) return native.fromBase64(text).buffer;
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes.buffer;
  }
  throw new Error("Invalid base64.");
}
