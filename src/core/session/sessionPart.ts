import type { ConnectionError } from "../errors.js";
import type { WebPubSubMessage } from "../models/messages.js";
import type { Frame } from "./frame.js";
import type { Operations } from "./memberships.js";

/** The way to the socket. */
export interface Writer {
  /** Frames may be written. */
  readonly writable: boolean;
  /** Hands a frame to the socket; throws what the socket throws. */
  write(frame: Frame): void;
}

/** What a session offers to its parts. */
export interface SessionHost extends Operations, Writer {
  /** Frames may be written, and the service keeps up with them. What can wait asks, and waits for `flows`. */
  hasRoom(): boolean;
  /** Something that a draining stop waits for is done. */
  settled(): void;
}

/** A kind of traffic that lives in a session beside its operations; it is told what happens. */
export interface SessionPart {
  /** How many things are under way that a draining stop waits for. */
  readonly pending?: number;
  /** A new connection stands, and the operations that waited are written. */
  begins?(): void;
  /** The same connection stands again, and the unanswered operations are written again. */
  resumes?(): void;
  /** There is room again for what had to wait. */
  flows?(): void;
  /** The link is down; the connection may be resumed. */
  interrupted?(): void;
  /** The connection id is gone. */
  ends(error: ConnectionError): void;
  /** The client stops. Not always after `ends`. */
  refuse(error: ConnectionError): void;
  /** Every message but acks, duplicates and those of the server; `size` as in `SessionPort`. */
  receive(message: WebPubSubMessage, size: number): void;
}
