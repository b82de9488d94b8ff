// Faults planted in what the program calls; see mutants.mjs.

/** @type {import("./mutants.mjs").Mutant[]} */
export const callMutants = [
  {
    name: "what was sent still counts as waiting",
    file: "src/session/outbox.ts",
    find: `if (operation.place === "fresh" && !operation.isRejoin) this.#pending--;`,
    put: ``,
  },
  {
    name: "what was aborted while waiting still counts",
    file: "src/session/outbox.ts",
    find: `    this.#pending--;
    if (++this.#dead`,
    put: `    if (++this.#dead`,
  },
  {
    name: "rejoins go behind the application's operations",
    file: "src/session/outbox.ts",
    find: `this.#rejoins.shift() ?? this.#again.shift() ?? this.#fresh.shift()`,
    put: `this.#again.shift() ?? this.#fresh.shift() ?? this.#rejoins.shift()`,
  },
  {
    name: "resending on a new connection costs no retry",
    file: "src/session/outbox.ts",
    find: `(isDelayed || this.#mayRetry(operation))`,
    put: `true`,
  },
  {
    name: "a transient refusal is final",
    file: "src/session/outbox.ts",
    find: `if (error?.name === "Forbidden" || error?.name === "BadRequest")`,
    put: `if (error?.name !== undefined)`,
  },
  {
    name: "a refused operation is lost with its connection",
    file: "src/session/outbox.ts",
    find: `if (operation.unanswered || operation.isRejoin) lost(operation);`,
    put: `if (operation.unanswered || operation.isRejoin || isDelayed) lost(operation);`,
  },
  {
    name: "what was resent once is lost with the next connection",
    file: "src/session/outbox.ts",
    find: `this.#options.resendOnNewConnection && (isDelayed`,
    put: `this.#options.resendOnNewConnection && !operation.resentOnNewConnection && (isDelayed`,
  },
  {
    name: "the client's own operations are tried once",
    file: "src/session/outbox.ts",
    find: `    return ++operation.retries <= this`,
    put: `    if (operation.isRejoin && operation.persists !== true) return false;
    return ++operation.retries <= this`,
  },
  {
    name: "waiting for a recovery costs retries",
    file: "src/session/outbox.ts",
    find: `if (!connected || this.#options.ackTimeoutInMs === 0) return;
    for`,
    put: `if (this.#options.ackTimeoutInMs === 0) return;
    for`,
  },
  {
    name: "explicit ids below the next automatic one are in use",
    file: "src/session/outbox.ts",
    find: `if (this.#byAckId[explicit] !== undefined) {`,
    put: `if (this.#byAckId[explicit] !== undefined || explicit < this.#nextAckId) {`,
  },
  {
    name: "a lost connection takes along what was never sent",
    file: "src/session/outbox.ts",
    find: `      else if (!isDelayed) this.#sendAgain(operation);
    }
  }`,
    put: `      else if (!isDelayed) this.#sendAgain(operation);
    }
    for (const operation of this.#fresh.drain()) if (operation.place !== "settled") lost(operation);
  }`,
  },
  {
    name: "a socket that throws costs no retry",
    file: "src/session/outbox.ts",
    find: `this.#sent.delete(operation);
    this.#retryLater(operation, now, () => this.#error(operation, "SendFailed"`,
    put: `this.#sent.delete(operation);
    operation.retries--;
    this.#retryLater(operation, now, () => this.#error(operation, "SendFailed"`,
  },
  {
    name: "noEcho isn't sent",
    file: "src/session/operationMessage.ts",
    find: `noEcho: checkFlag("noEcho", noEcho, false),`,
    put: `noEcho: checkFlag("noEcho", noEcho, false) && false,`,
  },
  {
    name: "ttlSeconds isn't sent",
    file: "src/session/operationMessage.ts",
    find: `message.ttlSeconds = checkTtl(ttlSeconds);`,
    put: `checkTtl(ttlSeconds);`,
  },
  {
    name: "an error's cause isn't told",
    file: "src/session/outbox.ts",
    find: `this.#error(operation, "ConnectionLost", message, { cause })`,
    put: `this.#error(operation, "ConnectionLost", message)`,
  },
  {
    name: "a refusal's name isn't told",
    file: "src/session/outbox.ts",
    find: `words}\`, { errorDetail });`,
    put: `words}\`);`,
  },
  {
    name: "a drain waits to its end",
    file: "src/session/session.ts",
    find: `if (this.#onIdle !== undefined && this.#pending === 0) this.#onIdle();`,
    put: `if (this.#onIdle !== undefined && this.#pending < 0) this.#onIdle();`,
  },
  {
    name: "a drain takes new operations",
    file: "src/session/session.ts",
    find: `      if (this.#refusal !== undefined)
`,
    put: `      if (this.#refusal !== undefined && this.#refusal !== STOPPING)
`,
  },
  {
    name: "group-states-changed is never told",
    file: "src/session/stateWatches.ts",
    find: `this.#emitter.emit("group-states-changed", { group });`,
    put: ``,
  },
  {
    name: "rejoin-group-failed is told when the connection is lost",
    file: "src/session/memberships.ts",
    find: `if (!isFinal(error)) return;`,
    put: `if (error === undefined) return;`,
  },
  {
    name: "invocation: one that is given up isn't cancelled",
    file: "src/session/invocations.ts",
    find: `if (invocation.sent) this.#cancel(invocation.id);`,
    put: ``,
  },
  {
    name: "invocation: one given up while the link is down isn't cancelled",
    file: "src/session/invocations.ts",
    find: `      this.#cancelled.push(invocationId);
`,
    put: ``,
  },
  {
    name: "invocation: the newest goes first",
    file: "src/session/invocations.ts",
    find: `for (const invocation of this.#unsent) {`,
    put: `for (const invocation of [...this.#unsent].reverse()) {`,
  },
];
