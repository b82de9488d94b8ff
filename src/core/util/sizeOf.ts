/** A frame's length in characters or bytes: fast, and exact enough for limits. */
export function sizeOf(frame: string | ArrayBuffer): number {
  return typeof frame === "string" ? frame.length : frame?.byteLength;
}
