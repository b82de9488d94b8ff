/** Characters or bytes: enough to weigh a frame, at no cost. */
export function sizeOf(frame: string | ArrayBuffer): number {
  return typeof frame === "string" ? frame.length : frame.byteLength;
}
