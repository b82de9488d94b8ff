// What observers are told.

/** @type {import("./faults.mjs").Fault[]} */
export const observation = [
  {
    name: "written frames aren't told",
    quick: true,
    in: "Transport.write",
    find: "this.observer?.written(frame, sent);",
    put: "",
  },
  {
    name: "pings aren't told",
    in: "Transport.#ping",
    find: "if (sent) this.observer?.written(pingFrame);",
    put: "",
  },
  {
    name: "an operation is told, but not its end",
    quick: true,
    in: "Session.#enqueue",
    find: "told(error);",
    put: "",
  },
  {
    name: "an invocation is told, but not that it fails",
    in: "Invocations.invoke",
    find: "told?.(error);\n        reject(error);",
    put: "reject(error);",
  },
  {
    name: "an invocation is told, but not its answer",
    in: "Invocations.invoke",
    find: "told?.();",
    put: "",
  },
  {
    name: "an attempt that follows another one at once isn't told",
    in: "AttemptLog.step",
    find: "if (isAttempt(before) && (isNew || before.name !== after.name))",
    put: "if (isAttempt(before) && before.name !== after.name)",
  },
  {
    name: "a recovery that breaks before its replay is complete has no end",
    in: "AttemptLog.#followRecovery",
    find: 'if (after.name !== "Connected" || before.name === "Recovering") this.#endRecovery();',
    put: 'if (before.name === "Recovering") this.#endRecovery();',
  },
  {
    name: "a recovery that is given up has no end",
    in: "AttemptLog.#followRecovery",
    find: 'after.name === "Connected" && after.identity.connectionId === recovery.connectionId',
    put: 'after.name === "Connected" ? true : undefined',
  },
];
