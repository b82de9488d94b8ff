import type { MiddlewareHandler } from "hono";
import type { RestTokens } from "./restTokens.js";
import { RestError } from "./restError.js";

/** Lets nobody pass without a token that was made for this very request. */
export function gate(tokens: RestTokens): MiddlewareHandler {
  return async (c, next) => {
    const { req } = c;
    const header = req.header("Authorization");
    if (header === undefined) throw new RestError(401, "The Authorization header is missing.");
    const token = /^Bearer +(\S+)\s*$/i.exec(header)?.[1];
    if (token === undefined) throw new RestError(401, "The Authorization header must be: Bearer <token>.");
    try {
      c.set("credential", await tokens.verify(token, new URL(req.url)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RestError(401, `The access token is not valid: ${reason}`);
    }
    await next();
  };
}
