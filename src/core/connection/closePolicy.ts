/** What is known when a connection has ended. */
export interface Ending {
  /** Close code, if a socket closed. */
  readonly code: number | undefined;
  /** The codec is reliable and the service has given an id and a token to resume with. */
  readonly recoverable: boolean;
  readonly autoReconnect: boolean;
}

/** What to do about it. */
export type CloseDecision = "recover" | "reconnect" | "stop";

/** Policy violation: the service has given the session up (public client specification). */
export const SESSION_GONE = 1008;
/** Message too big: what was sent last would be sent again after a recovery, and refused again. */
const TOO_BIG = 1009;

/** Decides what follows on the end of a connection that stood, or of an attempt to recover it. */
export function decideOnClose({ code, recoverable, autoReconnect }: Ending): CloseDecision {
  if (recoverable && code !== SESSION_GONE && code !== TOO_BIG) return "recover";
  return autoReconnect ? "reconnect" : "stop";
}

/**
 * Time in ms over which the first attempt after this close code is spread: the service goes away
 * (1001), restarts (1012) or asks for time (1013), and all its clients hear it at once.
 */
export function firstAttemptSpread(code: number | undefined): number {
  return code === 1001 || code === 1012 || code === 1013 ? 5_000 : 0;
}
