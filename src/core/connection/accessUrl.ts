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
  const { name, message, code } = error;
  const clean = cleaner(url);
  // Its cause, and what else it brings along, may be told by whoever prints it.
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

/** A URL fit for the log: its query holds tokens, and before its host may stand a password. */
export function withoutQuery(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`.replace(/access_token.*/s, "");
  } catch {
    // What is where in it, nobody knows.
    return "an invalid URL";
  }
}
