/** What is known when a connection has ended. */
export interface Ending {
  /** Close code, if a socket closed. */
  readonly code: number | undefined;
  /** The codec is reliable and the service has given an id and a token to resume with. */
  readonly recoverable: boolean;
  readonly autoReconnect: boolean;
}

/** What to do about it, and why, in words for the log. */
export interface CloseDecision {
  readonly action: "recover" | "reconnect" | "stop";
  readonly because: string;
}

/** Policy violation: the service has given the session up (public client specification). */
const SESSION_GONE = 1008;
/** Message too big: what was sent last would be sent again after a recovery, and refused again. */
const TOO_BIG = 1009;

/** Decides what follows on the end of a connection that stood, or of an attempt to recover it. */
export function decideOnClose({ code, recoverable, autoReconnect }: Ending): CloseDecision {
  const refusal =
    code === SESSION_GONE
      ? "the service has ended the session (1008)"
      : code === TOO_BIG
        ? "a frame was too big (1009)"
        : recoverable
          ? undefined
          : "the connection can't be resumed";
  if (refusal === undefined) return { action: "recover", because: "the session may still be there" };
  return autoReconnect
    ? { action: "reconnect", because: refusal }
    : { action: "stop", because: `${refusal} and autoReconnect is off` };
}

/**
 * Time in ms over which the first attempt after this close code is spread: the service goes away
 * (1001), restarts (1012) or asks for time (1013), and all its clients hear it at once.
 */
export function firstAttemptSpread(code: number | undefined): number {
  return code === 1001 || code === 1012 || code === 1013 ? 5_000 : 0;
}
