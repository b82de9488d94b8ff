import { withoutQuery } from "../logger.js";
import type { Identity } from "./state.js";

/** The access URL with what resumes a connection (public client specification). */
export function recoveryUrl(url: string, { connectionId, reconnectionToken }: Identity): string {
  const recovery = new URL(url);
  recovery.searchParams.set("awps_connection_id", connectionId);
  recovery.searchParams.set("awps_reconnection_token", reconnectionToken);
  return recovery.toString();
}

/** Words of others about a URL without its query, the tokens in it, a password, and one more token. */
export function withoutSecrets(words: string, url: string, token = ""): string {
  const secrets: string[] = [token, ...(url.match(/[?#].*/s) ?? [])];
  for (const [, value, login = ""] of url.matchAll(/token=([^&#]+)|\/\/([^/?#]+@)/g))
    secrets.push(value ?? login);
  const shown = words.replaceAll(url, withoutQuery(url));
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, ""), shown);
}

/** The same error, or where the URL's secrets are in it another one that says as much without them. */
export function harmless(error: Error & { code?: unknown }, url: string): Error {
  const { name, message, stack, code } = error;
  const isClean = (value: unknown): boolean =>
    typeof value !== "string" || withoutSecrets(value, url) === value;
  if ([message, stack, ...Object.values(error as object as Record<string, unknown>)].every(isClean))
    return error;
  return Object.assign(new Error(withoutSecrets(message, url)), { name, code });
}
