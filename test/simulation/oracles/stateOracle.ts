import type { Actor } from "../world/actor.js";
import { GROUPS } from "../plans/plan.js";
import { isRefused } from "./membershipOracle.js";
import { uniqueIds, type Ids } from "./operationOracle.js";
import type { OperationRecord } from "../world/program.js";
import { wasUnsent } from "./unsent.js";
import type { World } from "../world/world.js";

/**
 * Client and service must agree on who says what about itself, and on who wants to know.
 * @returns what they don't agree on, which news on its way may settle
 */
export function stateConflict(actor: Actor, world: World): string | undefined {
  const { client, name } = actor;
  const id = client.connectionId;
  if (!world.usesStates || client.state !== "Connected" || id === undefined) return undefined;
  const unique = uniqueIds(actor);
  for (const group of GROUPS) {
    if (actor.handOver.unsureStates.has(group) || actor.holders?.isUnsure(group, true) === true) continue;
    const truth = world.backend.statesOf(group);
    const failures = actor.restoreFailures.filter(
      (failure) => failure.group === group && failure.connectionId === id,
    );
    for (const { connectionId } of truth) {
      if (world.backend.model.sessions.get(connectionId)?.groups.has(group) !== true)
        return `the service keeps a state in ${group} of ${connectionId.slice(0, 4)}, which isn't there`;
    }
    const known = ask(() => client.listGroupStates(group));
    const isWatching = watches(actor, group, unique);
    if (isWatching !== undefined && isWatching !== (known !== undefined))
      return `${name} ${isWatching ? "wants" : "doesn't want"} the states of ${group}, the client thinks otherwise`;
    const isDenied = failures.length > 0 || wasDenied(actor, group, id);
    const isTold = world.backend.model.sessions.get(id)?.watched.has(group) === true;
    if (isWatching !== undefined && isWatching !== isTold && !(isWatching && isDenied))
      return `${name} ${isWatching ? "wants" : "doesn't want"} the states of ${group}, the service thinks otherwise`;
    if (isWatching === true && !isDenied) {
      const told = (known ?? []).map(({ connectionId, state }) => text(connectionId, state)).sort();
      if (told.length > 0 && told.join() !== actor.toldStates.get(group))
        return `${name} knows [${told.join(" ")}] of ${group}, and hasn't told of it`;
      const real = truth.map(({ connectionId, state }) => text(connectionId, state ?? {})).sort();
      // What was told in real time outlives a snapshot without it, as in the reference client: whoever
      // subscribes anew may have missed its end.
      const resubscribed = actor.program.operations.some(
        ({ call }) => call.do === "unwatch" && call.group === group,
      );
      const agrees = resubscribed ? real.every((each) => told.includes(each)) : told.join() === real.join();
      if (!agrees) return `${name} knows [${told.join(" ")}] of ${group}, the service [${real.join(" ")}]`;
    }
    if (failures.length > 0 || !isOwnClear(actor, group, unique)) continue;
    const own = ask(() => client.getGroupState(group));
    const real = truth.find(({ connectionId }) => connectionId === id)?.state;
    if (real !== undefined && actor.plan.restoreGroupStates === false && !isSetHere(actor, world, group, id))
      return `${name} says something about itself in ${group} again, although restoreGroupStates is off`;
    if (real === undefined && mustBeRestored(actor, world, group, id))
      return `${name} said something about itself in ${group}, and it isn't restored`;
    // Where the group can't be joined again, it is kept for later.
    const isKept = own !== undefined && real === undefined && isRefused(actor, group, id);
    if (JSON.stringify(own) !== JSON.stringify(real) && !isKept)
      return `${name} says ${JSON.stringify(own)} about itself in ${group}, the service has ${JSON.stringify(real)}`;
  }
  return undefined;
}

/** What a client knows of a group's states. */
export function knownStates({ client }: Actor, group: string): string {
  const known = ask(() => client.listGroupStates(group)) ?? [];
  return known
    .map(({ connectionId, state }) => text(connectionId, state))
    .sort()
    .join();
}

function text(connectionId: string, state: Readonly<Record<string, string>>): string {
  return `${connectionId.slice(0, 4)}=${state["is"] ?? "?"}`;
}

/** What the client says, or nothing if it refuses to. */
function ask<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch {
    return undefined;
  }
}

/** A subscription that was acknowledged, and no end of it called after it. Undefined: the service takes two for one. */
function watches(actor: Actor, group: string, unique: Ids): boolean | undefined {
  let watching = false;
  for (const record of actor.program.operations) {
    const { call, result } = record;
    if ((call.do !== "watch" && call.do !== "unwatch") || call.group !== group) continue;
    if (isShared(record, unique)) return undefined;
    const isUnsent = wasUnsent(actor, record);
    if (isUnsent === undefined) return undefined;
    if (call.do === "unwatch") watching &&= isUnsent;
    else watching ||= result !== undefined;
  }
  return watching;
}

/** The service has said no to a subscription on this connection, and not yes since. */
function wasDenied({ heard, written }: Actor, group: string, connectionId: string): boolean {
  const ids = new Set(
    written
      .filter(({ message }) => message["type"] === "subscribeGroupState" && message["group"] === group)
      .map(({ message }) => message["ackId"]),
  );
  const answer = heard.findLast(({ ackId, wire }) => ids.has(ackId) && wire.connectionId === connectionId);
  return answer?.name === "Forbidden";
}

/** The service takes no two operations for one that decide on the own state in the group. */
function isOwnClear(actor: Actor, group: string, unique: Ids): boolean {
  return !actor.program.operations.some((record) => {
    const { call } = record;
    const decides = call.do === "state" || call.do === "join" || call.do === "leave";
    return decides && call.group === group && isShared(record, unique);
  });
}

/** The program has said something last, and nothing has ended it but its connection. */
function mustBeRestored(actor: Actor, world: World, group: string, id: string): boolean {
  const { plan, program, groups, retention, restoreFailures } = actor;
  if (plan.restoreGroupStates === false || !plan.autoRejoinGroups || program.mayStopByItself) return false;
  if (groups.knows(group) || retention.isUsed) return false;
  // Who has heard that it can't be joined again waits for the next connection.
  if (actor.rejoinFailures.some((failure) => failure.group === group && failure.connectionId === id))
    return false;
  // A state that couldn't be restored once is given up.
  if (restoreFailures.some((failure) => failure.group === group)) return false;
  if (world.backend.model.sessions.get(id)?.groups.has(group) !== true) return false;
  const last = program.operations.findLast(({ call }) => call.do === "state" && call.group === group);
  if (last?.result === undefined || !("value" in last.call)) return false;
  const { at } = last;
  const hadJoined = program.operations.some(
    ({ call, result, settledAt = Infinity }) =>
      call.do === "join" && call.group === group && result !== undefined && settledAt < at,
  );
  // A leave before it may have been executed after it.
  const isEnded =
    program.operations.some(({ call }) => call.do === "leave" && call.group === group) ||
    program.lives.some(({ kind, settledAt = Infinity }) => kind === "stop" && settledAt >= at);
  return hadJoined && !isEnded && !program.lives.some((life) => life.kind === "start" && life.at >= at);
}

/** The program has said something on this connection. */
function isSetHere(actor: Actor, world: World, group: string, id: string): boolean {
  return actor.program.operations.some(
    ({ call, result }) =>
      call.do === "state" &&
      call.group === group &&
      world.backend.model.executions.get(`${actor.user} ack ${result?.ackId}`)?.includes(id) === true,
  );
}

function isShared({ error, result }: OperationRecord, unique: Ids): boolean {
  const id = result?.ackId ?? error?.ackId;
  return id !== undefined && !unique.has(id);
}
