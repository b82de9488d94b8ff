import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../http/address.js";
import type { AdminKey } from "./adminKey.js";

/** What of a request tells where it comes from. */
export interface Arrival {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}

/** Headers that proxies add. */
const proxyHeaders = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

/**
 * Why a request may not reach the admin path; undefined: it may. Only programs on this machine may, and of the pages
 * in its browsers only the service's own: a foreign page could send requests from here, or have its name resolve to
 * this machine. Whoever has the key may come from anywhere, but again not a foreign page.
 * @param origins those whose pages may too
 */
export function intrusion(
  { socket, headers }: Arrival,
  key?: AdminKey,
  origins: readonly string[] = [],
): string | undefined {
  const { origin } = headers;
  const isGuest = origin !== undefined && origins.includes(origin);
  if (key?.opens(headers) === true) {
    const { host = "" } = headers;
    // Behind a proxy that speaks TLS the scheme is another one.
    const isOwn = origin === undefined || isGuest || (URL.canParse(origin) && new URL(origin).host === host);
    return isOwn ? undefined : "other origins may not call it";
  }
  if (!isLoopback((socket.remoteAddress ?? "").replace(/^::ffff:/i, "")))
    return `it is open to this machine only${key === undefined ? "" : ", or with the token that was printed at the start"}`;
  if (proxyHeaders.some((name) => headers[name] !== undefined)) return "it can't be reached through a proxy";
  const { host = "" } = headers;
  const url = `http://${host}`;
  if (!URL.canParse(url) || !isLoopback(new URL(url).hostname.replaceAll(/[[\]]/g, "")))
    return "the Host header must be localhost or a loopback address";
  if (origin !== undefined && !isGuest && origin.replace(/^https:/, "http:") !== new URL(url).origin)
    return "other origins may not call it";
  return undefined;
}

/** Whether a browser says that the request comes from a page of another site: never for data, only for navigation. */
export function isCrossSite(site: string | undefined): boolean {
  return site !== undefined && site !== "same-origin" && site !== "none";
}
