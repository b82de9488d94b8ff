/** Base64 with what all platforms have. */

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  // Arguments of one call are limited; 8 KiB is safe everywhere.
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** Decodes base64 into a new ArrayBuffer. Throws if the text isn't base64; padding may be left out. */
export function decodeBase64(text: string): ArrayBuffer {
  // `atob` refuses everything else that isn't base64.
  if (/\s/.test(text)) throw new Error("Invalid base64.");
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}
