import { withoutQuery } from "../logger.js";
import type { Identity } from "./state.js";

/** The access URL with what resumes a connection (public client specification). */
export function recoveryUrl(url: string, { connectionId, reconnectionToken }: Identity): string {
  const recovery = new URL(url);
  recovery.searchParams.set("awps_connection_id", connectionId);
  recovery.searchParams.set("awps_reconnection_token", reconnectionToken);
  return recovery.toString();
}

/** Takes a URL's query, the tokens in it, a password, and one more token out of words of others. */
function cleaner(url: string, token = ""): (words: string) => string {
  const shown = withoutQuery(url);
  const secrets: string[] = [token, ...(url.match(/[?#].*/s) ?? [])];
  for (const [, value, login = ""] of url.matchAll(/token=([^&#]+)|\/\/([^/?#]+@)/g))
    secrets.push(value ?? login);
  return (words) =>
    secrets.reduce((clean, secret) => clean.replaceAll(secret, ""), words.replaceAll(url, shown));
}

/** Words of others about a URL without its secrets, and one more token. */
export function withoutSecrets(words: string, url: string, token?: string): string {
  return cleaner(url, token)(words);
}

/** The same error, or where the URL's secrets are in it another one that says as much without them. */
export function harmless(error: Error & { code?: unknown }, url: string): Error {
  const { name, message, stack, code } = error;
  const clean = cleaner(url);
  const isClean = (value: unknown): boolean => typeof value !== "string" || clean(value) === value;
  if ([message, stack, ...Object.values(error as object as Record<string, unknown>)].every(isClean))
    return error;
  return Object.assign(new Error(clean(message)), { name, code });
}
