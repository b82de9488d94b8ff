import type { Hub } from "../../service/hub.js";
import type { Session } from "../../service/session.js";
import { selects } from "../../service/filter/subject.js";
import { jsonOf, messageOf } from "./body.js";
import { type RestPorts, hubRoutes } from "./context.js";
import { deliveryOf, filterOf, groupNameOf, integerOf, reasonOf } from "./query.js";
import { RestError } from "./restError.js";
import { closeAll } from "./sessions.js";

/** Longest life of a client's token, in minutes: what the vendor's emulator takes. */
const maxExpiryInMinutes = 2_147_483_647;

const clientTypes = ["default", "mqtt", "socketio"];

/** Calls that concern all connections of a hub. */
export function wholeHub({ clientTokens }: RestPorts) {
  return hubRoutes()
    .post("/:action{:send}", async (c) => {
      const hub = c.get("hub");
      const delivery = deliveryOf(c.req);
      hub.send(hub.sessions, { kind: "serverData", ...(await messageOf(c.req)) }, delivery);
      return c.body(null, 202);
    })
    .post("/:action{:closeConnections}", (c) => {
      closeAll(c.get("hub").sessions, c.req.queries("excluded") ?? [], reasonOf(c.req));
      return c.body(null, 204);
    })
    .post("/:action{:addToGroups}", async (c) => {
      const hub = c.get("hub");
      changeGroups(hub, await jsonOf(c.req), (session, group) => hub.join(session, group));
      return c.body(null, 200);
    })
    .post("/:action{:removeFromGroups}", async (c) => {
      const hub = c.get("hub");
      changeGroups(hub, await jsonOf(c.req), (session, group) => hub.leave(session, group));
      return c.body(null, 200);
    })
    .post("/:action{:generateToken}", async (c) => {
      if (c.get("credential") === "accessKey")
        throw new RestError(401, "Only a Microsoft Entra token may ask for it: who has the key can sign.");
      const token = await clientTokens.issue(c.get("hub").name, {
        clientType: clientTypeOf(c.req.query("clientType")),
        // An empty user is none, as in the vendor's emulator.
        userId: c.req.query("userId") || undefined,
        roles: c.req.queries("role") ?? [],
        groups: (c.req.queries("group") ?? []).map(groupNameOf),
        expiresInMinutes: integerOf(c.req, "minutesToExpire", 1, maxExpiryInMinutes) ?? 60,
      });
      return c.json({ token });
    });
}

function changeGroups(
  hub: Hub,
  body: Readonly<Record<string, unknown>>,
  change: (session: Session, group: string) => void,
): void {
  const { groups } = body;
  if (!Array.isArray(groups) || groups.length === 0)
    throw new RestError(400, "groups must be an array of group names that isn't empty.");
  const names = groups.map(groupNameOf);
  const selected = selects(filterOf(body["filter"]));
  for (const session of [...hub.sessions]) {
    if (selected?.(session) === false) continue;
    for (const group of names) change(session, group);
  }
}

function clientTypeOf(type: string | undefined): string | undefined {
  if (type === undefined || clientTypes.includes(type.toLowerCase())) return type;
  throw new RestError(400, `clientType must be Default, MQTT or SocketIO, not ${JSON.stringify(type)}.`);
}
