import type { ClientMessage, ServiceMessage, Uint64 } from "./messages.js";

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
  /** A type of message that this service doesn't know: for newer versions, skipped. */
  | { readonly kind: "unknown"; readonly type: string }
  /** A known type with a wrong field: answered with `BadRequest` where it has an id to answer to. */
  | {
      readonly kind: "invalid";
      readonly ackId: Uint64 | undefined;
      /** Of a message that opens an invocation. */
      readonly invocationId?: string | undefined;
      /** Of a message that belongs to a stream. */
      readonly streamId?: string | undefined;
      readonly reason: string;
    }
  /** Not this subprotocol at all: the connection is closed. */
  | { readonly kind: "malformed"; readonly reason: string };

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
