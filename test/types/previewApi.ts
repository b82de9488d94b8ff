/**
 * Programs written for the reference client's preview features compile with ours: everything here is
 * checked by the compiler alone.
 */
import type * as Reference from "@azure/web-pubsub-client";
import type * as Ours from "web-pubsub-client";

type Preview = "invokeEvent" | "openGroupStream" | "onGroupStream";

declare const client: Ours.WebPubSubClient;
export const asTheirs: Pick<Reference.WebPubSubClient, Preview> = client;

declare const writer: Ours.GroupStreamWriter;
export const theirWriter: Reference.GroupStreamWriter = writer;

declare const stream: Ours.GroupStream;
export const theirStream: Reference.GroupStream = stream;

declare const subscription: Ours.GroupStreamSubscription;
export const theirSubscription: Reference.GroupStreamSubscription = subscription;

declare const invocationError: Ours.InvocationError;
export const theirInvocationError: Reference.InvocationError = invocationError;

/** Options of theirs are options of ours. */
export type OptionsFit = [
  Reference.InvokeEventOptions extends Ours.InvokeEventOptions ? true : never,
  Reference.OpenGroupStreamOptions extends Ours.OpenGroupStreamOptions ? true : never,
  Reference.OnGroupStreamOptions extends Ours.OnGroupStreamOptions ? true : never,
  Reference.GroupStreamWriteOptions extends Ours.GroupStreamWriteOptions ? true : never,
  Reference.EndGroupStreamOptions extends Ours.EndGroupStreamOptions ? true : never,
  Reference.AbortGroupStreamOptions extends Ours.AbortGroupStreamOptions ? true : never,
];
export const optionsFit: OptionsFit = [true, true, true, true, true, true];

/** Results and messages of ours are theirs. */
export type ResultsFit = [
  Ours.InvokeEventResult extends Reference.InvokeEventResult ? true : never,
  Ours.GroupStreamMessage extends Reference.GroupStreamMessage ? true : never,
  Ours.GroupStreamError extends Reference.StreamDataError ? true : never,
  Ours.StreamInfo extends Reference.StreamInfo ? true : never,
  Ours.GroupStateItem extends Reference.GroupStateItem ? true : never,
];
export const resultsFit: ResultsFit = [true, true, true, true, true];
