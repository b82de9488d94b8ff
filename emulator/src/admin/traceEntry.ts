import type { ClientMessage, Payload, ServiceMessage, Uint64 } from "../service/messages.js";
import type { TraceEvent, TraceSubject } from "../service/trace.js";
import { presentable } from "./redaction.js";

/** One thing that happened in the service. Plain JSON; payloads are shortened, tokens left out. */
export interface TraceEntry extends TraceDetails {
  /** Unix milliseconds. */
  readonly at: number;
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** Left out for a client that was not let in. */
  readonly connectionId?: string;
  /** User id of the client; left out if it has none. */
  readonly userId?: string;
  /** `in`: from a client, `out`: to a client; `note`: something about the connection itself. */
  readonly direction: "in" | "out" | "note";
}

/** What a trace tells of a message or a note; fields that don't apply are left out. */
interface TraceDetails {
  /** The kind of message, such as `joinGroup`; of a note: `opened`, `refused`, `lost`, `recovered` or `ended`. */
  readonly type: string;
  /** Name of the group. */
  readonly group?: string;
  /** Name of the event. */
  readonly event?: string;
  /** Ack id of the operation. */
  readonly ackId?: number | string;
  /** Sequence id of the message; of a `sequenceAck`: up to which messages were received. */
  readonly sequenceId?: number | string;
  /** Id of the invocation. */
  readonly invocationId?: string;
  /** Id of the stream. */
  readonly streamId?: string;
  /** The beginning of the payload, or why something failed. */
  readonly text?: string;
  /** Size of the frame. */
  readonly bytes?: number;
  /** It failed, or tells of a failure. */
  readonly failed?: boolean;
  /** Waits for the recovery of the connection. */
  readonly held?: boolean;
}

/** Most bytes of binary content that are shown. */
const maxHexBytes = 16;

/** What an event says to a reader. */
export function traceEntry(
  { hub, connectionId, userId }: TraceSubject,
  event: TraceEvent,
  at: number,
): TraceEntry {
  return {
    at,
    hub,
    ...(connectionId !== undefined && { connectionId }),
    ...(userId !== undefined && { userId }),
    ...about(event),
  };
}

function about(event: TraceEvent): TraceDetails & Pick<TraceEntry, "direction"> {
  switch (event.kind) {
    case "opened":
      return { direction: "note", type: event.kind, text: event.subprotocol || "no subprotocol" };
    case "refused":
      return note(event.kind, event.reason, true);
    case "lost":
      return note(event.kind, `close code ${event.code}; can be recovered`, true);
    case "recovered":
      return note(event.kind, `${event.replayed} messages replayed`);
    case "ended":
      return note(event.kind, event.reason === "" ? "the client closed it" : event.reason);
    case "received": {
      const { decoded, bytes } = event;
      if (decoded.kind === "message") return { direction: "in", bytes, ...clientMessage(decoded.message) };
      const text = presentable(decoded.reason);
      return { direction: "in", type: decoded.kind, bytes, text, failed: true };
    }
    case "sent": {
      const { message, bytes, sequenceId, held } = event;
      return {
        direction: "out",
        bytes,
        ...(sequenceId !== undefined && { sequenceId }),
        ...(held && { held }),
        ...serviceMessage(message),
      };
    }
  }
}

function note(type: string, text: string, failed = false): TraceDetails & Pick<TraceEntry, "direction"> {
  return { direction: "note", type, text: presentable(text), ...(failed && { failed }) };
}

function clientMessage(message: ClientMessage): TraceDetails {
  const type = message.kind;
  switch (message.kind) {
    case "ping":
      return { type };
    case "sequenceAck":
      return { type, sequenceId: plain(message.sequenceId) };
    case "joinGroup":
    case "leaveGroup":
    case "subscribeGroupState":
    case "unsubscribeGroupState":
      return { type, group: message.group, ...ack(message.ackId) };
    case "sendToGroup":
      return { type, group: message.group, ...ack(message.ackId), text: shown(message.payload) };
    case "event":
      return { type, event: presentable(message.event), ...ack(message.ackId), text: shown(message.payload) };
    case "setGroupState": {
      const text = message.state === undefined ? "cleared" : presentable(JSON.stringify(message.state));
      return { type, group: message.group, ...ack(message.ackId), text };
    }
    case "invoke": {
      const { event, invocationId, payload } = message;
      return { type, event: presentable(event), invocationId, text: shown(payload) };
    }
    case "cancelInvocation":
      return { type, invocationId: message.invocationId };
    case "startStream":
      return { type, group: message.group, streamId: message.streamId };
    case "streamKeepAlive":
      return { type, streamId: message.streamId };
    case "streamData": {
      const { streamId, streamSequenceId, payload } = message;
      return { type, streamId, text: `${streamSequenceId}: ${shown(payload)}` };
    }
    case "streamEnd":
      return { type, streamId: message.streamId, ...failure(message.error && message.error.message) };
  }
}

function serviceMessage(message: ServiceMessage): TraceDetails {
  const type = message.kind;
  switch (message.kind) {
    case "connected":
    case "pong":
      return { type };
    case "disconnected":
      return { type, text: presentable(message.reason) };
    case "ack":
      return { type, ...ack(message.ackId), ...failure(message.error && textOf(message.error)) };
    case "groupData": {
      const { group, payload, stream } = message;
      const text = shown(payload);
      if (stream === undefined) return { type, group, text };
      const { streamId, streamSequenceId, end } = stream;
      return {
        type,
        group,
        streamId,
        text: end === undefined ? `${streamSequenceId}: ${text}` : "end of stream",
      };
    }
    case "serverData":
      return { type, text: shown(message.payload) };
    case "invokeResponse": {
      const { invocationId, payload, error } = message;
      return { type, invocationId, text: shown(payload), ...failure(error && textOf(error)) };
    }
    case "streamAck":
      return { type, streamId: message.streamId, text: `expects ${message.expectedSequenceId}` };
    case "streamNack":
      return { type, streamId: message.streamId, ...failure(textOf(message)) };
    case "streamClosed":
      return { type, streamId: message.streamId, ...failure(message.error && textOf(message.error)) };
    case "groupStateSnapshot":
    case "groupStateUpdate":
      return { type, group: message.group, text: presentable(JSON.stringify(message.items)) };
  }
}

function ack(ackId: Uint64 | undefined): Pick<TraceDetails, "ackId"> {
  return ackId === undefined ? {} : { ackId: plain(ackId) };
}

function failure(reason: string | undefined): Pick<TraceDetails, "text" | "failed"> {
  return reason === undefined ? {} : { text: presentable(reason), failed: true };
}

function textOf({ name, message }: { readonly name: string; readonly message: string }): string {
  return `${name}: ${message}`;
}

/** JSON knows no `bigint`. */
function plain(id: Uint64): number | string {
  return typeof id === "bigint" ? String(id) : id;
}

function shown(payload: Payload | undefined): string {
  switch (payload?.dataType) {
    case undefined:
      return "";
    case "text":
      return presentable(payload.text);
    case "json":
      return presentable(payload.json);
    case "binary":
    case "protobuf": {
      const { bytes } = payload;
      const hex = Array.from(bytes.subarray(0, maxHexBytes), (byte) => byte.toString(16).padStart(2, "0"));
      return `${bytes.length} bytes: ${hex.join(" ")}${bytes.length > maxHexBytes ? " …" : ""}`;
    }
  }
}
