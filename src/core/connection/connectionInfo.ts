import type { OnStateChangedArgs, WebPubSubClientState } from "../models/events.js";

/** The state of the connection, with the details that a user interface may show. */
export interface ConnectionInfo {
  /** State of the connection. */
  readonly state: WebPubSubClientState;
  /** Id of the connection that is established or being recovered. */
  readonly connectionId?: string;
  /** Its user. */
  readonly userId?: string;
  /** The last error; undefined once connected. */
  readonly error?: Error;
  /** Number of the next or the current attempt, from 1. */
  readonly attempt?: number;
  /** When the next attempt is due, in ms of the environment's clock (Unix time); undefined unless one is waited for. */
  readonly nextAttemptAt?: number;
}

/** The information after a change of the state. */
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
