const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Undefined: the text is not base64. Padding may be left out. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return base64.test(text) ? Buffer.from(text, "base64") : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
