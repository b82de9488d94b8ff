/** Most bytes one frame may hold. */
export const maxFrameBytes = 1024 * 1024;

/** Most messages that may wait for a sequence acknowledgement on one connection. */
export const maxUnacknowledgedMessages = 1_000;

/** Most bytes that may wait for a sequence acknowledgement on one connection. */
export const maxUnacknowledgedBytes = 16 * 1024 * 1024;

/** Most bytes that may wait in a slow reader's socket before it is cut: more than any replay of a full window. */
export const maxBufferedBytes = 64 * 1024 * 1024;

/** Most user events of one connection that may wait for the event handler. */
export const maxWaitingEvents = 1_000;

/** Most characters in a group's name. */
export const maxGroupNameLength = 1_024;

/** Longest time to live of a message, in seconds. 0 means: never expires. */
export const maxTtlSeconds = 300;

/** How long a dropped session waits for its recovery, in milliseconds. */
export const defaultRecoveryWindowInMs = 30_000;
