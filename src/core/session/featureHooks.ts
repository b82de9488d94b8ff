import type { ConnectionError } from "../errors.js";
import type { DownstreamMessageType, WebPubSubMessage } from "../models/messages.js";

/** One message by its kind. */
type MessageOf<Kind extends WebPubSubMessage["kind"]> = Extract<WebPubSubMessage, { kind: Kind }>;

/**
 * What a feature wants to hear of the connection; the client calls it. One that throws is logged, and harms nobody else.
 * @experimental
 */
export interface FeatureHooks {
  /** How many things are under way that a draining stop waits for. */
  readonly pending?: number;
  /** A new connection stands, and the operations that waited are written. */
  onOpened?(): void;
  /** The same connection stands again, and the unanswered operations are written again. */
  onRecovered?(): void;
  /** The service has caught up with what is written: what waited for room may go. */
  onRoom?(): void;
  /** The link is down; the connection may be recovered. */
  onSuspended?(): void;
  /** The connection id is gone. */
  onLost?(error: ConnectionError): void;
  /** The client stops. Not always after `onLost`. */
  onStopped?(error: ConnectionError): void;
  /** What is known of a group, or of any where none is named, may have changed. */
  onGroupChanged?(group?: string): void;
  /** A group was joined. @param wasUnknown perhaps it had been left before */
  onJoined?(group: string, wasUnknown: boolean): void;
  /** A group was left, or nobody wants it any more and there is no connection to leave it on. */
  onLeft?(group: string): void;
  /**
   * Messages of these kinds, once each: duplicates are left out. `size` is that of the frame, in
   * characters or bytes. Messages of groups and servers come after the client's events.
   */
  readonly receive?: {
    readonly [Kind in DownstreamMessageType]?: (message: MessageOf<Kind>, size: number) => void;
  };
}
