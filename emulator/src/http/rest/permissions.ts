import type { HonoRequest } from "hono";
import { maxNamedGroups } from "../../service/limits.js";
import type { Permission } from "../../service/permissions.js";
import { hubRoutes } from "./context.js";
import { existence } from "./existence.js";
import { groupNameOf } from "./query.js";
import { RestError } from "./restError.js";
import { existing, one } from "./sessions.js";

const notExisted = { code: "Info.Connection.NotExisted" };

/** Calls that change what a connection may do, or ask it. */
export function permissions() {
  return hubRoutes()
    .get(
      "/:permission/connections/:id",
      existence("id", notExisted.code, (hub, id, request) => {
        const permission = permissionOf(request.param("permission") ?? "");
        const target = targetOf(request);
        return one(hub, id).some((session) => session.permissions.has(permission, target));
      }),
    )
    .put("/:permission/connections/:id", (c) => {
      const permission = permissionOf(c.req.param("permission"));
      const target = targetOf(c.req);
      const session = existing(c.get("hub"), c.req.param("id"), notExisted);
      if (!session.permissions.grant(permission, target)) throw tooMany();
      return c.body(null, 200);
    })
    .delete("/:permission/connections/:id", (c) => {
      const permission = permissionOf(c.req.param("permission"));
      const target = targetOf(c.req);
      for (const session of one(c.get("hub"), c.req.param("id"))) {
        if (!session.permissions.revoke(permission, target)) throw tooMany();
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

/** The group. Permissions for any group come by roles alone. */
function targetOf(request: HonoRequest): string {
  const name = request.query("targetName");
  if (name === undefined) throw new RestError(400, "targetName is missing: it is the group's name.");
  return groupNameOf(name);
}

function tooMany(): RestError {
  const message = `A connection can have this permission for ${maxNamedGroups} single groups.`;
  return new RestError(409, message, { code: "Error.Connection.Conflict" });
}
