import type { Hub } from "../../service/hub.js";
import type { Session } from "../../service/session.js";
import { RestError } from "./restError.js";

/** The connection, or nobody: what is sent to nobody is no error. */
export function one(hub: Hub, connectionId: string): readonly Session[] {
  const session = hub.session(connectionId);
  return session === undefined ? [] : [session];
}

/** The connection; without it the request can't be done. */
export function existing(
  hub: Hub,
  connectionId: string,
  about: { readonly code: string; readonly target?: string },
): Session {
  const session = hub.session(connectionId);
  if (session === undefined) {
    throw new RestError(404, `There is no connection ${JSON.stringify(connectionId)}.`, about);
  }
  return session;
}

/** Ends connections for good, but those excluded. */
export function closeAll(
  sessions: Iterable<Session>,
  excluded: readonly string[],
  reason: string | undefined,
): void {
  const kept = new Set(excluded);
  for (const session of [...sessions]) if (!kept.has(session.connectionId)) session.closeByServer(reason);
}

export function any(sessions: Iterable<Session>): boolean {
  for (const _ of sessions) return true;
  return false;
}
