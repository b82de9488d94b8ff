import { Hono } from "hono";
import { isHubName } from "../../service/names.js";
import { errorBody, errorCode } from "../refusal.js";
import { connections } from "./connections.js";
import { type RestPorts, hubRoutes } from "./context.js";
import { gate } from "./gate.js";
import { groups } from "./groups.js";
import { permissions } from "./permissions.js";
import { RestError } from "./restError.js";
import { users } from "./users.js";
import { wholeHub } from "./wholeHub.js";

/** The REST data plane: what a server can do. Only `/api/health` is open to everyone. */
export function restApp(ports: RestPorts): Hono {
  const hub = hubRoutes()
    .use(async (c, next) => {
      const name = c.req.param("hub") ?? "";
      if (!isHubName(name)) throw new RestError(400, "The hub's name is not valid.");
      c.set("hub", ports.service.hub(name));
      await next();
    })
    .route("/", wholeHub(ports))
    .route("/connections", connections())
    .route("/groups", groups())
    .route("/users", users())
    .route("/permissions", permissions());

  return new Hono()
    .use(async (c, next) => {
      await next();
      // As the cloud answers. Node would send chunks, none of them, and a 204 can't have the header.
      if (c.res.body === null && c.res.status !== 204) c.res.headers.set("Content-Length", "0");
    })
    .get("/api/health", (c) => c.body(null, 200))
    .use("/api/*", gate(ports.tokens))
    .route("/api/hubs/:hub", hub)
    .notFound((c) => answer(new RestError(404, `There is nothing at ${c.req.path} for ${c.req.method}.`)))
    .onError((error) => {
      if (error instanceof RestError) return answer(error);
      const message = `A REST call failed: ${String(error)}`;
      ports.diagnostics({ level: "warning", hub: "", connectionId: undefined, message, cause: error });
      return answer({ status: 500, message: "The service failed.", code: errorCode(500) });
    });
}

type Answered = Pick<RestError, "message" | "code"> & {
  readonly status: number;
  readonly target?: string | undefined;
};

function answer({ status, message, code, target }: Answered): Response {
  return new Response(errorBody(status, message, code, target), {
    status,
    headers: {
      "Content-Type": "application/json",
      "x-ms-error-code": code,
      ...(status === 401 && { "WWW-Authenticate": "Bearer" }),
    },
  });
}
