import type { ClientMessage, ServiceMessage } from "./messages.js";

/** One WebSocket message. */
export interface Frame {
  /** False: a text frame, whose bytes are UTF-8. */
  readonly binary: boolean;
  readonly bytes: Uint8Array;
}

/** A message in the bytes of one subprotocol; shared by all receivers that speak it. */
export interface Encoded {
  /** Bytes of the frame without its sequence id. */
  readonly size: number;
  /** The frame. Only the sequence id differs between receivers, so it is put in here. */
  frame(sequenceId?: number): Frame;
}

/** What a frame from a client turned out to be. */
export type Decoded =
  | { readonly kind: "message"; readonly message: ClientMessage }
  /** Not what the subprotocol describes: the client is declined. */
  | {
      readonly kind: "invalid";
      /** Which field is wrong, or what is wrong with the whole frame. */
      readonly reason: string;
      /** The subprotocol has no frames of this type, whatever they hold. */
      readonly wrongFrameType?: true;
    };

/** One subprotocol. Codecs are stateless and never throw. */
export interface Codec {
  /** The WebSocket subprotocol; the empty string for clients that speak none. */
  readonly name: string;
  /** Whether connections number their messages and can be recovered. */
  readonly reliable: boolean;
  /** True: frames are all content, so a client hears of a failure only by a close. */
  readonly bare?: boolean;
  decode(frame: Frame): Decoded;
  /** Undefined: this subprotocol has no words for the message, nothing is sent. */
  encode(message: ServiceMessage): Encoded | undefined;
}
