// Faults of kinds that the simulation was once blind to; see mutants.mjs.

/** @type {import("./mutants.mjs").Mutant[]} */
export const blindMutants = [
  {
    name: "rejoin-group-failed is never told",
    file: "src/session/memberships.ts",
    find: `    this.#emitter.emit("rejoin-group-failed", { group, error });`,
    put: ``,
  },
  {
    name: "rejoin-group-failed is told of refusals only, not of a silence",
    file: "src/session/memberships.ts",
    find: `    if (!isFinal(error)) return;
    logger.warning(\`Could not rejoin`,
    put: `    if (!isFinal(error) || error.code === "AckTimeout") return;
    logger.warning(\`Could not rejoin`,
  },
  {
    name: "rejoin-group-failed isn't told of what is forbidden",
    file: "src/session/memberships.ts",
    find: `    if (!isFinal(error)) return;
    logger.warning(\`Could not rejoin`,
    put: `    if (!isFinal(error) || error.errorDetail?.name === "Forbidden") return;
    logger.warning(\`Could not rejoin`,
  },
  {
    name: "rejoin-group-failed isn't told after the retries",
    file: "src/session/memberships.ts",
    find: `    if (!isFinal(error)) return;
    logger.warning(\`Could not rejoin`,
    put: `    if (!isFinal(error) || error.errorDetail?.name === "InternalServerError") return;
    logger.warning(\`Could not rejoin`,
  },
  {
    name: "a drain doesn't wait for streams that end",
    file: "src/streams/outboundStreams.ts",
    find: `if (stream.isEnding) count++;`,
    put: `if (!stream.isEnding) count += 0;`,
  },
  {
    name: "a drain doesn't wait for invocations",
    file: "src/session/invocations.ts",
    find: `    return this.#byId.size;`,
    put: `    return 0;`,
  },
  {
    name: "a drain waits only for invocations that weren't sent",
    file: "src/session/invocations.ts",
    find: `    return this.#byId.size;`,
    put: `    return this.#unsent.size;`,
  },
  {
    name: "invocation: any number may wait",
    file: "src/session/invocations.ts",
    find: `if (this.#unsent.size >= maxPendingOperations) {`,
    put: `if (this.#unsent.size >= Infinity) {`,
  },
  {
    name: "invocation: those that were sent count as waiting",
    file: "src/session/invocations.ts",
    find: `if (this.#unsent.size >= maxPendingOperations) {`,
    put: `if (this.#byId.size >= maxPendingOperations) {`,
  },
  {
    name: "invocation: one is given up too early after a recovery",
    file: "src/session/invocations.ts",
    find: `const due = environment.now() + ackTimeoutInMs;`,
    put: `const due = environment.now() + ackTimeoutInMs / 2;`,
  },
  {
    name: "invocation: one is given up at the recovery",
    file: "src/session/invocations.ts",
    find: `const due = environment.now() + ackTimeoutInMs;`,
    put: `const due = environment.now();`,
  },
  {
    name: "invocation: one that a recovery finds unanswered waits as long as it likes",
    file: "src/session/invocations.ts",
    find: `if (ackTimeoutInMs === 0 || invocation.timeoutAt <= due) {`,
    put: `if (ackTimeoutInMs >= 0 || invocation.timeoutAt <= due) {`,
  },
  {
    name: "invocation: the time that a recovery gave goes on through the next one",
    file: "src/session/invocations.ts",
    find: `if (sent) timer.at(timeoutAt, onTimeout);`,
    put: `if (sent) void timer, timeoutAt, onTimeout;`,
  },
  {
    name: "invocation: one that waits is lost with a connection",
    file: "src/session/invocations.ts",
    find: `      if (invocation.sent)
        this.#reject(`,
    put: `      if (invocation.id)
        this.#reject(`,
  },
  {
    name: "after a sleep an answer behind the timer has no turn",
    file: "src/connection/heartbeat.ts",
    find: `      else this.#look(-Infinity, true);`,
    put: `      else this.#lose("NoAnswer", "The service has not answered in time.");`,
  },
  {
    name: "service: group state: who unsubscribes is told further on",
    file: "emulator/src/service/groupStates.ts",
    find: `    this.#removeSubscriber(session, group);
  }

  /** Sends`,
    put: `  }

  /** Sends`,
  },
  {
    name: "retain: who lets go of a stopped client has it stopped later",
    file: "src/connection/retention.ts",
    find: `if (connection.state === "Stopped") this.#hold.forget();`,
    put: ``,
  },
];
