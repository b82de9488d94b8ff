import type { OnStateChangedArgs, WebPubSubClientState } from "../models/events.js";

/** Where the connection stands, with what a user may want to be told. */
export interface ConnectionInfo {
  readonly state: WebPubSubClientState;
  /** Id of the connection that stands or is being recovered. */
  readonly connectionId?: string;
  /** Its user. */
  readonly userId?: string;
  /** What went wrong last; gone once connected. */
  readonly error?: Error;
  /** Number of the attempt that comes next, or is being made: from 1. */
  readonly attempt?: number;
  /** When that attempt comes, in ms of the environment's clock (Unix time), while it is waited for. */
  readonly nextAttemptAt?: number;
}

/** The information that follows on a change of the state. */
export function nextInfo(
  previous: ConnectionInfo,
  state: WebPubSubClientState,
  { connectionId, error, attempt, nextDelayInMs }: Omit<OnStateChangedArgs, "state" | "previousState">,
  userId: string | undefined,
  now: number,
): ConnectionInfo {
  return {
    state,
    connectionId,
    userId,
    error: state === "Connected" ? undefined : (error ?? previous.error),
    attempt,
    nextAttemptAt: nextDelayInMs === undefined ? undefined : now + nextDelayInMs,
  };
}
