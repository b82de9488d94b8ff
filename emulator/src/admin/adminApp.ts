import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { Fault, Faults } from "../faults.js";
import { errorBody } from "../http/refusal.js";
import type { Diagnostics } from "../service/diagnostics.js";
import type { Service } from "../service/service.js";
import { isCrossSite } from "./intrusion.js";
import { type Snapshot, snapshot } from "./snapshot.js";
import { TraceFeed } from "./traceFeed.js";
import { type TracePage, tracePage } from "./tracePage.js";

/** Most bytes of a fault's description. */
const maxFaultBytes = 64 * 1024;

/** What the admin path works on. */
export interface AdminPorts {
  readonly service: Service;
  readonly faults: Faults;
  readonly now: () => number;
  readonly diagnostics: Diagnostics;
  /** Those whose pages may call it, besides its own. */
  readonly origins: readonly string[];
}

/**
 * What a developer does from outside of the process: look, watch, and make things fail.
 * @param feeds holds the open ones.
 */
export function adminApp(
  { service, faults, now, diagnostics, origins }: AdminPorts,
  feeds: Set<TraceFeed>,
): Hono {
  const look = (): Snapshot => snapshot(service, faults);
  let page: Promise<TracePage> | undefined;
  const app = new Hono({ strict: false }).basePath("/admin");
  app.get("/", async (c) => {
    const { html, policy } = await (page ??= tracePage());
    return c.html(html, 200, {
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-store",
    });
  });
  app.use("/:what", async (c, next) => {
    const isGuest = origins.includes(c.req.header("Origin") ?? "");
    if (!isGuest && isCrossSite(c.req.header("Sec-Fetch-Site")))
      return answer(403, "Other sites may not call it.");
    await next();
    c.header("Cache-Control", "no-store");
  });
  app.get("/snapshot", (c) => c.json(look()));
  app.get("/trace", (c) => {
    const feed: TraceFeed = new TraceFeed({ trace: service.trace, snapshot: look, now }, () =>
      feeds.delete(feed),
    );
    feeds.add(feed);
    return c.body(feed.stream, 200, { "Content-Type": "text/event-stream" });
  });
  app.get("/faults", (c) => c.json(faults.active));
  const limit = bodyLimit({
    maxSize: maxFaultBytes,
    onError: () => answer(413, `A fault takes at most ${maxFaultBytes} bytes.`),
  });
  app.post("/faults", limit, async (c) => {
    // Also what makes a browser ask before it lets a foreign page send this.
    const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json") return answer(415, "Content-Type must be application/json.");
    return c.json({ hit: inject(faults, await c.req.text()) });
  });
  app.delete("/faults", (c) => {
    faults.reset();
    return c.body(null, 204);
  });
  app.notFound((c) => answer(404, `There is nothing at ${c.req.path} for ${c.req.method}.`));
  app.onError((error) => {
    if (error instanceof HTTPException) return answer(error.status, error.message);
    const message = `An admin call failed: ${String(error)}`;
    diagnostics({ level: "warning", hub: "", connectionId: undefined, message, cause: error });
    return answer(500, "The service failed.");
  });
  return app;
}

function inject(faults: Faults, body: string): number {
  let fault: unknown;
  try {
    fault = JSON.parse(body);
  } catch (error) {
    throw new HTTPException(400, { message: `The body is not JSON: ${text(error)}`, cause: error });
  }
  try {
    // It is checked within; the compiler can't know.
    return faults.inject(fault as Fault);
  } catch (error) {
    throw new HTTPException(400, { message: text(error), cause: error });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function answer(status: number, message: string): Response {
  return new Response(errorBody(status, message), {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}
