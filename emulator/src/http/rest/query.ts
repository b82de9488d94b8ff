import type { HonoRequest } from "hono";
import { FilterError } from "../../service/filter/filterError.js";
import { type Filter, parseFilter } from "../../service/filter/filter.js";
import { selects } from "../../service/filter/subject.js";
import type { Delivery } from "../../service/hub.js";
import { maxTtlSeconds } from "../../service/limits.js";
import { isGroupName } from "../../service/names.js";
import { RestError } from "./restError.js";

/** What a send says about its receivers and its time. */
export function deliveryOf(request: HonoRequest): Delivery {
  return {
    excluded: request.queries("excluded"),
    filter: selects(filterOf(request.query("filter"))),
    ttlSeconds: integerOf(request, "messageTtlSeconds", 0, maxTtlSeconds),
  };
}

/** Undefined: none given, everyone is selected. */
export function filterOf(text: unknown): Filter | undefined {
  if (text === undefined || text === null || text === "") return undefined;
  if (typeof text !== "string") throw new RestError(400, "filter must be a string.");
  try {
    return parseFilter(text);
  } catch (error) {
    throw error instanceof FilterError ? new RestError(400, error.message) : error;
  }
}

export function integerOf(request: HonoRequest, name: string, from: number, to: number): number | undefined {
  const text = request.query(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to)) {
    throw new RestError(400, `${name} must be an integer from ${from} to ${to}.`);
  }
  return value;
}

/** Why connections are closed, in the server's words. */
export function reasonOf(request: HonoRequest): string | undefined {
  return request.query("reason");
}

export function groupNameOf(name: unknown): string {
  if (!isGroupName(name))
    throw new RestError(400, "A group's name must have 1 to 1,024 characters, not all blank.");
  return name;
}
