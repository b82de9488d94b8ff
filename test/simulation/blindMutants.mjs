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
];
