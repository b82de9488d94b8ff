/** The URL of a recovery, and how secrets are kept out of logs and errors. As text: not every platform's `URL` is whole. */
import type { Identity } from "./state.js";

/** The access URL with the parameters that recover a connection (public client specification). */
export function recoveryUrl(url: string, { connectionId, reconnectionToken }: Identity): string {
  return (
    url
      // Those of an earlier connection.
      .replace(/([?&])awps_(connection_id|reconnection_token)=[^&#]*/g, "$1")
      .replace(
        /[^?#]*(\?[^#]*)?/,
        (start, query?: string) =>
          `${start.trim()}${query ? "&" : "?"}awps_connection_id=${encodeURIComponent(connectionId)}&awps_reconnection_token=${encodeURIComponent(reconnectionToken)}`,
      )
  );
}

/** A text about a URL, without the URL's query, tokens and password, and without one more token. */
export function redact(words: string, url: string, token = ""): string {
  const secrets: string[] = [token, ...(url.match(/[?#][^]*/) ?? [])];
  for (const [, value, login = ""] of url.matchAll(/token=([^&#]+)|\/\/([^/?#]+@)/g))
    secrets.push(value ?? login);
  return secrets.reduce(
    (clean, secret) => clean.split(secret).join(""),
    words.split(url).join(withoutQuery(url)),
  );
}

/**
 * An error of the platform without the URL's secrets: a copy with its name, message and code, since any other
 * property may quote the URL.
 */
export function redacted({ name, message, code }: Error & { code?: unknown }, url: string): Error {
  return Object.assign(new Error(redact(message, url)), { name, code });
}

/** A text of the application's credential, which may quote a URL that isn't known here, without its tokens. */
export function withoutTokens(words: string): string {
  return words.replace(/(token=)[^&#\s"'<>)]+/g, "$1...");
}

/** A URL fit for the log: without its query, which holds tokens, and without a password before its host. */
export function withoutQuery(url: string): string {
  // Scheme, login, host with its port, and path.
  const parts =
    /^\s*(\w+:\/\/)(?:[^/?#]*@)?((?:\[[^\]/?#]*\]|[^/?#:@\s\\]+)(?::\d*)?(?:\/[^?#\s]*|(?=[?#]|\s*$)))/.exec(
      url,
    );
  // What isn't a URL isn't shown at all.
  return parts === null ? "an invalid URL" : `${parts[1]}${parts[2]}`.replace(/access_token.*/, "");
}
