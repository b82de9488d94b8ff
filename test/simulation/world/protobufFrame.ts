import type { Json } from "../oracles/model.js";
import {
  entriesOf,
  fieldsOf,
  messageOf,
  messagesOf,
  numberOf,
  textOf,
  type Fields,
} from "./protobufFields.js";

/**
 * What a frame of the protobuf subprotocols says, in the words of the JSON ones, which the oracles
 * know. Written apart from the codecs of client and service, since it judges both.
 */
export function readUpstream(bytes: Buffer): Json {
  const [kind, fields] = only(bytes);
  switch (kind) {
    case 1:
      return {
        type: "sendToGroup",
        ...group(fields),
        ...content(fields, 3),
        noEcho: numberOf(fields, 4) === 1,
        ...number(fields, 5, "ttlSeconds"),
        ...nested(fields, 7, "stream", (inner) => ({
          ...text(inner, 1, "streamId"),
          ...number(inner, 2, "idleTimeoutMs"),
        })),
      };
    case 5:
      return {
        type: "event",
        ...text(fields, 1, "event"),
        ...content(fields, 2),
        ...number(fields, 3, "ackId"),
      };
    case 6:
      return { type: "joinGroup", ...group(fields) };
    case 7:
      return { type: "leaveGroup", ...group(fields) };
    case 8:
      return { type: "sequenceAck", sequenceId: numberOf(fields, 1) ?? 0 };
    case 9:
      return { type: "ping" };
    case 10:
      return {
        type: "invoke",
        ...text(fields, 1, "event"),
        ...text(fields, 2, "invocationId"),
        ...content(fields, 3),
      };
    case 11:
      return { type: "cancelInvocation", ...text(fields, 1, "invocationId") };
    case 13:
      return {
        type: "streamData",
        ...text(fields, 1, "streamId"),
        ...number(fields, 2, "streamSequenceId"),
        ...content(fields, 3),
      };
    case 14:
      return {
        type: "streamEnd",
        ...text(fields, 1, "streamId"),
        ...nested(fields, 2, "error", (inner) => ({
          ...text(inner, 1, "message"),
          ...text(inner, 2, "userErrorCode"),
        })),
      };
    case 15:
      return { type: "setGroupState", ...group(fields), ...state(fields) };
    case 16:
      return { type: "subscribeGroupState", ...group(fields) };
    case 17:
      return { type: "unsubscribeGroupState", ...group(fields) };
    default:
      throw new Error(`A client says field ${kind}.`);
  }
}

export function readDownstream(bytes: Buffer): Json {
  const [kind, fields] = only(bytes);
  switch (kind) {
    case 1:
      return {
        type: "ack",
        ...number(fields, 1, "ackId"),
        success: numberOf(fields, 2) === 1,
        ...nested(fields, 3, "error", problem),
      };
    case 2:
      return {
        type: "message",
        ...text(fields, 1, "from"),
        ...text(fields, 2, "group"),
        ...content(fields, 3),
        ...number(fields, 4, "sequenceId"),
        ...nested(fields, 6, "stream", (inner) => ({
          ...text(inner, 1, "streamId"),
          streamSequenceId: numberOf(inner, 2) ?? 0,
          ...(numberOf(inner, 3) === 1 ? { endOfStream: true } : undefined),
          ...nested(inner, 4, "error", (error) => ({
            ...problem(error),
            ...text(error, 3, "userErrorCode"),
          })),
        })),
      };
    case 3:
      return readSystem(fields);
    case 4:
      return { type: "pong" };
    case 5:
      return {
        type: "invokeResponse",
        ...text(fields, 1, "invocationId"),
        success: numberOf(fields, 2) === 1,
        ...content(fields, 3),
        ...nested(fields, 4, "error", problem),
      };
    case 6:
      return {
        type: "streamAck",
        ...text(fields, 1, "streamId"),
        ...number(fields, 2, "expectedSequenceId"),
      };
    case 7:
      return {
        type: "streamNack",
        ...text(fields, 1, "streamId"),
        ...text(fields, 2, "name"),
        ...text(fields, 3, "message"),
        ...number(fields, 4, "expectedSequenceId"),
      };
    case 8:
      return {
        type: "streamClosed",
        ...text(fields, 1, "streamId"),
        ...nested(fields, 2, "error", problem),
      };
    case 9:
      return { type: "groupStateUpdate", ...states(fields) };
    case 10:
      return { type: "groupStateSnapshot", ...states(fields) };
    default:
      throw new Error(`The service says field ${kind}.`);
  }
}

function readSystem(fields: Fields): Json {
  const connected = messageOf(fields, 1);
  if (connected === undefined)
    return {
      type: "system",
      event: "disconnected",
      message: textOf(messageOf(fields, 2) ?? new Map(), 2) ?? "",
    };
  return {
    type: "system",
    event: "connected",
    ...text(connected, 1, "connectionId"),
    ...text(connected, 2, "userId"),
    ...text(connected, 3, "reconnectionToken"),
  };
}

function states(fields: Fields): Json {
  const items = messagesOf(fields, 2).map((item) => ({
    ...text(item, 1, "connectionId"),
    ...text(item, 2, "userId"),
    ...state(item),
    ...number(item, 4, "updatedAt"),
  }));
  return { ...text(fields, 1, "group"), items, ...number(fields, 3, "sequenceId") };
}

/** Without the field the state is taken back; with nothing in it, it is one without entries. */
function state(fields: Fields): Json {
  const inner = messageOf(fields, 3);
  return inner === undefined ? {} : { state: entriesOf(inner, 1) };
}

function problem(fields: Fields): Json {
  return { ...text(fields, 1, "name"), ...text(fields, 2, "message") };
}

function group(fields: Fields): Json {
  return { ...text(fields, 1, "group"), ...number(fields, 2, "ackId") };
}

/** The simulation's content is JSON; the start and the end of a stream, and what keeps it alive, have none. */
function content(fields: Fields, field: number): Json {
  const inner = messageOf(fields, field);
  if (inner === undefined) return {};
  const json = textOf(inner, 4);
  if (json !== undefined) return { dataType: "json", data: JSON.parse(json) as unknown };
  return { dataType: "text", data: textOf(inner, 1) ?? "" };
}

function text(fields: Fields, field: number, name: string): Json {
  const value = textOf(fields, field);
  return value === undefined ? {} : { [name]: value };
}

function number(fields: Fields, field: number, name: string): Json {
  const value = numberOf(fields, field);
  return value === undefined ? {} : { [name]: value };
}

function nested(fields: Fields, field: number, name: string, read: (inner: Fields) => Json): Json {
  const inner = messageOf(fields, field);
  return inner === undefined ? {} : { [name]: read(inner) };
}

/** The one message that a frame consists of: its number and its fields. */
function only(bytes: Buffer): [number, Fields] {
  const [field, ...more] = fieldsOf(bytes);
  if (field === undefined || more.length > 0 || field[1].length > 1)
    throw new Error("A frame must be one message.");
  const [kind, [body]] = field;
  if (!Buffer.isBuffer(body)) throw new Error("A frame must hold a message.");
  return [kind, fieldsOf(body)];
}
