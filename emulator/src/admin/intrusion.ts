import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../http/address.js";

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
 * this machine.
 */
export function intrusion({ socket, headers }: Arrival): string | undefined {
  if (!isLoopback((socket.remoteAddress ?? "").replace(/^::ffff:/i, "")))
    return "it is open to this machine only";
  if (proxyHeaders.some((name) => headers[name] !== undefined)) return "it can't be reached through a proxy";
  const { host = "", origin } = headers;
  const url = `http://${host}`;
  if (!URL.canParse(url) || !isLoopback(new URL(url).hostname.replaceAll(/[[\]]/g, "")))
    return "the Host header must be localhost or a loopback address";
  if (origin !== undefined && origin !== new URL(url).origin) return "other origins may not call it";
  return undefined;
}

/** Whether a browser says that the request comes from a page of another site: never for data, only for navigation. */
export function isCrossSite(site: string | undefined): boolean {
  return site !== undefined && site !== "same-origin" && site !== "none";
}
