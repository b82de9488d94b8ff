const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** The characters by their values, as bytes. */
const characters = new TextEncoder().encode(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
);
const values = new Uint8Array(128);
for (const [value, character] of characters.entries()) values[character] = value;
const padding = 0x3d;
const decoder = new TextDecoder();

/** Undefined: the text is not base64. Padding may be left out. Without `Buffer`: this runs in browsers too. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (!base64.test(text)) return undefined;
  const end = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const bytes = new Uint8Array((end * 3) >> 2);
  const value = (index: number) => (index < end ? (values[text.charCodeAt(index)] ?? 0) : 0);
  for (let from = 0, to = 0; from < end; from += 4, to += 3) {
    const group = (value(from) << 18) | (value(from + 1) << 12) | (value(from + 2) << 6) | value(from + 3);
    // What is beyond the last byte falls off.
    bytes[to] = group >> 16;
    bytes[to + 1] = group >> 8;
    bytes[to + 2] = group;
  }
  return bytes;
}

export function encodeBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const group = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    text[to] = characters[group >> 18] ?? 0;
    text[to + 1] = characters[(group >> 12) & 63] ?? 0;
    if (from + 1 < bytes.length) text[to + 2] = characters[(group >> 6) & 63] ?? 0;
    if (from + 2 < bytes.length) text[to + 3] = characters[group & 63] ?? 0;
  }
  return decoder.decode(text);
}
