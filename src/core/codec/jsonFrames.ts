import type { WebPubSubMessage } from "../models/messages.js";

/**
 * A parsed JSON object whose fields are still unchecked. Frequent frames are read by the literal names of their
 * fields, since access by a variable is slower in engines.
 */
export type Fields = Record<string, unknown>;

/** Functions that read each field of a message from its value or from the whole frame. */
export type Shape<Message> = {
  readonly [Field in keyof Omit<Message, "kind">]-?: (
    value: unknown,
    field: string,
    frame: Fields,
  ) => Message[Field];
};

/** The frames that a feature adds to those of the core. */
export interface FeatureFrames {
  /** Kinds of messages that are written. In JSON their fields have the same names as in the message. */
  readonly write: readonly WebPubSubMessage["kind"][];
  /** The functions that read JSON frames, by the frame's `type`. */
  readonly readJson: Readonly<Record<string, (frame: Fields) => WebPubSubMessage>>;
}

/** The frames that features have added. */
export interface KnownFrames {
  readonly write: Set<WebPubSubMessage["kind"]>;
  readonly read: Map<unknown, (frame: Fields) => WebPubSubMessage>;
}
