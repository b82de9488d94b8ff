/**
 * Time limits end tests that hang, and decide nothing else: what passes on a developer's machine must
 * pass on one that is ten times slower. All limits come from here.
 */
const SLOWNESS = 10;

/** The limit, in ms, for what takes so many ms at most on a developer's machine. */
export const limit = (longestInMs: number): number => SLOWNESS * longestInMs;

/** The limit for one thing that a test waits for, in ms. */
export const PATIENCE = limit(10_000);
