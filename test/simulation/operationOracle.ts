import type { Actor } from "./actor.js";
import { operationKey, type Json } from "./model.js";
import type { OperationRecord } from "./program.js";
import type { World } from "./world.js";

/** What was promised of operations, checked when all is over. */
export function checkOperations(actor: Actor, world: World): void {
  const { name, program, written, plan } = actor;
  const failed = (reason: string): void => world.failed(`${name}: ${reason}`);
  const frames = new Map<string, typeof written>();
  for (const frame of written) {
    const key = operationKey(name, frame.message);
    const list = frames.get(key);
    if (list === undefined) frames.set(key, [frame]);
    else list.push(frame);
  }
  const unique = uniqueIds(actor);
  for (const record of program.operations) {
    const { op, result, error, settledAt, stateAtCall, call } = record;
    if (settledAt === undefined) {
      failed(`op ${op} was never settled`);
      continue;
    }
    if ((record.signal?.listeners.size ?? 0) > 0) failed(`op ${op} still listens to its abort signal`);
    // One that ends in the same moment may have given its id free, before its promise tells.
    const isIdInUse = record.rivals.some((rival) => rival.settledAt !== record.at);
    if (isIdInUse && error === undefined)
      failed(`op ${op} was taken with ack id ${call.ackId}, which another one was using`);
    const key = keyOf(name, record);
    const ackId = ackIdOf(record);
    const shared = ackId !== undefined && !unique.has(ackId);
    if (shared) continue;
    const sent = frames.get(key) ?? [];
    const executed = world.backend.model.executions.get(key) ?? [];
    if (stateAtCall === "Stopped" && error?.code !== "NotStarted" && error?.code !== "Aborted")
      failed(`op ${op} was accepted while Stopped`);
    const early =
      stateAtCall === "Stopped" ||
      call.abortAfter === -1 ||
      error?.code === "TooManyPending" ||
      error?.code === "AckIdInUse" ||
      error?.code === "InvalidMessage";
    if (early && sent.length > 0) failed(`op ${op} was refused at once, but sent`);
    if (call.abortAfter === -1 && error === undefined) failed(`op ${op} succeeded although it was aborted`);
    const ids = new Set(sent.map(({ message }) => message["ackId"]));
    if (ids.size > 1) failed(`op ${op} went out with ack ids ${[...ids].join(", ")}`);
    const forget = "forget" in call && call.forget === true;
    if (forget) {
      if (sent.length > 1) failed(`op ${op} is fire-and-forget, but was sent ${sent.length} times`);
      if (result !== undefined && sent.length === 0) failed(`op ${op} resolved, but was never sent`);
      continue;
    }
    // On one transport each further sending costs a retry.
    const again = sent.length - new Set(sent.map(({ wire }) => wire)).size;
    if (again > plan.maxRetries) failed(`op ${op} was sent ${again} times again, of ${plan.maxRetries}`);
    if (result !== undefined) {
      if (result.resentOnNewConnection === true && sent.length < 2)
        failed(`op ${op} was sent once, and its result says otherwise`);
      if (executed.length === 0) failed(`op ${op} resolved, but was never executed`);
      if (result.isDuplicated && sent.length < 2) failed(`op ${op} is called a duplicate`);
      if (executed.length > 1 && result.resentOnNewConnection !== true)
        failed(`op ${op} was executed twice and its result doesn't say that this may be`);
    }
    if (executed.length > 1 && !plan.resendOnNewConnection)
      failed(`op ${op} was executed twice although resendOnNewConnection is off`);
  }
  if (!world.plan.steps.some(({ what }) => what.do === "sendThrows")) checkOrder(actor, world);
}

/** Operations first go out, and are executed, in the order of the calls. */
function checkOrder(actor: Actor, world: World): void {
  const { name, program, written } = actor;
  const numbers = new Map<string, number>();
  const unique = uniqueIds(actor);
  for (const record of program.operations) {
    const id = ackIdOf(record);
    if (id === undefined ? record.call.do === "send" || record.call.do === "event" : unique.has(id))
      numbers.set(keyOf(name, record), record.op);
  }
  const seen = new Set<number>();
  let last = 0;
  for (const { message } of written) {
    const op = numbers.get(operationKey(name, message));
    if (op === undefined || seen.has(op)) continue;
    seen.add(op);
    if (op < last) world.failed(`${name}: op ${op} was first sent after op ${last}`);
    last = op;
  }
  const { model } = world.backend;
  for (const session of model.sessions.values()) {
    if (session.user !== name) continue;
    const executed = session.executed.filter((key) => !model.refusedOps.has(key));
    const events = session.handledEvents.filter((op) => !model.refusedOps.has(`op ${op}`));
    const orders = [executed.map((key) => numbers.get(key) ?? NaN).filter((op) => !Number.isNaN(op)), events];
    for (const order of orders) {
      for (const [index, op] of order.entries()) {
        const before = order[index - 1] ?? 0;
        if (op < before) world.failed(`${name}: op ${op} was executed after op ${before} on one connection`);
      }
    }
  }
}

/** How the frames of an operation are told: by their number, or by their ack id. */
function keyOf(name: string, record: OperationRecord): string {
  const { op, call } = record;
  if (call.do === "send" || call.do === "event") return `op ${op}`;
  return `${name} ack ${ackIdOf(record) ?? "none"}`;
}

function ackIdOf({ call, result, error }: OperationRecord): number | undefined {
  return result?.ackId ?? error?.ackId ?? call.ackId;
}

/** A set of ack ids. */
export type Ids = Pick<ReadonlySet<number>, "has">;

/**
 * Ids that stand for one operation only. A program that chooses its own may take one that the client
 * has used: the service can't tell the two apart then, nor can we.
 */
export function uniqueIds({ program, written }: Actor): Ids {
  const users = new Map<number, string>();
  const shared = new Set<number>();
  const use = (id: unknown, user: string): void => {
    if (typeof id !== "number") return;
    const known = users.get(id);
    if (known === undefined) users.set(id, user);
    else if (known !== user) shared.add(id);
  };
  for (const { message } of written) use(message["ackId"], fingerprint(message));
  for (const record of program.operations) {
    const { call, op } = record;
    if (call.do === "send" || call.do === "event") use(ackIdOf(record), `op ${op}`);
    // A join of one's own for the same group looks the same.
    else if (call.ackId !== undefined) use(call.ackId, `explicit ${op}`);
  }
  for (const id of shared) users.delete(id);
  return users;
}

/** What a frame asks for, whatever its ack id. */
export function fingerprint(message: Json): string {
  const data = message["data"] as { op?: number } | undefined;
  return data?.op === undefined ? `${String(message["type"])} ${String(message["group"])}` : `op ${data.op}`;
}
