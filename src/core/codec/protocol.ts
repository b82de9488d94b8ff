import type { WebPubSubMessage } from "../models/messages.js";

/**
 * A codec: turns frames into messages and back. Bring your own by passing one as
 * `options.protocol`; it holds no state of a connection.
 */
export interface WebPubSubClientProtocol {
  /** The WebSocket subprotocol asked for, for example `json.webpubsub.azure.v1`. */
  readonly name: string;
  /** Whether the subprotocol numbers its messages and can resume a connection. */
  readonly isReliableSubProtocol: boolean;
  /**
   * Reads one frame. `null` stands for a message that this version doesn't know. What it throws
   * is logged and the frame skipped; of a `SyntaxError`, which may quote the payload, only the name
   * is. Messages of other errors must not quote it.
   */
  parseMessages(input: string | ArrayBuffer | Uint8Array): WebPubSubMessage[] | WebPubSubMessage | null;
  /** Writes one message; throws when the message can't be written. */
  writeMessage(message: WebPubSubMessage): string | ArrayBuffer;
  /**
   * How it takes the frames of features (invocations, streams, group states), which add theirs when they
   * are first used. A protocol without this field carries them all by itself.
   */
  readonly frames?: FrameTable;
}

/** The frames that a protocol carries beside those of the core. */
export interface FrameTable {
  /** The format that it reads and writes, such as `json`; what features have in other formats is not for it. */
  readonly format: string;
  /** Adds what a feature has in this format; the same again changes nothing. */
  add(frames: object): void;
}
