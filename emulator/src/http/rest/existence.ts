import type { Context, HonoRequest } from "hono";
import type { Hub } from "../../service/hub.js";
import type { HubContext } from "./context.js";
import { RestError } from "./restError.js";

/**
 * Answers a HEAD request with 200, or with 404 and a code. The framework routes HEAD as GET, so this stands in a GET route; GET itself
 * is no call of the data plane.
 * @param name the path parameter that says what is looked for.
 * @param code of the 404.
 */
export function existence(
  name: string,
  code: string,
  exists: (hub: Hub, value: string, request: HonoRequest) => boolean,
) {
  return (c: Context<HubContext>): Response => {
    if (c.req.method !== "HEAD") throw new RestError(404, "There is no such call.");
    const request = c.req as HonoRequest;
    if (exists(c.get("hub"), request.param(name) ?? "", request)) return c.body(null, 200);
    throw new RestError(404, "There is none.", { code });
  };
}
