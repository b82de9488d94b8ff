import type { WebPubSubMessage } from "../models/messages.js";
import type { WebPubSubClientProtocol } from "../codec/protocol.js";
import { sizeOf } from "../util/sizeOf.js";

/** One frame holds at most 1 MB; the service closes the connection on a larger one. */
const MAX_FRAME_BYTES = 1 << 20;

/** What a socket takes. */
export type Frame = string | ArrayBuffer;

/**
 * Writes a message that the application has a hand in.
 * @throws RangeError when the frame is too long, TypeError when it is none, and what the codec throws
 */
export function encodeFrame(protocol: WebPubSubClientProtocol, message: WebPubSubMessage): Frame {
  const frame = protocol.writeMessage(message);
  // A codec of the application's may return anything.
  const length = sizeOf(frame ?? {});
  if (length === undefined) throw new TypeError("writeMessage must return a string or an ArrayBuffer.");
  // A character is at most three bytes; only what may be too long is measured.
  if (length * 3 > MAX_FRAME_BYTES) {
    const bytes = typeof frame === "string" ? new TextEncoder().encode(frame).length : length;
    if (bytes > MAX_FRAME_BYTES) {
      throw new RangeError(`The frame holds ${bytes} bytes; at most ${MAX_FRAME_BYTES} are allowed.`);
    }
  }
  return frame;
}
