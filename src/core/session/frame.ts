/** Encodes a message as a frame and checks its length. */
import type { WebPubSubMessage } from "../models/messages.js";
import type { WebPubSubClientProtocol } from "../codec/protocol.js";
import { sizeOf } from "../util/sizeOf.js";

/** One frame holds at most 1 MB; the service closes the connection on a larger one. */
const MAX_FRAME_BYTES = 1 << 20;

/** What a socket can send. */
export type Frame = string | ArrayBuffer;

/**
 * Encodes a message with content of the application.
 * @throws RangeError when the frame is longer than 1 MB, TypeError when the codec returns no frame, and what the
 * codec throws
 */
export function encodeFrame(protocol: WebPubSubClientProtocol, message: WebPubSubMessage): Frame {
  const frame = protocol.writeMessage(message);
  // The application's codec may return anything.
  const length = sizeOf(frame ?? {});
  if (length === undefined) throw new TypeError("writeMessage must return a string or an ArrayBuffer.");
  // A character takes at most three bytes; only frames that may be too long are measured.
  if (length * 3 > MAX_FRAME_BYTES) {
    const bytes = typeof frame === "string" ? utf8Length(frame) : length;
    if (bytes > MAX_FRAME_BYTES) {
      throw new RangeError(`The frame holds ${bytes} bytes; at most ${MAX_FRAME_BYTES} are allowed.`);
    }
  }
  return frame;
}

/** Counted by hand, since not every platform has a `TextEncoder`. */
export function utf8Length(text: string): number {
  let bytes = 0;
  // Characters above U+FFFF have a length of 2, and 4 bytes.
  for (const character of text)
    bytes += character < "\x80" ? 1 : character < "\u0800" ? 2 : character.length + 2;
  return bytes;
}
