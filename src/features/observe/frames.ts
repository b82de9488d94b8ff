/** Describes frames. */
import { utf8Length } from "../../core/session/frame.js";
import type { WebPubSubMessage } from "../../core/models/messages.js";
import type { ObservedFrame } from "./models.js";

type Frame = string | ArrayBuffer;
type Kind = WebPubSubMessage["kind"];
type Fields = { readonly group?: unknown; readonly ackId?: unknown; readonly sequenceId?: unknown };

/**
 * The kinds of the protobuf frames that belong to no operation, by the field number of `UpstreamMessage`, which their
 * first byte holds.
 */
const PROTOBUF_KINDS: Readonly<Record<number, Kind>> = {
  1: "sendToGroup",
  8: "sequenceAck",
  11: "cancelInvocation",
  13: "streamData",
  14: "streamEnd",
};

export function describeReceived(
  frame: Frame,
  messages: readonly (WebPubSubMessage | null)[],
  at: number,
  content: boolean,
): ObservedFrame {
  return describe("in", frame, messages[0] ?? undefined, at, content);
}

/** @param message what was encoded, if that is known */
export function describeWritten(
  frame: Frame,
  message: WebPubSubMessage | undefined,
  at: number,
  content: boolean,
): ObservedFrame {
  if (message) return describe("out", frame, message, at, content);
  if (typeof frame === "string") return describe("out", frame, readText(frame), at, content);
  return describe("out", frame, readBytes(frame), at, false);
}

function describe(
  direction: "in" | "out",
  frame: Frame,
  message: WebPubSubMessage | undefined,
  at: number,
  content: boolean,
): ObservedFrame {
  const { group, ackId, sequenceId } = (message ?? {}) as Fields;
  return {
    direction,
    kind: message?.kind ?? "unknown",
    bytes: typeof frame === "string" ? utf8Length(frame) : frame.byteLength,
    at,
    group: typeof group === "string" ? group : undefined,
    ackId: typeof ackId === "number" ? ackId : undefined,
    sequenceId: typeof sequenceId === "number" ? sequenceId : undefined,
    ...(content && message && { message: withoutToken(message) }),
  };
}

function withoutToken(message: WebPubSubMessage): WebPubSubMessage {
  return message.kind === "connected" ? { ...message, reconnectionToken: "" } : message;
}

/** What the JSON subprotocols write names the kind as `type`. */
function readText(frame: string): WebPubSubMessage | undefined {
  try {
    const { type, ...fields } = JSON.parse(frame) as { type?: unknown };
    if (typeof type !== "string") return undefined;
    return { ...fields, kind: type === "event" ? "sendEvent" : type } as WebPubSubMessage;
  } catch {
    // A codec of the application's own may write anything.
    return undefined;
  }
}

function readBytes(frame: ArrayBuffer): WebPubSubMessage | undefined {
  const [first = 0] = new Uint8Array(frame);
  const kind = PROTOBUF_KINDS[first >> 3];
  return kind && ({ kind } as WebPubSubMessage);
}
