/** What spans and metrics are called, by the conventions where they have a name for it. */
import { SpanKind, type Attributes } from "@opentelemetry/api";
import type { ObservedOperation } from "../features/observe/index.js";

/** Of the tracer and the meter. */
export const SCOPE = "web-pubsub-client";
/** The version of the semantic conventions. */
export const SCHEMA = { schemaUrl: "https://opentelemetry.io/schemas/1.44.0" };
export const SYSTEM: Attributes = { "messaging.system": "azure.webpubsub" };

type Kind = ObservedOperation["kind"];

/** It carries content: the other operations are about groups and states. */
export const isMessage = (kind: Kind): boolean =>
  kind === "sendToGroup" || kind === "sendEvent" || kind === "invoke";

/** @param isContextSent the span's context is that with which the message was created */
export function spanKindOf(kind: Kind, isContextSent: boolean): SpanKind {
  if (!isMessage(kind)) return SpanKind.INTERNAL;
  return isContextSent && kind !== "invoke" ? SpanKind.PRODUCER : SpanKind.CLIENT;
}

/** What spans and metrics of an operation have in common. */
export function attributesOf(kind: Kind): Attributes {
  return {
    "messaging.operation.name": kind,
    ...(isMessage(kind) && { "messaging.operation.type": "send" }),
  };
}

/** What errors of the client have, if there is one. */
type Details = {
  readonly code?: string;
  readonly closeCode?: number;
  readonly errorDetail?: { readonly name: string };
};
const detailsOf = (error: Error | undefined): Details => ({ ...(error as Details | undefined) });

/** The service's name for the error, or the client's code for it. */
export function errorTypeOf(error: Error | undefined): Attributes {
  const { code, errorDetail } = detailsOf(error);
  return error ? { "error.type": errorDetail?.name ?? code ?? error.name } : {};
}

/** How a socket was closed. */
export function closeCodeOf(error: Error | undefined): Attributes {
  const { closeCode } = detailsOf(error);
  return closeCode === undefined ? {} : { "webpubsub.close_code": closeCode };
}
