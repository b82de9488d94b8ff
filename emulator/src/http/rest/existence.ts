import type { Context, HonoRequest } from "hono";
import type { Hub } from "../../service/hub.js";
import type { HubContext } from "./context.js";
import { RestError } from "./restError.js";

/**
 * Answers a HEAD request with 200 or 404. The framework routes HEAD as GET, so this stands in a GET route; GET itself
 * is no call of the data plane.
 * @param name the path parameter that says what is looked for.
 */
export function existence(name: string, exists: (hub: Hub, value: string, request: HonoRequest) => boolean) {
  return (c: Context<HubContext>): Response => {
    if (c.req.method !== "HEAD") throw new RestError(404, "There is no such call.");
    const request = c.req as HonoRequest;
    return c.body(null, exists(c.get("hub"), request.param(name) ?? "", request) ? 200 : 404);
  };
}
