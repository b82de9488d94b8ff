import type { HonoRequest } from "hono";
import type { Permission } from "../../service/permissions.js";
import { hubRoutes } from "./context.js";
import { existence } from "./existence.js";
import { groupNameOf } from "./query.js";
import { RestError } from "./restError.js";
import { existing, one } from "./sessions.js";

/** Calls that change what a connection may do, or ask it. */
export function permissions() {
  return hubRoutes()
    .get(
      "/:permission/connections/:id",
      existence("id", (hub, id, request) => {
        const permission = permissionOf(request.param("permission") ?? "");
        const target = targetOf(request);
        return one(hub, id).some((session) => session.permissions.has(permission, target));
      }),
    )
    .put("/:permission/connections/:id", (c) => {
      const permission = permissionOf(c.req.param("permission"));
      existing(c.get("hub"), c.req.param("id")).permissions.grant(permission, targetOf(c.req));
      return c.body(null, 200);
    })
    .delete("/:permission/connections/:id", (c) => {
      const permission = permissionOf(c.req.param("permission"));
      const target = targetOf(c.req);
      for (const session of one(c.get("hub"), c.req.param("id"))) {
        session.permissions.revoke(permission, target);
      }
      return c.body(null, 204);
    });
}

function permissionOf(name: string): Permission {
  switch (name.toLowerCase()) {
    case "sendtogroup":
      return "sendToGroup";
    case "joinleavegroup":
      return "joinLeaveGroup";
    default:
      throw new RestError(
        400,
        `The permission must be sendToGroup or joinLeaveGroup, not ${JSON.stringify(name)}.`,
      );
  }
}

/** The group; undefined: any. */
function targetOf(request: HonoRequest): string | undefined {
  const name = request.query("targetName");
  return name === undefined || name === "" ? undefined : groupNameOf(name);
}
