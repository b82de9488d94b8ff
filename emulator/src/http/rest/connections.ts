import { messageOf } from "./body.js";
import { hubRoutes } from "./context.js";
import { deliveryOf, reasonOf } from "./query.js";
import { existence } from "./existence.js";
import { one } from "./sessions.js";

/** Calls that concern one connection. */
export function connections() {
  return hubRoutes()
    .get(
      "/:id",
      existence("id", "Warning.Connection.NotExisted", (hub, id) => hub.session(id) !== undefined),
    )
    .delete("/:id", (c) => {
      c.get("hub").session(c.req.param("id"))?.closeByServer(reasonOf(c.req));
      return c.body(null, 204);
    })
    .post("/:id/:action{:send}", async (c) => {
      const hub = c.get("hub");
      const { ttlSeconds } = deliveryOf(c.req);
      const message = { kind: "serverData" as const, ...(await messageOf(c.req)) };
      hub.send(one(hub, c.req.param("id")), message, { ttlSeconds });
      return c.body(null, 202);
    })
    .delete("/:id/groups", (c) => {
      const hub = c.get("hub");
      for (const session of one(hub, c.req.param("id"))) {
        for (const group of [...session.groups]) hub.leave(session, group);
      }
      return c.body(null, 204);
    });
}
