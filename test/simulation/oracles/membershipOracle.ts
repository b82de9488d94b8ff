import type { Actor } from "../world/actor.js";
import { GROUPS } from "../plans/plan.js";
import { uniqueIds } from "./operationOracle.js";
import type { OperationRecord } from "../world/program.js";
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
    if (isOpen(actor, group, id)) continue;
    const holds = actor.groups.holds(group);
    if (holds === undefined) continue;
    actor.groups.checkStatus(group, isMember);
    if (holds && actor.groups.status(group) === "refused" && !isMember) continue;
    const wished =
      holds || (plan.autoRejoinGroups ? isWished(actor, group) : isJoinedHere(actor, world, group, id));
    if (wished !== isMember)
      world.failed(`${name} ${wished ? "wants" : "doesn't want"} ${group}, the service thinks otherwise`);
  }
}

/** A join that was acknowledged, and no leave called after it. */
function isWished({ program }: Actor, group: string): boolean {
  let wished = false;
  for (const { call, result } of program.operations) {
    if (call.do === "join" && call.group === group && result !== undefined) wished = true;
    if (call.do === "leave" && call.group === group) wished = false;
  }
  return wished;
}

/** The same, of this connection only. */
function isJoinedHere(actor: Actor, world: World, group: string, id: string): boolean {
  let joined = false;
  for (const record of actor.program.operations) {
    const { call, result } = record;
    const executed = world.backend.model.executions.get(`${actor.name} ack ${result?.ackId}`);
    if (call.do === "join" && call.group === group && executed?.includes(id)) joined = true;
    if (call.do === "leave" && call.group === group) joined = false;
  }
  return joined;
}

/** A join waits for its answer, a call on the group failed in a way that leaves its effect open, or the client says so. */
function isOpen(actor: Actor, group: string, connectionId: string): boolean {
  const { program, rejoinFailures, written, answered } = actor;
  const waits = written.some(
    ({ wire, message }) =>
      wire.connectionId === connectionId &&
      message["type"] === "joinGroup" &&
      message["group"] === group &&
      !answered.has(message["ackId"] as number),
  );
  if (waits) return true;
  if (rejoinFailures.some((failure) => failure.group === group && failure.connectionId === connectionId))
    return true;
  const unique = uniqueIds(actor);
  return program.operations.some((record) => {
    if (!("group" in record.call) || record.call.group !== group) return false;
    const joins = record.call.do === "join" || record.call.do === "leave";
    const id = record.result?.ackId ?? record.error?.ackId;
    if (joins && id !== undefined && !unique.has(id)) return true;
    if (record.error === undefined) return false;
    if (record.call.do === "leave") return true;
    return record.call.do === "join" && wasWrittenOn(actor, record, connectionId);
  });
}

function wasWrittenOn({ written }: Actor, { call, error }: OperationRecord, id: string): boolean {
  if (error?.ackId === undefined) return false;
  // One that took the place of a rejoin and was forbidden changes nothing only where nobody was in.
  if (error.errorDetail?.name === "Forbidden" && "group" in call && call.group === "closed") return false;
  return written.some(({ wire, message }) => wire.connectionId === id && message["ackId"] === error.ackId);
}
