import type { Actor } from "../world/actor.js";

/**
 * The groups that a connection is in without any doubt: the last frame about them is a join that the service has
 * acknowledged, everything before it was answered, and nothing is under way.
 */
export function surelyIn(actor: Actor, connectionId: string | undefined): Set<string> {
  const { written, heard, program, plan, timeIsWrong, sendIsBroken } = actor;
  const groups = new Set<string>();
  if (connectionId === undefined || timeIsWrong || sendIsBroken) return groups;
  for (const { wire, message, at, moment } of written) {
    const { type, group, ackId } = message as { type: string; group: string; ackId: number };
    if (wire.connectionId !== connectionId || (type !== "joinGroup" && type !== "leaveGroup")) continue;
    const answer = heard.find((each) => each.ackId === ackId && each.moment > moment && each.wire === wire);
    const isTimely = answer !== undefined && answer.at < at + plan.ackTimeoutInMs;
    if (isTimely && answer.name === "success" && type === "joinGroup") groups.add(group);
    else groups.delete(group);
  }
  for (const { call, settledAt, error } of program.operations)
    if (call.do === "join" || call.do === "leave")
      // One that was given up may have been executed, or not.
      if (settledAt === undefined || error !== undefined || call.ackId !== undefined)
        groups.delete(call.group);
  return groups;
}
