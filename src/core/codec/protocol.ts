import type { FeatureFrames } from "./jsonFrames.js";
import type { WebPubSubMessage } from "../models/messages.js";

/**
 * A codec: reads frames into messages, and writes messages as frames. To use your own, pass it as
 * `options.protocol`; it must not hold state of a connection.
 */
export interface WebPubSubClientProtocol {
  /** The WebSocket subprotocol to request, for example `json.webpubsub.azure.v1`. */
  readonly name: string;
  /** Whether the subprotocol numbers its messages and can recover a connection. */
  readonly isReliableSubProtocol: boolean;
  /**
   * Reads one frame. Returns `null` for a message that this version doesn't know. If it throws, the error is
   * logged and the frame is skipped. Of a `SyntaxError`, which may quote the payload, only the name is
   * logged; other errors must not quote the payload.
   */
  parseMessages(input: string | ArrayBuffer | Uint8Array): WebPubSubMessage[] | WebPubSubMessage | null;
  /**
   * Reads the sequence id of a frame that `parseMessages` could not read or did not know. The client acknowledges the
   * frame with this id. Default: the id is read from JSON. Frames whose id isn't read are not acknowledged, and the
   * service closes the connection after 1,000 of them.
   */
  readSequenceId?(input: string | ArrayBuffer | Uint8Array): number | undefined;
  /** Writes one message; throws if the message can't be written. */
  writeMessage(message: WebPubSubMessage): string | ArrayBuffer;
  /**
   * Where features (invocations, streams, group states) add their frames when they are first used. A
   * protocol without this field must handle all frames itself.
   */
  readonly frames?: FrameTable;
}

/** The frames that a protocol carries besides those of the core. */
export interface FrameTable {
  /** Adds the frames of a feature; adding them again changes nothing. Returns whether the protocol carries them. */
  add(frames: FeatureFrames): boolean;
}
