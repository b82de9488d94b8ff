import type { ConnectionError } from "../errors.js";
import type { DownstreamMessageType, WebPubSubMessage } from "../models/messages.js";
import type { WebPubSubResult } from "../models/options.js";
import type { OperationMessage } from "../models/messages.js";
import type { SubmitOptions } from "./operations.js";

/** The message of a kind. */
type MessageOf<Kind extends WebPubSubMessage["kind"]> = Extract<WebPubSubMessage, { kind: Kind }>;

/**
 * What the client calls on a feature when something happens to the connection. What a hook throws is reported.
 * @experimental
 */
export interface FeatureHooks {
  /** How many things are under way that a draining stop waits for. */
  readonly pending?: number | undefined;
  /** A new connection is established, and the waiting operations are written. */
  onOpened?(): unknown;
  /** The same connection is recovered, and the unanswered operations are written again. */
  onRecovered?(): unknown;
  /** The service has caught up with the written frames: frames that waited for room may be written. */
  onRoom?(): unknown;
  /** The link is down; the connection may be recovered. */
  onSuspended?(): unknown;
  /**
   * The service has declined one of the frames that it may not have read, by closing with 1007. What was on its way
   * is sent as a `Suspect` from now on.
   */
  onDeclined?(): unknown;
  /** The connection id is gone. */
  onLost?(error: ConnectionError): unknown;
  /** The client stops. `onLost` isn't always called before. */
  onStopped?(error: ConnectionError): unknown;
  /** The status of a group may have changed; without a name, that of any group. */
  onGroupChanged?(group?: string): unknown;
  /** A group was joined. @param wasUnknown it may have been left before */
  onJoined?(group: string, wasUnknown: boolean): unknown;
  /** A group was left, or it isn't wanted any more and there is no connection to leave it on. */
  onLeft?(group: string): unknown;
  /** Under which `save` and `restore` keep what the feature knows; unique among all features. */
  readonly name?: string | undefined;
  /**
   * The session is saved. Returns what `restore` needs, as a value that JSON can carry.
   * @param isExact the client stops with this; false: it goes on, so that more may happen before `restore`
   */
  save?(isExact: boolean): unknown;
  /**
   * A session begins with what an earlier one has saved. Called when the feature is added or the client starts, as if
   * the earlier one's connection were about to be recovered; if it can't be, `onLost` follows.
   */
  restore?(saved: unknown): unknown;
  /** Submits an operation of the earlier session again if it is one of this feature. */
  submitAgain?(message: OperationMessage, options: SubmitOptions): Promise<WebPubSubResult> | undefined;
  /**
   * Called with each message of these kinds, without duplicates. `size` is the frame's, in characters or
   * bytes. For messages of groups and servers the client's events are emitted first.
   */
  readonly receive?:
    | {
        readonly [Kind in DownstreamMessageType]?:
          ((message: MessageOf<Kind>, size: number) => unknown) | undefined;
      }
    | undefined;
}
