import type { HonoRequest } from "hono";
import type { Session } from "../../service/session.js";
import { integerOf } from "./query.js";
import { RestError } from "./restError.js";

const maxPageSize = 200;
const maxTop = 2 ** 31 - 1;

/** One page of a list of connections. */
export interface Page {
  readonly value: readonly { readonly connectionId: string; readonly userId: string | null }[];
  /** Where the next page is; left out on the last. */
  readonly nextLink?: string;
}

/**
 * Cuts the page out that a request asks for. A page goes on behind the last id of the one before, so connections that
 * come and go between two pages shift nothing.
 */
export function pageOf(request: HonoRequest, members: Iterable<Session>): Page {
  const size = integerOf(request, "maxpagesize", 1, maxPageSize) ?? maxPageSize;
  const top = integerOf(request, "top", 1, maxTop) ?? Infinity;
  const after = lastIdOf(request.query("continuationToken"));
  const rest = [...members]
    .filter(({ connectionId }) => connectionId > after)
    .sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  const page = rest.slice(0, Math.min(size, top));
  const value = page.map(({ connectionId, userId = null }) => ({ connectionId, userId }));
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length || page.length === top) return { value };
  const next = new URL(request.url);
  next.searchParams.set("continuationToken", Buffer.from(last.connectionId).toString("base64url"));
  if (top !== Infinity) next.searchParams.set("top", String(top - page.length));
  return { value, nextLink: next.href };
}

/** Every id is greater than the empty string. */
function lastIdOf(token: string | undefined): string {
  if (token === undefined || token === "") return "";
  const id = Buffer.from(token, "base64url").toString();
  if (id === "" || Buffer.from(id).toString("base64url") !== token) {
    throw new RestError(400, "continuationToken is none that this service gave.");
  }
  return id;
}
