import type { Actor } from "../world/actor.js";
import { GROUPS } from "../plans/plan.js";
import { uniqueIds } from "./operationOracle.js";
import { wasUnsent } from "./unsent.js";
import type { World } from "../world/world.js";

/** Client, service and contract must agree on who is in which group. */
export function checkMemberships(actor: Actor, world: World): void {
  const { client, name, plan } = actor;
  const id = client.connectionId;
  if (client.state !== "Connected" || id === undefined) return;
  const contract = world.backend.model.sessions.get(id);
  const service = world.backend.groupsOf(id);
  for (const group of GROUPS) {
    const isMember = service.has(group);
    if (isMember !== contract?.groups.has(group))
      world.failed(`the service is wrong about ${name} in ${group}: ${isMember}`);
    if (sharesIds(actor, group) || actor.handOver.unsure.has(group)) continue;
    if (actor.holders?.isUnsure(group, false) === true) continue;
    const holds = actor.groups.holds(group);
    const isClear = !actor.program.operations.some(
      (record) =>
        record.call.do === "leave" && record.call.group === group && wasUnsent(actor, record) === undefined,
    );
    if (holds === undefined || !isClear) continue;
    const isDenied = isRefused(actor, group, id);
    actor.groups.checkStatus(group, isMember, isDenied);
    const wished =
      holds || (plan.autoRejoinGroups ? isWished(actor, group) : isJoinedHere(actor, world, group, id));
    // Who has heard that it can't be joined again knows that it may not be there.
    if (wished && isDenied) continue;
    if (wished !== isMember)
      world.failed(`${name} ${wished ? "wants" : "doesn't want"} ${group}, the service thinks otherwise`);
  }
}

/** The service has refused a join, and none has succeeded since. */
export function isRefused(actor: Actor, group: string, connectionId: string): boolean {
  const { program, groups, rejoinFailures, written, heard } = actor;
  if (groups.status(group) === "refused") return true;
  const answers = heard.filter(
    ({ ackId, name, wire }) =>
      wire.connectionId === connectionId &&
      name !== "InternalServerError" &&
      written.some(
        ({ message }) =>
          message["ackId"] === ackId && message["type"] === "joinGroup" && message["group"] === group,
      ),
  );
  if (answers.at(-1)?.name === "Forbidden") return true;
  const failure = rejoinFailures.findLast(
    (each) => each.group === group && each.connectionId === connectionId,
  );
  if (failure === undefined) return false;
  return !program.operations.some(
    ({ call, result, settledAt = 0 }) =>
      call.do === "join" && call.group === group && result !== undefined && settledAt > failure.at,
  );
}

/** A join or a leave that has the ack id of another operation: the service takes them for one. */
function sharesIds(actor: Actor, group: string): boolean {
  const unique = uniqueIds(actor);
  return actor.program.operations.some(({ call, result, error }) => {
    if ((call.do !== "join" && call.do !== "leave") || call.group !== group) return false;
    const id = result?.ackId ?? error?.ackId;
    return id !== undefined && !unique.has(id);
  });
}

/** A join that was acknowledged, and no leave called after it. */
function isWished(actor: Actor, group: string): boolean {
  let wished = false;
  for (const record of actor.program.operations) {
    const { call, result } = record;
    if (call.do === "join" && call.group === group && result !== undefined) wished = true;
    if (call.do === "leave" && call.group === group && !wasUnsent(actor, record)) wished = false;
  }
  return wished;
}

/** The same, of this connection only. */
function isJoinedHere(actor: Actor, world: World, group: string, id: string): boolean {
  let joined = false;
  for (const record of actor.program.operations) {
    const { call, result } = record;
    const executed = world.backend.model.executions.get(`${actor.user} ack ${result?.ackId}`);
    if (call.do === "join" && call.group === group && executed?.includes(id)) joined = true;
    if (call.do === "leave" && call.group === group && !wasUnsent(actor, record)) joined = false;
  }
  return joined;
}
