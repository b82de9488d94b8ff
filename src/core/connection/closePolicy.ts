/** What a close code leads to: recover, reconnect or stop. */

/** What is known when a connection has ended. */
export interface Ending {
  /** Close code, if a socket closed. */
  readonly code: number | undefined;
  /** The codec is reliable, and the service has given an id and a token to recover with. */
  readonly recoverable: boolean;
  readonly autoReconnect: boolean;
}

/** What to do after a connection has ended. */
export type CloseDecision = "recover" | "reconnect" | "stop";

/** Policy violation: the service has dropped the session (public client specification). */
export const SESSION_GONE = 1008;
/** Message too big: after a recovery the same message would be sent and refused again. */
export const TOO_BIG = 1009;

/** The service can't read or doesn't accept a frame (RFC 6455, section 7.4.1). */
export const DECLINED = 1007;

/** Decides what to do after an established connection, or an attempt to recover it, has ended. */
export function decideOnClose({ code, recoverable, autoReconnect }: Ending): CloseDecision {
  if (recoverable && code !== SESSION_GONE && code !== TOO_BIG) return "recover";
  return autoReconnect ? "reconnect" : "stop";
}

/**
 * Time in ms over which the first attempt after this close code is spread at random: when the service goes
 * away (1001), restarts (1012) or asks for time (1013), all its clients are disconnected at once.
 */
export function firstAttemptSpread(code: number | undefined): number {
  return code === 1001 || code === 1012 || code === 1013 ? 5_000 : 0;
}
