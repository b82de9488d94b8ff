/** Most bytes one frame may hold. */
export const maxFrameBytes = 1024 * 1024;

/** What is said of a larger one. */
export const frameTooLarge = "its frame is larger than 1 MB (1,048,576 bytes)";

/** Most bytes of an event handler's answer. */
export const maxAnswerBytes = 16 * 1024 * 1024;

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

/** Most groups that the roles and the server may name for one permission of a connection, and most patterns. */
export const maxNamedGroups = 1_000;
export const maxPatterns = 9;

/** Longest time to live of a message, in seconds. 0 means: never expires. */
export const maxTtlSeconds = 300;

/** How long a dropped session waits for its recovery, in milliseconds. */
export const defaultRecoveryWindowInMs = 30_000;

/** Most streams that one connection may have open. */
export const maxOpenStreams = 1_000;

/** Most closed streams of one connection whose end is remembered, for a publisher that hasn't heard of it. */
export const maxClosedStreams = 256;

/** Most characters in a stream's or an invocation's id. */
export const maxIdLength = 1_024;

/** Most milliseconds that a stream may say it will be idle: what 32 bits hold. */
export const maxStreamIdleTimeoutInMs = 2 ** 32 - 1;

/** Silence, in milliseconds, after which a stream is closed that didn't say otherwise. */
export const defaultStreamIdleTimeoutInMs = 300_000;

/** A stream ack is due after this many fragments, ... */
export const streamAckFragments = 32;

/** ... this many bytes, ... */
export const streamAckBytes = 256 * 1024;

/** ... or this many milliseconds, whatever comes first. */
export const streamAckDelayInMs = 20;

/** How long stream acks are held back at most for a receiver that is far behind, in milliseconds. */
export const maxBackpressureInMs = 5_000;

/** Most invocations of one connection that may wait for their answer. */
export const maxRunningInvocations = 1_000;

/** Most answers to invocations, and most bytes of them, that are kept for a recovery, and how long (ms). */
export const maxKeptResponses = 100;
export const maxKeptResponseBytes = 1024 * 1024;
export const keptResponseInMs = 60_000;

/** Most bytes in the names and values of one connection's state in a group. */
export const maxGroupStateBytes = 16 * 1024;

/** Most groups whose states one connection may subscribe to. */
export const maxStateSubscriptions = 1_000;

/** Most bytes of states in one message; a larger snapshot goes on in updates. */
export const maxStateMessageBytes = 256 * 1024;

/** By how much the clocks of those who issue tokens may be wrong. */
export const clockSkewInSeconds = 300;
