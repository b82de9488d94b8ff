import type { Actor } from "../world/actor.js";
import { checkDrains } from "./drainOracle.js";
import type { LifeRecord, OperationRecord } from "../world/program.js";
import { OPERATIONS, type Plan } from "../plans/plan.js";
import type { World } from "../world/world.js";

/** What a client bears without a new connection: it can be recovered from each cut. */
const BEARABLE: ReadonlySet<string> = new Set([
  ...OPERATIONS,
  "subscribe",
  "unsubscribe",
  "invoke",
  "start",
  "suspend",
  "cut",
  "cutAfter",
  "publish",
  "wake",
  "swallowAcks",
  "delayAcks",
  "silentRecoveries",
  "replayTwice",
]);
/** So long may all pauses of a session be, from one client to the next, in ms. */
const LONGEST_PAUSES = 10_000;
/** A cut that the client learns of so late leaves no time to recover. */
const LATEST_NEWS = 15_000;
/** More in flight than this could fill a session's window. */
const MOST_MESSAGES = 300;

/** What the options and calls promise: reconnection, retries, recovery, signals, draining. Checked when all is over. */
export function checkOptions(actor: Actor, world: World): void {
  const failed = (reason: string): void => world.failed(`${actor.name}: ${reason}`);
  checkConnections(actor, world.plan, failed);
  for (const record of actor.program.lives) checkAbort(`${record.kind}()`, record, failed);
  for (const record of actor.program.operations) checkAbort(`op ${record.op}`, record, failed);
  checkDrains(actor, failed);
  checkTimeouts(actor, world.plan, failed);
}

/** A connection is recovered where that can be; a new one is made where that is wanted. */
function checkConnections(actor: Actor, plan: Plan, failed: (reason: string) => void): void {
  const { program, wires } = actor;
  const { autoReconnect } = actor.plan;
  // Who keeps trying makes several attempts for one start.
  const tries = program.lives.some(({ keepsTrying }) => keepsTrying) || actor.retention.starts > 0;
  const starts = program.lives.filter(
    ({ kind, stateAtCall, resumes }) => kind === "start" && stateAtCall === "Stopped" && !resumes,
  );
  const news = wires.filter(({ isRecovery }) => !isRecovery).length;
  const why = `${news} new connections for ${starts.length} starts`;
  if (!autoReconnect && !tries && news > starts.length) failed(`${why} although autoReconnect is off`);
  // An attempt that `keepTrying` repeats has brought no connection.
  const established = wires.filter(({ isRecovery, heardAt }) => !isRecovery && heardAt > 0);
  if (isBearable(actor, plan) && established.length > starts.length)
    failed(`${why} although every cut could be recovered`);
}

/** Nothing happens that a client can't recover from. */
export function isBearable({ plan: { reliable, tokenLifeInMs } }: Actor, { steps, duration }: Plan): boolean {
  if (!reliable || tokenLifeInMs <= duration) return false;
  let messages = 0;
  let pauses = 0;
  for (const { what } of steps) {
    if (!BEARABLE.has(what.do)) return false;
    if (what.do === "start" && what.abortAfter !== undefined) return false;
    if (
      (what.do === "cut" || what.do === "cutAfter") &&
      !(what.clientLearns >= 0 && what.clientLearns <= LATEST_NEWS)
    )
      return false;
    if (what.do === "suspend" && (pauses += what.pause) > LONGEST_PAUSES) return false;
    if (what.do !== "publish" && what.do !== "send") continue;
    if (what.bytes !== undefined) return false;
    messages += what.times ?? 1;
  }
  return messages <= MOST_MESSAGES;
}

/** What is aborted ends in that moment. */
function checkAbort(
  what: string,
  { signal, settledAt }: OperationRecord | LifeRecord,
  failed: (reason: string) => void,
): void {
  const abortedAt = signal?.abortedAt;
  if (abortedAt !== undefined && settledAt !== undefined && settledAt > abortedAt)
    failed(`${what} was aborted, but settled ${settledAt - abortedAt} ms later`);
}

/** An operation that isn't answered has all its retries; a recovery costs none. A new connection would. */
function checkTimeouts(actor: Actor, plan: Plan, failed: (reason: string) => void): void {
  if (!isBearable(actor, plan)) return;
  const least = actor.plan.ackTimeoutInMs * (actor.plan.maxRetries + 1);
  for (const { op, at, settledAt, error } of actor.program.operations) {
    if (error?.code !== "AckTimeout" || settledAt === undefined) continue;
    if (settledAt - at < least) failed(`op ${op} was given up after ${settledAt - at} ms of ${least}`);
  }
}
