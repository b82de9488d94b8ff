import type { Actor } from "../world/actor.js";
import type { OperationRecord } from "../world/program.js";
import { TYPES } from "./lanes.js";

/** The client itself refuses these at once. */
const AT_ONCE: readonly (string | undefined)[] = ["InvalidMessage", "AckIdInUse", "TooManyPending"];

/**
 * Whether an operation of a client that isn't stopped failed without a chance to be executed: it counts as never
 * called. Undefined: its abort and a refusal by the service fell together.
 */
export function wasUnsent(
  { heard, thrown, written }: Actor,
  { call, error, settledAt = 0, moment, isForgotten }: OperationRecord,
): boolean | undefined {
  if (AT_ONCE.includes(error?.code)) return true;
  if (isForgotten && error?.code === "NotStarted") return undefined;
  if (error?.code !== "Aborted") return false;
  const ackId = error.ackId ?? call.ackId;
  if (ackId === undefined) return true;
  const type = TYPES[call.do as keyof typeof TYPES];
  // An explicit id may have been that of an earlier operation.
  const tries = [...written, ...thrown].filter(
    (each) => each.moment > moment && each.message["ackId"] === ackId && each.message["type"] === type,
  );
  const refusals = heard.filter(
    (each) => each.moment > moment && each.ackId === ackId && each.name === "InternalServerError",
  );
  if (refusals.some(({ at }) => at === settledAt)) return undefined;
  // Each time that it was sent, the service has said that it didn't execute it.
  return tries.length === refusals.filter(({ at }) => at < settledAt).length;
}
