/** The types of saved sessions. */
import type { OperationMessage } from "./messages.js";

/** An operation that wasn't settled. */
export interface SavedOperation {
  /** With bytes as base64. */
  readonly message: OperationMessage;
  /** It was sent, or may have been since, so it may have been executed. */
  readonly sent: boolean;
  /** It was sent on an earlier connection too. */
  readonly resent: boolean;
}

/** The part that the session knows. */
export interface SavedContent {
  /** The last one that was received. */
  readonly sequenceId?: number | undefined;
  /** The next ack id that the client would have used. */
  readonly nextAckId: number;
  /** The operations that weren't settled, in their order. */
  readonly operations: readonly SavedOperation[];
  /** What the groups and the features have saved, by their names. */
  readonly features: Readonly<Record<string, unknown>>;
}

/**
 * A session that a client goes on with by `start({ resume })`: the connection and what isn't settled on it. It can be
 * written as JSON. Whoever has it can take over the connection, so keep it secret. Its content may change from version
 * to version.
 */
export interface SavedSession extends SavedContent {
  /** What marks it as a session, of this form. */
  readonly version: "web-pubsub-session-1";
  /** The subprotocol's name, and the client access URL without its query. */
  readonly endpoint: string;
  /** Undefined: there was no connection. */
  readonly identity?:
    | {
        /** Id of the connection. */
        readonly connectionId: string;
        /** User id of the connection; empty if it has none. */
        readonly userId: string;
        /** The secret with which the connection can be taken over. */
        readonly reconnectionToken: string;
      }
    | undefined;
  /** When the link was lost, or else when this was saved, in ms (Unix time). */
  readonly droppedAt: number;
}
