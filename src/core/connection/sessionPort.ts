import type { ConnectionError } from "../errors.js";
import type { WebPubSubMessage } from "../models/messages.js";

/** What lives on a connection: operations, sequence ids, groups. */
export interface SessionPort {
  /** The client is starting: operations are taken from here on. */
  accept(): void;
  /** A new connection stands; the port may write. */
  onOpened(): void;
  /** The same connection stands again. */
  onRecovered(): void;
  /** The service has caught up with what is written. */
  onRoom(): void;
  /** The link is down; the connection may be recovered. */
  onSuspended(): void;
  /** The connection id is gone. */
  onLost(error: ConnectionError): void;
  /** Takes nothing new, and calls back once everything pending is settled. */
  drain(onIdle: () => void): void;
  /** Nothing is accepted any more; what is pending rejects. */
  onStopped(error: ConnectionError): void;
  /** @param size of the frame the message came in: characters or bytes */
  receive(message: WebPubSubMessage, size: number): void;
  /** Calls back once the groups of a new connection are joined again. */
  whenJoined(callback: () => void): void;
}

/** What the session writes to. */
export interface LinkPort {
  /** Frames may be written. */
  readonly writable: boolean;
  /** Frames may be written, and the service keeps up with them. */
  hasRoom(): boolean;
  /**
   * Throws what the socket throws.
   * @param sent is told the frame's position, which `answered` confirms, before the frame is written
   */
  write(frame: string | ArrayBuffer, sent?: { position: number }): void;
  /** An answer shows that the service has read everything up to a position. */
  answered(position: number): void;
}
