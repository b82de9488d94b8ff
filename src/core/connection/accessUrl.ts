/** The URL of a recovery, and how secrets are kept out of logs and errors. */
import type { Identity } from "./state.js";

/** The access URL with the parameters that recover a connection (public client specification). */
export function recoveryUrl(url: string, { connectionId, reconnectionToken }: Identity): string {
  const recovery = new URL(url);
  recovery.searchParams.set("awps_connection_id", connectionId);
  recovery.searchParams.set("awps_reconnection_token", reconnectionToken);
  return recovery.toString();
}

/** A text about a URL, without the URL's query, tokens and password, and without one more token. */
export function redact(words: string, url: string, token = ""): string {
  const secrets: string[] = [token, ...(url.match(/[?#].*/s) ?? [])];
  for (const [, value, login = ""] of url.matchAll(/token=([^&#]+)|\/\/([^/?#]+@)/g))
    secrets.push(value ?? login);
  return secrets.reduce(
    (clean, secret) => clean.replaceAll(secret, ""),
    words.replaceAll(url, withoutQuery(url)),
  );
}

/**
 * An error of the platform without the URL's secrets: a copy with its name, message and code, since any other
 * property may quote the URL.
 */
export function redacted({ name, message, code }: Error & { code?: unknown }, url: string): Error {
  return Object.assign(new Error(redact(message, url)), { name, code });
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
