import { Hono } from "hono";
import type { Diagnostics } from "../../service/diagnostics.js";
import type { Hub } from "../../service/hub.js";
import type { Service } from "../../service/service.js";
import type { ClientTokens } from "../accessToken.js";
import type { Credential, RestTokens } from "./restTokens.js";

/** What the REST data plane works on. */
export interface RestPorts {
  readonly service: Service;
  readonly tokens: RestTokens;
  /** Makes tokens for clients. */
  readonly clientTokens: ClientTokens;
  readonly diagnostics: Diagnostics;
}

/** What every route of a hub finds in its context. */
export interface HubContext {
  readonly Variables: { readonly hub: Hub; readonly credential: Credential };
}

/** Routes below a hub. */
export function hubRoutes(): Hono<HubContext> {
  return new Hono<HubContext>();
}
