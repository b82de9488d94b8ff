import { maxGroupNameLength, maxGroupStateBytes, maxIdLength, maxTtlSeconds } from "./limits.js";
import type { GroupState, Metadata } from "./messages.js";

const hubName = /^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$/;
const eventName = /^[a-z][a-z0-9_.-]{0,127}$/i;
/** The characters that HTTP allows in a header's name. */
const metadataKey = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
/** What HTTP can carry in a header: a handler may get it so. */
const metadataValue = /^[\t\x20-\x7e]{0,1024}$/;
const maxMetadataBytes = 8 * 1024;
const encoder = new TextEncoder();

export function isHubName(name: string): boolean {
  return hubName.test(name);
}

/** Up to 1,024 characters, not all of them blank. */
export function isGroupName(name: unknown): name is string {
  return typeof name === "string" && name.length <= maxGroupNameLength && name.trim() !== "";
}

/** Of an event that a client sends. */
export function isEventName(name: unknown): name is string {
  return typeof name === "string" && eventName.test(name);
}

/** Of a stream or an invocation. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= maxIdLength;
}

/** Whole seconds from 0 (never) to the longest time to live. */
export function isTtl(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxTtlSeconds;
}

/** Undefined: it is valid. */
export function metadataProblem(metadata: Metadata): string | undefined {
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata)) {
    if (!metadataKey.test(key)) return "a metadata key must be 1 to 256 HTTP token characters";
    if (!metadataValue.test(value))
      return "a metadata value must be at most 1,024 printable ASCII characters";
    bytes += key.length + value.length;
  }
  return bytes > maxMetadataBytes ? "metadata must not be larger than 8,192 bytes" : undefined;
}

/** Bytes of a state's names and values in UTF-8; of one that is too large, enough to see that. */
export function groupStateBytes(state: GroupState): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(state)) {
    bytes += utf8Bytes(key) + utf8Bytes(value);
    if (bytes > maxGroupStateBytes) break;
  }
  return bytes;
}

/** Undefined: it is valid. */
export function groupStateProblem(state: GroupState): string | undefined {
  return groupStateBytes(state) > maxGroupStateBytes
    ? "state must not be larger than 16,384 bytes"
    : undefined;
}

function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}
