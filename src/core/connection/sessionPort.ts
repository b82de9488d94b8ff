/** The interfaces between the connection and the session. */
import type { ConnectionError } from "../errors.js";
import type { WebPubSubMessage } from "../models/messages.js";
import type { OnRestored } from "../models/options.js";
import type { SavedContent } from "../models/savedSession.js";
import type { ClientObserver, Sent } from "./clientObserver.js";

/** What the connection calls on the session, which holds operations, sequence ids and groups. */
export interface SessionPort {
  /** Sets the link to write to. */
  connectTo(link: LinkPort): void;
  /** The client is starting: operations are accepted from now on. */
  accept(): void;
  /** @param isExact the session ends with this; false: it goes on */
  save(isExact: boolean): SavedContent;
  /** Goes on with what was saved; its connection is recovered or lost next. */
  restore(saved: SavedContent, onRestored: OnRestored | undefined): void;
  /** A new connection is established; frames may be written. */
  onOpened(): void;
  /** The same connection is recovered. */
  onRecovered(): void;
  /** The service has caught up with the written frames. */
  onRoom(): void;
  /** The service has declined a frame that it hasn't been shown to have read. Called after `onSuspended`. */
  onDeclined(error: ConnectionError): void;
  /** The link is down; the connection may be recovered. */
  onSuspended(): void;
  /** The connection id is gone. */
  onLost(error: ConnectionError): void;
  /** Accepts nothing new, and calls back once all pending operations are settled. */
  drain(onIdle: () => void): void;
  /** Operations aren't accepted any more; the pending ones reject. */
  onStopped(error: ConnectionError): void;
  /** @param size of the message's frame, in characters or bytes */
  receive(message: WebPubSubMessage, size: number): void;
  /** A frame was received that holds no known message. */
  skipped(frame: string | ArrayBuffer, size: number): void;
  /** Calls back once the groups of a new connection are joined again. */
  whenJoined(callback: () => void): void;
}

/** What the session calls on the connection to write frames. */
export interface LinkPort {
  /** Frames may be written. */
  readonly writable: boolean;
  /** Undefined while nobody observes the client. */
  readonly observer: ClientObserver | undefined;
  /**
   * Frames may be written, and the service keeps up with them.
   * @param isAlone for a frame that is sent alone: the service has read all others, or no others are written until then
   */
  hasRoom(isAlone?: boolean): boolean;
  /**
   * Throws what the socket throws.
   * @param sent gets the frame's position, which `answered` confirms, before the frame is written
   * @param isAlone no other frame is written until the service has read this one
   */
  write(frame: string | ArrayBuffer, sent?: Sent, isAlone?: boolean): void;
  /** No more frames are to be sent alone. Returns whether others have waited for that. */
  relax(): boolean;
  /** An answer shows that the service has read everything up to a position. */
  answered(position: number): void;
  /** The service has shown that it has read the frame at a position. */
  isRead(position: number): boolean;
  /** The service has shown that it has read all frames. */
  readonly isAllRead: boolean;
}
