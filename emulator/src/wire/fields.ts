import type { GroupState, Metadata, Payload, Uint64 } from "../service/messages.js";
import { isEventName, isGroupName, isTtl, metadataProblem } from "../service/names.js";
import { decodeBase64 } from "./base64.js";

/** A field of a known message that can't be what it is. */
export class FieldError extends Error {}

/** A JSON object from the wire. */
export type Json = Readonly<Record<string, unknown>>;

/** Content with the text that it was read from. */
export class WrittenJson {
  readonly value: unknown;
  readonly text: string;

  constructor(value: unknown, text: string) {
    this.value = value;
    this.text = text;
  }
}

const maxUint64 = 2n ** 64n - 1n;

/** Undefined: not an unsigned 64-bit number. Numbers beyond exactness may come as strings of digits. */
export function uint64(value: unknown): Uint64 | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string" || !/^\d{1,20}$/.test(value)) return undefined;
  const big = BigInt(value);
  if (big > maxUint64) return undefined;
  return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
}

/** The ackId, if there is one. `null` is none. */
export function ackIdOf(json: Json): Uint64 | undefined {
  const { ackId } = json;
  if (ackId === undefined || ackId === null) return undefined;
  const id = uint64(ackId);
  if (id === undefined) throw new FieldError("ackId must be an unsigned 64-bit integer");
  return id;
}

export function sequenceIdOf(json: Json): Uint64 {
  const id = uint64(json["sequenceId"]);
  if (id === undefined) throw new FieldError("sequenceId must be an unsigned 64-bit integer");
  return id;
}

export function groupOf(json: Json): string {
  const { group } = json;
  if (!isGroupName(group))
    throw new FieldError("group must be a string of 1 to 1,024 characters, not all blank");
  return group;
}

export function eventOf(json: Json): string {
  const { event } = json;
  if (!isEventName(event)) {
    throw new FieldError(
      `event must begin with a letter and hold letters, digits and _ . - only, at most 128, but is ${shown(event)}`,
    );
  }
  return event;
}

export function noEchoOf(json: Json): boolean {
  const { noEcho } = json;
  if (noEcho === undefined || noEcho === null) return false;
  if (typeof noEcho !== "boolean") throw new FieldError("noEcho must be a boolean");
  return noEcho;
}

export function ttlOf(json: Json): number {
  const { ttlSeconds } = json;
  if (ttlSeconds === undefined || ttlSeconds === null) return 0;
  if (!isTtl(ttlSeconds)) throw new FieldError("ttlSeconds must be an integer from 0 to 300");
  return ttlSeconds;
}

export function metadataOf(json: Json): Metadata | undefined {
  const { metadata } = json;
  if (metadata === undefined || metadata === null) return undefined;
  if (!isStringRecord(metadata)) throw new FieldError("metadata must be an object of strings");
  const problem = metadataProblem(metadata);
  if (problem !== undefined) throw new FieldError(problem);
  return metadata;
}

/** `null` clears like an absent state. */
export function stateOf(json: Json): GroupState | undefined {
  const { state } = json;
  if (state === undefined || state === null) return undefined;
  if (!isStringRecord(state)) throw new FieldError("state must be an object of strings");
  return state;
}

/** Without data, but with metadata, it is an empty text. */
export function payloadOf(json: Json): Payload {
  const { dataType, data, metadata } = json;
  if (data === undefined && metadata !== undefined && metadata !== null)
    return { dataType: "text", text: "" };
  switch (dataType) {
    case "text":
      if (typeof data !== "string") throw new FieldError("data must be a string where dataType is text");
      return { dataType, text: data };
    case undefined:
    case null:
    case "json":
      if (data === undefined) throw new FieldError("data is missing");
      return { dataType: "json", json: jsonText(data) };
    case "binary":
    case "protobuf": {
      const bytes = typeof data === "string" ? decodeBase64(data) : undefined;
      if (bytes === undefined) throw new FieldError(`data must be base64 where dataType is ${dataType}`);
      return { dataType, bytes };
    }
    default:
      throw new FieldError("dataType must be text, json, binary or protobuf");
  }
}

/** Most characters of a wrong value that are told: a part of a token or key that short is of no use. */
const maxShown = 20;

/** A wrong value, for the log: enough to find the mistake, too little to give away what stands there by mistake. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "string" && value.length > maxShown)
    return `${JSON.stringify(value.slice(0, maxShown))}… (${value.length} characters)`;
  return JSON.stringify(value);
}

/** What could be read may still be nested too deeply to be written. */
function jsonText(value: unknown): string {
  try {
    if (!(value instanceof WrittenJson)) return JSON.stringify(value);
    JSON.stringify(value.value);
    return value.text;
  } catch (error) {
    if (error instanceof RangeError) throw new FieldError("data is nested too deeply");
    throw error;
  }
}

function isStringRecord(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === "string");
}
