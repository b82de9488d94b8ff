import { messageOf } from "./body.js";
import { hubRoutes } from "./context.js";
import { existence } from "./existence.js";
import { deliveryOf, groupNameOf, reasonOf } from "./query.js";
import { RestError } from "./restError.js";
import { any, closeAll } from "./sessions.js";

/** Calls that concern all connections of a user. */
export function users() {
  return hubRoutes()
    .get(
      "/:user",
      existence("user", "Warning.User.NotExisted", (hub, user) => any(hub.ofUser(user))),
    )
    .post("/:user/:action{:send}", async (c) => {
      const hub = c.get("hub");
      const delivery = deliveryOf(c.req);
      const message = await messageOf(c.req);
      hub.send(hub.ofUser(c.req.param("user")), { kind: "serverData", ...message }, delivery);
      return c.body(null, 202);
    })
    .post("/:user/:action{:closeConnections}", (c) => {
      const sessions = c.get("hub").ofUser(c.req.param("user"));
      closeAll(sessions, c.req.queries("excluded") ?? [], reasonOf(c.req));
      return c.body(null, 204);
    })
    .delete("/:user/groups", (c) => {
      const hub = c.get("hub");
      for (const session of hub.ofUser(c.req.param("user"))) {
        for (const group of [...session.groups]) hub.leave(session, group);
      }
      return c.body(null, 204);
    })
    .put("/:user/groups/:group", (c) => {
      const hub = c.get("hub");
      const user = c.req.param("user");
      const group = groupNameOf(c.req.param("group"));
      const sessions = [...hub.ofUser(user)];
      if (sessions.length === 0) {
        const message = `User ${JSON.stringify(user)} has no connection.`;
        throw new RestError(404, message, { code: "Warning.User.NotExisted" });
      }
      for (const session of sessions) hub.join(session, group);
      return c.body(null, 200);
    })
    .delete("/:user/groups/:group", (c) => {
      const hub = c.get("hub");
      const group = groupNameOf(c.req.param("group"));
      for (const session of hub.ofUser(c.req.param("user"))) hub.leave(session, group);
      return c.body(null, 204);
    });
}
