import type { Environment } from "../environment/environment.js";
import type { WebPubSubClientEvents, WebPubSubClientState } from "../models/events.js";
import type { Emitter } from "../util/emitter.js";

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

/** Keeps the information up to date. @returns a function that gives it: the same object until it changes */
export function followConnection(
  connection: { readonly identity: { readonly userId: string } | undefined },
  { environment }: { readonly environment: Environment },
  emitter: Emitter<WebPubSubClientEvents>,
): () => ConnectionInfo {
  let info: ConnectionInfo = { state: "Stopped" };
  emitter.on("state-changed", ({ state, connectionId, error, attempt, nextDelayInMs }) => {
    info = {
      state,
      connectionId,
      userId: connection.identity?.userId,
      error: state === "Connected" ? undefined : (error ?? info.error),
      attempt,
      nextAttemptAt: nextDelayInMs === undefined ? undefined : environment.now() + nextDelayInMs,
    };
  });
  return () => info;
}
