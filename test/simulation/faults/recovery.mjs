// A connection that was lost is recovered.

/** @type {import("./faults.mjs").Fault[]} */
export const recovery = [
  {
    name: "no connection is ever recovered",
    in: "whileConnected",
    find: "context.reliable && Boolean(connectionId && reconnectionToken)",
    put: "false",
  },
  {
    name: "a recovery counts before it is proved",
    quick: true,
    in: "whileRecovering",
    find: "!context.canPing",
    put: "context.now > 0",
  },
  {
    name: "the answer to a ping doesn't prove a recovery",
    in: "whileRecovering",
    find: `case "frame":
return resume(state, state.identity, false, context);`,
    put: `case "frame":
return undefined;`,
  },
  {
    name: "close code 1008 leads to a recovery",
    quick: true,
    in: "SESSION_GONE",
    find: "1008",
    put: "4321",
  },
  {
    name: "a recovery is tried long after its window ends",
    in: "RECOVERY_WINDOW",
    find: "30_000",
    put: "90_000",
  },
  {
    name: "a crowd recovers at once when a service goes away",
    in: "firstAttemptSpread",
    find: "? 5_000 : 0",
    put: "? 0 : 0",
  },
  {
    name: "the first attempt to recover waits",
    in: "firstDelay",
    find: "return Math.max(pause,",
    put: "return Math.max(pause, 1_500,",
  },
  {
    name: "attempts to recover come too seldom",
    quick: true,
    in: "RECOVERY_PERIOD",
    find: "5_000",
    put: "12_000",
  },
  {
    name: "attempts in the first seconds after a drop come too seldom",
    in: "recoveryPeriod",
    find: "return 1_000",
    put: "return 3_000",
  },
  {
    name: "two attempts to recover are made in one period",
    in: "nextAttempt",
    find: "inPeriod(period.end, period.moment)",
    put: "inPeriod(now, period.moment)",
  },
  {
    name: "each period of a recovery draws a moment of its own",
    in: "nextAttempt",
    find: "inPeriod(period.end, period.moment)",
    put: "inPeriod(period.end, random)",
  },
  {
    name: "a recovery is given up before its window ends",
    in: "RECOVERY_WINDOW",
    find: "30_000",
    put: "15_000",
  },
  {
    name: "a wake doesn't end the wait for a recovery",
    in: "whileRecovering",
    find: `if (state.phase === "waiting") return recover(state, context);`,
    put: `if (state.phase === "waiting") return event.type === "due" ? recover(state, context) : undefined;`,
  },
  {
    name: "recoveries that are lost at once follow without a pause",
    in: "firstDelay",
    find: "earlyLosses > FREE_LOSSES ? retryDelay(policy, earlyLosses - FREE_LOSSES, random) : 0",
    put: "0",
  },
  {
    name: "a dropped socket ends the session",
    in: "DROPPED",
    find: "4000",
    put: "1000",
  },
];
