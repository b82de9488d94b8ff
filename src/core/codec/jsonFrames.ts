import type { WebPubSubMessage } from "../models/messages.js";

/**
 * A parsed JSON object: nothing about its fields is known yet. Those of frequent frames are read by their names: access
 * by a variable is the slower one of engines.
 */
export type Fields = Record<string, unknown>;

/** How each field of a message is read: from its value, or from the whole frame. */
export type Shape<Message> = {
  readonly [Field in keyof Omit<Message, "kind">]-?: (
    value: unknown,
    field: string,
    frame: Fields,
  ) => Message[Field];
};

/** Frames of the JSON subprotocols that a feature adds to those of the core. */
export interface JsonFrames {
  /** Kinds of messages that are written as they are: their fields are called the same on the wire. */
  write?: readonly WebPubSubMessage["kind"][];
  /** How frames are read, by their `type`. */
  read?: Readonly<Record<string, (frame: Fields) => WebPubSubMessage>>;
}

/** What features have added. */
export interface KnownFrames {
  readonly write: Set<WebPubSubMessage["kind"]>;
  readonly read: Map<unknown, (frame: Fields) => WebPubSubMessage>;
}
