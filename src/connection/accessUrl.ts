import { withoutQuery } from "../logger.js";
import type { Identity } from "./state.js";

/** The access URL with what resumes a connection (public client specification). */
export function recoveryUrl(url: string, { connectionId, reconnectionToken }: Identity): string {
  const recovery = new URL(url);
  recovery.searchParams.set("awps_connection_id", connectionId);
  recovery.searchParams.set("awps_reconnection_token", reconnectionToken);
  return recovery.toString();
}

/** The same error with the URL's query, which holds tokens, taken out of its words. */
export function withoutSecrets(error: Error, url: string): Error {
  if (!error.message.includes(url)) return error;
  const clean = new Error(error.message.replaceAll(url, withoutQuery(url)));
  clean.name = error.name;
  return clean;
}
