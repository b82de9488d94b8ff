import type { GroupStreamError } from "../../../src/features/streams/groupStreamError.js";
import type { Actor } from "../world/actor.js";
import type { LifeRecord } from "../world/program.js";

/** So long a stop may take by itself. */
const CLOSE_GRACE = 60;

/** Who stops with a drain lets what is pending have its time, no longer than it needs, and takes nothing new. */
export function checkDrains(actor: Actor, failed: (reason: string) => void): void {
  const { program, plan, retention } = actor;
  if (actor.isStale || !plan.autoReconnect || plan.maxReconnects >= 0 || retention.isUsed) return;
  if (program.lives.every(({ drainInMs }) => drainInMs === 0)) return;
  for (const stop of program.lives) {
    const { kind, at, drainInMs, stateAtCall, isSuspended } = stop;
    if (
      kind !== "stop" ||
      drainInMs === 0 ||
      isSuspended ||
      !["Connected", "Recovering"].includes(stateAtCall)
    )
      continue;
    const isAlone = program.lives.every(
      (other) => other === stop || other.at > at + drainInMs || (other.settledAt ?? Infinity) < at,
    );
    if (!isAlone) continue;
    checkEnd(actor, stop, failed);
    checkCalls(actor, stop, failed);
    checkStreams(actor, stop, failed);
  }
}

function checkCalls(
  { program, invocations }: Actor,
  stop: LifeRecord,
  failed: (reason: string) => void,
): void {
  const { at, drainInMs } = stop;
  const end = at + drainInMs;
  for (const { op, at: calledAt, settledAt, error, stateAtCall } of [
    ...program.operations,
    ...invocations.records,
  ]) {
    const isRefused = error !== undefined && settledAt === calledAt;
    // Where everything pending is settled the drain is over, and calls wait for the next start.
    const isDraining = stateAtCall !== "Stopping" && stateAtCall !== "Stopped";
    if (isDraining && calledAt > at && calledAt < (stop.settledAt ?? 0) && !isRefused)
      failed(`op ${op} was taken during a drain`);
    if (calledAt >= at || settledAt === undefined || settledAt < at || settledAt >= end) continue;
    if (error?.code === "NotStarted")
      failed(`op ${op} was rejected ${end - settledAt} ms before the drain was over`);
  }
}

/** A stream whose writer has said that it ends may do so. */
function checkStreams(
  { streams }: Actor,
  { at, drainInMs }: LifeRecord,
  failed: (reason: string) => void,
): void {
  const end = at + drainInMs;
  for (const { streamId, endsAt = Infinity, overAt = Infinity, error } of streams.sent) {
    if (endsAt >= at || overAt < at || overAt >= end) continue;
    if ((error as GroupStreamError | undefined)?.code === "NotStarted")
      failed(`stream ${streamId} was ending, and rejected ${end - overAt} ms before the drain was over`);
  }
}

function checkEnd(
  { program, invocations, streams, timeIsWrong }: Actor,
  { at, settledAt = 0 }: LifeRecord,
  failed: (reason: string) => void,
): void {
  if (timeIsWrong || streams.sent.length > 0) return;
  const ends = [...program.operations, ...invocations.records].map((call) => call.settledAt ?? 0);
  const idleFor = settledAt - Math.max(at, ...ends.filter((end) => end <= settledAt));
  if (idleFor > CLOSE_GRACE) failed(`a drain went on for ${idleFor} ms after all was done`);
}
