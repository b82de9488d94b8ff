import { messageOf } from "./body.js";
import { hubRoutes } from "./context.js";
import { existence } from "./existence.js";
import { pageOf } from "./page.js";
import { deliveryOf, groupNameOf, reasonOf } from "./query.js";
import { any, closeAll, existing, one } from "./sessions.js";

/** Calls that concern a group and its members. */
export function groups() {
  return hubRoutes()
    .get(
      "/:group",
      existence("group", "Warning.Group.NotExisted", (hub, group) => any(hub.members(groupNameOf(group)))),
    )
    .post("/:group/:action{:send}", async (c) => {
      const group = groupNameOf(c.req.param("group"));
      const delivery = deliveryOf(c.req);
      const message = await messageOf(c.req);
      c.get("hub").publish({ kind: "groupData", group, fromUserId: undefined, ...message }, delivery);
      return c.body(null, 202);
    })
    .post("/:group/:action{:closeConnections}", (c) => {
      const members = c.get("hub").members(groupNameOf(c.req.param("group")));
      closeAll(members, c.req.queries("excluded") ?? [], reasonOf(c.req));
      return c.body(null, 204);
    })
    .get("/:group/connections", (c) =>
      c.json(pageOf(c.req, c.get("hub").members(groupNameOf(c.req.param("group"))))),
    )
    .put("/:group/connections/:id", (c) => {
      const hub = c.get("hub");
      const group = groupNameOf(c.req.param("group"));
      const missing = { code: "Error.Connection.NotExisted", target: "Connection" };
      hub.join(existing(hub, c.req.param("id"), missing), group);
      return c.body(null, 200);
    })
    .delete("/:group/connections/:id", (c) => {
      const hub = c.get("hub");
      const group = groupNameOf(c.req.param("group"));
      for (const session of one(hub, c.req.param("id"))) hub.leave(session, group);
      return c.body(null, 204);
    });
}
