import type { Actor } from "../world/actor.js";

/**
 * The groups that a connection is in without any doubt: the last frame about them is a join that the service has
 * acknowledged, everything before it was answered, and nothing is under way.
 * @param since the moment from which on its client knows of it
 */
export function surelyIn(actor: Actor, connectionId: string | undefined, since: number): Set<string> {
  return surely(actor, connectionId, since, { yes: "joinGroup", no: "leaveGroup" }, ["join", "leave"]);
}

/** The groups in which it says something about itself, with as little doubt. */
export function surelySays(actor: Actor, connectionId: string | undefined, since: number): Set<string> {
  return surely(actor, connectionId, since, { yes: "setGroupState", no: "leaveGroup" }, [
    "state",
    "join",
    "leave",
  ]);
}

function surely(
  { written, heard, program, plan, timeIsWrong, sendIsBroken }: Actor,
  connectionId: string | undefined,
  since: number,
  { yes, no }: { readonly yes: string; readonly no: string },
  calls: readonly string[],
): Set<string> {
  const groups = new Set<string>();
  if (connectionId === undefined || timeIsWrong || sendIsBroken) return groups;
  for (const { wire, message, at, moment } of written) {
    const { type, group, ackId } = message as { type: string; group: string; ackId: number };
    if (wire.connectionId !== connectionId || moment < since || (type !== yes && type !== no)) continue;
    const answer = heard.find((each) => each.ackId === ackId && each.moment > moment && each.wire === wire);
    const isTimely = answer !== undefined && answer.at < at + plan.ackTimeoutInMs;
    if (isTimely && answer.name === "success" && type === yes) groups.add(group);
    else groups.delete(group);
  }
  for (const { call, settledAt, error } of program.operations)
    if (calls.includes(call.do) && "group" in call)
      // One that was given up may have been executed, or not.
      if (settledAt === undefined || error !== undefined || call.ackId !== undefined)
        groups.delete(call.group);
  return groups;
}
