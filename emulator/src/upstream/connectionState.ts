/** What event handlers keep on a connection, as it travels: the base64 of a JSON object. */
export type ConnectionState = Readonly<Record<string, unknown>>;

export function encodeState(state: ConnectionState): string {
  return Buffer.from(JSON.stringify(state)).toString("base64");
}

/** What isn't a JSON object counts as none: it may come from any HTTP server. */
export function decodeState(encoded: string | undefined): ConnectionState {
  if (encoded === undefined) return {};
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(encoded, "base64").toString());
  } catch {
    return {};
  }
  return typeof state === "object" && state !== null && !Array.isArray(state)
    ? (state as ConnectionState)
    : {};
}
