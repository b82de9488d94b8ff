/** The URL of a recovery, and how secrets are kept out of logs and errors. */
import type { Identity } from "./state.js";

/** The access URL with the parameters that recover a connection (public client specification). */
export function recoveryUrl(url: string, { connectionId, reconnectionToken }: Identity): string {
  const recovery = new URL(url);
  recovery.searchParams.set("awps_connection_id", connectionId);
  recovery.searchParams.set("awps_reconnection_token", reconnectionToken);
  return recovery.toString();
}

/** Removes a URL's query, tokens and password, and one more token, from a text. */
function cleaner(url: string, token = ""): (words: string) => string {
  const shown = withoutQuery(url);
  const secrets: string[] = [token, ...(url.match(/[?#].*/s) ?? [])];
  for (const [, value, login = ""] of url.matchAll(/token=([^&#]+)|\/\/([^/?#]+@)/g))
    secrets.push(value ?? login);
  return (words) =>
    secrets.reduce((clean, secret) => clean.replaceAll(secret, ""), words.replaceAll(url, shown));
}

/** A text about a URL, without the URL's secrets and without one more token. */
export function withoutSecrets(words: string, url: string, token?: string): string {
  return cleaner(url, token)(words);
}

/** The same error, or a copy without the URL's secrets if it contains any. */
export function harmless(error: Error & { code?: unknown }, url: string): Error {
  const { name, message, code } = error;
  const clean = cleaner(url);
  // Its cause and its other properties are printed with it.
  const isClean = (value: unknown, depth: number): boolean => {
    if (value instanceof URL) return isClean(value.href, 0);
    if (typeof value === "string") return clean(value) === value;
    if (typeof value !== "object" || value === null || depth === 0) return true;
    return Object.getOwnPropertyNames(value).every((key) =>
      isClean((value as Record<string, unknown>)[key], depth - 1),
    );
  };
  if (isClean(error, 4)) return error;
  return Object.assign(new Error(clean(message)), { name, code });
}

/** A URL fit for the log: without its query, which holds tokens, and without a password before its host. */
export function withoutQuery(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`.replace(/access_token.*/s, "");
  } catch {
    // It can't be parsed, so none of it is shown.
    return "an invalid URL";
  }
}
