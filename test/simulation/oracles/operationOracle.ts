import type { SendMessageError } from "../../../src/core/errors.js";
import type { Actor, Written } from "../world/actor.js";
import { isTaken, Lanes, TYPES } from "./lanes.js";
import { operationKey, type Json } from "./model.js";
import type { OperationRecord } from "../world/program.js";
import type { World } from "../world/world.js";

/** Frames that a socket has taken or refused. */
type Tries = readonly Actor["thrown"][number][];

/** What costs retries besides time and new connections. */
const COSTLY: ReadonlySet<string> = new Set(["refuseOperations", "handler", "sendThrows"]);

/** What was promised of operations, checked when all is over. */
export function checkOperations(actor: Actor, world: World): void {
  const { name, user, program, written, thrown, plan, holders } = actor;
  const failed = (reason: string): void => world.failed(`${name}: ${reason}`);
  const { model } = world.backend;
  /**
   * Of two that hold one session each has operations executed on a connection of its own, which may have the same ack
   * id, or be the same. Where one was refused the other may have had it executed.
   */
  const mayBeOwn = (id: string, sent: typeof written, wasRefused: boolean): boolean =>
    holders === undefined ||
    (sent.some(({ wire }) => wire.connectionId === id) && !(wasRefused && id === holders.saved.connectionId));
  const frames = new Map<string, typeof written>();
  for (const frame of written) {
    const key = operationKey(user, frame.message);
    const list = frames.get(key);
    if (list === undefined) frames.set(key, [frame]);
    else list.push(frame);
  }
  const unique = uniqueIds(actor);
  const lanes = new Lanes(actor);
  const refuses = world.plan.steps.some(({ what }) => COSTLY.has(what.do));
  for (const record of program.operations) {
    const { op, result, error, settledAt, call } = record;
    if (record.isInherited) continue;
    if (settledAt === undefined) {
      failed(`op ${op} was never settled`);
      continue;
    }
    if ((record.signal?.listeners.size ?? 0) > 0) failed(`op ${op} still listens to its abort signal`);
    if (isLeaveForNobody(record, failed)) continue;
    // One that ends in the same moment may have given its id free, before its promise tells.
    const isIdInUse = record.rivals.some((rival) => rival.settledAt !== record.at);
    if (isIdInUse && error === undefined)
      failed(`op ${op} was taken with ack id ${call.ackId}, which another one was using`);
    if (error?.code === "AckIdInUse" && !actor.isStale && !mayBeInUse(actor, lanes, record))
      failed(`op ${op} was refused for ack id ${call.ackId}, which nobody was using`);
    const key = keyOf(user, record);
    const ackId = ackIdOf(record);
    const shared = ackId !== undefined && !unique.has(ackId);
    if (shared) continue;
    const sent = frames.get(key) ?? [];
    const executed = model.executions.get(key) ?? [];
    const isCommon = holders?.isCommon(op, ackId) === true;
    const executedHere = executed.filter((id) => mayBeOwn(id, sent, isCommon && model.refusedOps.has(key)));
    const early =
      call.abortAfter === -1 ||
      error?.code === "TooManyPending" ||
      // A call of the next page may have taken the id of one that is restored.
      (error?.code === "AckIdInUse" && record.handOvers === 0) ||
      error?.code === "InvalidMessage";
    if (early && sent.length > 0) failed(`op ${op} was refused at once, but sent`);
    if (call.abortAfter === -1 && error === undefined) failed(`op ${op} succeeded although it was aborted`);
    const ids = new Set(sent.map(({ message }) => message["ackId"]));
    if (ids.size > 1) failed(`op ${op} went out with ack ids ${[...ids].join(", ")}`);
    const forget = "forget" in call && call.forget === true;
    if (forget) {
      if (sent.length > 1 && !actor.isStale)
        failed(`op ${op} is fire-and-forget, but was sent ${sent.length} times`);
      if (result !== undefined && sent.length === 0) failed(`op ${op} resolved, but was never sent`);
      continue;
    }
    // On one transport each further sending costs a retry, and so does each further connection.
    const tries: Tries =
      thrown.length === 0
        ? sent
        : [...sent, ...thrown.filter(({ message }) => operationKey(user, message) === key)];
    const moves = countOf(tries, ({ wire }) => wire.connectionId) - 1;
    const again = tries.length - countOf(tries, ({ wire }) => wire) + moves;
    const most = plan.maxRetries * (record.handOvers + 1);
    if (again > most) failed(`op ${op} was sent ${again} times again, of ${most}`);
    if (error !== undefined) {
      const isQuick = settledAt - record.at < plan.ackTimeoutInMs && !actor.timeIsWrong && !refuses;
      if (error.code === "ConnectionLost" && isQuick && plan.resendOnNewConnection && moves < plan.maxRetries)
        failed(`op ${op} was given up with its connection ${moves + 1}, with ${plan.maxRetries} retries`);
      if (!hasReason(error)) failed(`op ${op} failed without a reason: ${error.code}`);
      const least = leastSendings(error, plan);
      if (tries.length + moves < least && !actor.isStale)
        failed(
          `op ${op} was given up (${error.code}) after ${tries.length} tries, with ${plan.maxRetries} retries`,
        );
    }
    if (result !== undefined) {
      // What was unsent in an older session may have been sent since, for all that its client knows.
      if (result.resentOnNewConnection === true && tries.length < 2 && !actor.isStale)
        failed(`op ${op} was sent once, and its result says otherwise`);
      if (executed.length === 0) failed(`op ${op} resolved, but was never executed`);
      if (result.isDuplicated && sent.length < 2 && !isCommon) failed(`op ${op} is called a duplicate`);
      if (executedHere.length > 1 && result.resentOnNewConnection !== true)
        failed(`op ${op} was executed twice and its result doesn't say that this may be`);
    }
    if (executedHere.length > 1 && !plan.resendOnNewConnection)
      failed(`op ${op} was executed twice although resendOnNewConnection is off`);
  }
  if (actor.isStale) return;
  lanes.check(failed);
  if (!world.plan.steps.some(({ what }) => what.do === "sendThrows")) checkOrder(actor, lanes, world);
  for (const failure of actor.rejoinFailures) checkRejoin(actor, failure, failed);
}

/** While a handle has subscribers a leave ends the program's own wish only: nothing is asked of the service. */
function isLeaveForNobody(
  { op, call, isHeld, result, handOvers }: OperationRecord,
  failed: (reason: string) => void,
): boolean {
  if (call.do !== "leave" || result === undefined) return false;
  const wasAsked = result.ackId !== undefined;
  if (isHeld === true && wasAsked) failed(`op ${op} left ${call.group}, which has subscribers`);
  // The next page may have subscribed before it goes on with the leave.
  if (isHeld === false && !wasAsked && handOvers === 0) failed(`op ${op} resolved without an ack id`);
  return !wasAsked;
}

/** Another operation was under way with this ack id, or one of the client's own may have been. */
function mayBeInUse(
  { program, written, thrown, groups }: Actor,
  lanes: Lanes,
  record: OperationRecord,
): boolean {
  // One of the client's own may wait for a recovery, where nobody sees it.
  if (groups.isUsed || record.isBetween || record.stateAtCall === "Recovering") return true;
  if (record.handOvers > 0) return program.operations.some((other) => other.at <= (record.settledAt ?? 0));
  const isRival = (other: OperationRecord): boolean =>
    other !== record &&
    // One that was replaced doesn't tell the id that it had.
    (lanes.isReplaced(other) || [ackIdOf(other), other.call.ackId].includes(record.call.ackId)) &&
    other.at <= record.at &&
    (other.settledAt ?? 0) >= record.at;
  return (
    program.operations.some(isRival) ||
    [...written, ...thrown].some(
      ({ message }) => message["ackId"] === record.call.ackId && message["data"] === undefined,
    )
  );
}

/** How many different ones there are; 1 of none. */
function countOf(tries: Tries, of: (each: Tries[number]) => unknown): number {
  return tries.length < 2 ? 1 : new Set(tries.map(of)).size;
}

/** Only a final refusal is told, after as many tries as an operation has. */
function checkRejoin(
  { plan, written, thrown }: Actor,
  { group, error, connectionId }: Actor["rejoinFailures"][number],
  failed: (reason: string) => void,
): void {
  const tries = [...written, ...thrown].filter(
    ({ wire, message }) => message["ackId"] === error.ackId && wire.connectionId === connectionId,
  );
  const isLost = error.code === "ConnectionLost" || error.code === "NotStarted";
  if (isLost || tries.length < leastSendings(error, plan))
    failed(`${group} wasn't joined again (${error.code}) after ${tries.length} tries`);
}

/** The error tells what is behind it. */
function hasReason({ code, cause, errorDetail }: SendMessageError): boolean {
  if (code === "Refused") return errorDetail !== undefined;
  const expected = { Aborted: "AbortError", ConnectionLost: "ConnectionError", SendFailed: "Error" }[
    code as string
  ];
  return expected === undefined || (cause as Error | undefined)?.name === expected;
}

/** Each sending is refused or unanswered but once, and each further connection costs a retry: so many were made, or more. */
function leastSendings({ code, errorDetail }: SendMessageError, plan: Actor["plan"]): number {
  const { maxRetries, resendOnNewConnection } = plan;
  if (errorDetail?.name === "Forbidden" || errorDetail?.name === "BadRequest") return 1;
  if (code === "Refused" || code === "AckTimeout" || code === "SendFailed") return maxRetries + 1;
  if (code !== "ConnectionLost") return 0;
  return resendOnNewConnection ? Math.max(1, maxRetries) : 1;
}

/**
 * Operations go out in the order of the calls, and so they are executed. But one that waits for others of its lane lets
 * later ones pass, and what was sent before goes first.
 */
function checkOrder(actor: Actor, lanes: Lanes, world: World): void {
  const { name, user, program, written } = actor;
  const { model } = world.backend;
  const failed = (reason: string): void => world.failed(`${name}: ${reason}`);
  const records = new Map<string, OperationRecord>();
  const unique = uniqueIds(actor);
  for (const record of program.operations) {
    const id = ackIdOf(record);
    const isKnown =
      id === undefined ? record.call.do === "send" || record.call.do === "event" : unique.has(id);
    if (isKnown && !lanes.isReplaced(record)) records.set(keyOf(user, record), record);
  }
  /** Where each was first sent, on any connection and on each. */
  const first = new Map<OperationRecord, Written>();
  const courses = new Map<string | undefined, Map<OperationRecord, Written>>();
  for (const frame of written) {
    const record = records.get(operationKey(user, frame.message));
    if (record === undefined) continue;
    if (!first.has(record)) first.set(record, frame);
    const id = frame.wire.connectionId;
    const course = courses.get(id) ?? new Map<OperationRecord, Written>();
    courses.set(id, course);
    if (course.has(record)) continue;
    for (const [later, its] of course) {
      // One that was refused waits for its next try.
      if (later.op < record.op || model.refusedOps.has(keyOf(user, record))) continue;
      const isResent = first.get(later) !== its && first.get(record) === frame;
      if (!isResent && !lanes.waits(record, its))
        failed(`op ${record.op} was first sent after op ${later.op}`);
    }
    course.set(record, frame);
  }
  for (const session of model.sessions.values()) {
    if (session.user !== user) continue;
    const course = courses.get(session.connectionId);
    const executed = session.executed.filter((key) => !model.refusedOps.has(key));
    const events = session.handledEvents.map((op) => `op ${op}`).filter((key) => !model.refusedOps.has(key));
    for (const keys of [executed, events]) {
      let last: OperationRecord | undefined;
      for (const key of keys) {
        const record = records.get(key);
        if (record === undefined) continue;
        const isBehind = (course?.get(record)?.moment ?? 0) > (course?.get(last ?? record)?.moment ?? 0);
        if (last !== undefined && record.op < last.op && !isBehind)
          failed(`op ${record.op} was executed after op ${last.op} on one connection`);
        last = record;
      }
    }
  }
}

/** How the frames of an operation are told: by their number, or by their ack id. */
function keyOf(user: string, record: OperationRecord): string {
  const { op, call } = record;
  if (call.do === "send" || call.do === "event") return `op ${op}`;
  return `${user} ack ${ackIdOf(record) ?? "none"}`;
}

function ackIdOf({ call, result, error, ackId }: OperationRecord): number | undefined {
  return result?.ackId ?? error?.ackId ?? ackId ?? call.ackId;
}

/** A set of ack ids. */
export type Ids = Pick<ReadonlySet<number>, "has">;

/**
 * Ids that stand for one operation only. A program that chooses its own may take one that the client
 * has used: the service can't tell the two apart then, nor can we.
 */
export function uniqueIds({ program, written, thrown }: Actor): Ids {
  const users = new Map<number, string>();
  const shared = new Set<number>();
  const use = (id: unknown, user: string): void => {
    if (typeof id !== "number") return;
    const known = users.get(id);
    if (known === undefined) users.set(id, user);
    else if (known !== user) shared.add(id);
  };
  const frames = [...written, ...thrown];
  for (const { message } of frames) use(message["ackId"], fingerprint(message));
  const chosen = new Set<number>();
  for (const record of program.operations) {
    const { call, op, moment } = record;
    if (call.do === "send" || call.do === "event") use(ackIdOf(record), `op ${op}`);
    else if (call.ackId !== undefined) {
      // Of two frames that ask for the same thing nobody knows whose they are.
      const isUsed =
        frames.some((frame) => frame.message["ackId"] === call.ackId && frame.moment < moment) ||
        program.operations.some((other) => ackIdOf(other) === call.ackId && !isSame(other, record));
      if (isUsed || chosen.has(call.ackId) || !isTaken(record)) shared.add(call.ackId);
      use(call.ackId, fingerprint({ type: TYPES[call.do], group: call.group }));
      chosen.add(call.ackId);
    }
  }
  for (const id of shared) users.delete(id);
  return users;
}

/** It is the other one, or was replaced by it. */
function isSame(other: OperationRecord, record: OperationRecord): boolean {
  if (other === record) return true;
  const [{ call, settledAt }, { call: its }] = [other, record];
  return (
    call.do === "state" && its.do === "state" && call.group === its.group && settledAt === record.settledAt
  );
}

/** What a frame asks for, whatever its ack id. */
export function fingerprint(message: Json): string {
  const data = message["data"] as { op?: number } | undefined;
  return data?.op === undefined ? `${String(message["type"])} ${String(message["group"])}` : `op ${data.op}`;
}
