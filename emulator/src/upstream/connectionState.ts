import { decodeBase64, encodeBase64 } from "../wire/base64.js";

/** What event handlers keep on a connection, as it travels: the base64 of a JSON object. */
export type ConnectionState = Readonly<Record<string, unknown>>;

export function encodeState(state: ConnectionState): string {
  return encodeBase64(new TextEncoder().encode(JSON.stringify(state)));
}

/** What isn't a JSON object counts as none: it may come from any HTTP server. */
export function decodeState(encoded: string | undefined): ConnectionState {
  if (encoded === undefined) return {};
  let state: unknown;
  try {
    state = JSON.parse(new TextDecoder().decode(decodeBase64(encoded)));
  } catch {
    return {};
  }
  return typeof state === "object" && state !== null && !Array.isArray(state)
    ? (state as ConnectionState)
    : {};
}
