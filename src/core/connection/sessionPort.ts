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
  /** The link is down; the connection may be recovered. */
  onSuspended(): void;
  /** The connection id is gone. */
  onLost(error: ConnectionError): void;
  /** Takes nothing new and waits until everything is settled, at most so long. */
  drain(timeoutInMs: number): Promise<void>;
  /** Nothing new is taken, what is pending has its time. */
  readonly draining: boolean;
  /** Nothing is accepted any more; what is pending rejects. */
  onStopped(error: ConnectionError): void;
  /** The connection has sent a ping of its own. */
  pinged(): void;
  /** @param size of the frame the message came in: characters or bytes */
  receive(message: WebPubSubMessage, size: number): void;
  /** Calls back once the groups of a new connection are joined again. */
  whenJoined(callback: () => void): void;
}
