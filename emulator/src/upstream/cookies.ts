import type { HandlerCookie } from "../service/handlerCookie.js";

/** What isn't among these can break out of a header. */
const cookieText = /^[\x20-\x7e]*$/;

/**
 * The cookies that an answer sets, as browsers read them; what is no cookie, or has expired, is left out.
 * Unsettled: a `Domain` doesn't widen where a cookie goes, and none expires while its connection lives.
 * @param url where the answer came from.
 */
export function cookiesOf(headers: Headers, url: string, now: number): readonly HandlerCookie[] {
  const { hostname: host, pathname } = new URL(url);
  const cookies = new Map<string, HandlerCookie>();
  for (const line of headers.getSetCookie()) {
    const [pair = "", ...rest] = line.split(";");
    const [name, value] = split(pair);
    if (name === "" || !pair.includes("=") || !cookieText.test(pair)) continue;
    const attributes = new Map(
      rest.map((attribute) => {
        const [key, text] = split(attribute);
        return [key.toLowerCase(), text];
      }),
    );
    const age = attributes.get("max-age");
    const expired = age === undefined ? Date.parse(attributes.get("expires") ?? "") <= now : Number(age) <= 0;
    const given = attributes.get("path") ?? "";
    const path = given.startsWith("/") ? given : pathname.slice(0, Math.max(1, pathname.lastIndexOf("/")));
    const key = `${name};${path}`;
    if (expired) cookies.delete(key);
    else cookies.set(key, { name, value, host, path, secure: attributes.has("secure") });
  }
  return [...cookies.values()];
}

/** The `Cookie` header for a request to this URL; undefined: none. */
export function cookieHeader(cookies: readonly HandlerCookie[], url: string): string | undefined {
  const { hostname, pathname, protocol } = new URL(url);
  const safe = protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  const fitting = cookies.filter(
    ({ host, path, secure }) => host === hostname && isBelow(pathname, path) && (safe || !secure),
  );
  // The more exact path goes first.
  const sorted = fitting.toSorted((a, b) => b.path.length - a.path.length);
  return sorted.map(({ name, value }) => `${name}=${value}`).join("; ") || undefined;
}

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}

function split(pair: string): [string, string] {
  const [name = "", ...value] = pair.split("=");
  return [name.trim(), value.join("=").trim()];
}
