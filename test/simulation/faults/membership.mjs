// Who is in which group, and what is joined again on a new connection.

/** @type {import("./faults.mjs").Fault[]} */
export const membership = [
  {
    name: "a late answer to an operation that was tried again leaves the membership wrong",
    in: "Outbox.#retryLater",
    find: "operation.late = true;",
    put: "",
  },
  {
    name: "groups are not joined again on a new connection",
    quick: true,
    in: "GroupRegistry.planRejoin",
    find: "isWanted(entry)",
    put: "entry.held !== undefined",
  },
  {
    name: "a group that was left is joined again",
    in: "GroupRegistry.leaving",
    find: "entry.wished = false;",
    put: "",
  },
  {
    name: "a group whose join failed is joined on the next connection",
    in: "GroupRegistry.joinSettled",
    find: "entry.tickets.splice(index, 1);",
    put: `entry.tickets.splice(index, 1);
entry.wished ||= wish;`,
  },
  {
    name: "a group that was left while its join was on its way is joined again",
    quick: true,
    in: "GroupRegistry.leaving",
    find: "entry.tickets = [];",
    put: "",
  },
  {
    name: "a leave of the client's own is given up",
    in: "Outbox.#mayRetry",
    find: "|| operation.persists === true;",
    put: ";",
  },
  {
    name: "connected is told before the groups are joined",
    quick: true,
    in: "Memberships.whenJoined",
    find: "if (this.#rejoining === 0)",
    put: "",
  },
  {
    name: "connected waits too long for the groups",
    in: "REJOIN_PATIENCE",
    find: "5_000",
    put: "25_000",
  },
  {
    name: "rejoins wait behind the application's operations",
    in: "Outbox.takeNext",
    find: "this.#rejoins.shift() ?? this.#again.shift() ?? this.#fresh.shift()",
    put: "this.#again.shift() ?? this.#fresh.shift() ?? this.#rejoins.shift()",
  },
  {
    name: "a rejoin is tried only once",
    in: "Outbox.#mayRetry",
    find: "return ++operation.retries <= this",
    put: `if (operation.isRejoin && operation.persists !== true) return false;
return ++operation.retries <= this`,
  },
  {
    name: "rejoin-group-failed is told when only the connection was lost",
    in: "Memberships.#rejoined",
    find: "!isFinal(error)",
    put: "error === undefined",
  },
  {
    name: "rejoin-group-failed is never told",
    in: "Memberships.#rejoined",
    find: `this.#emitter.emit("rejoin-group-failed", { group, error });`,
    put: "",
  },
  {
    name: "rejoin-group-failed isn't told when nobody answers",
    in: "Memberships.#rejoined",
    find: "!isFinal(error)",
    put: `!isFinal(error) || error.code === "AckTimeout"`,
  },
  {
    name: "rejoin-group-failed isn't told when the join is forbidden",
    in: "Memberships.#rejoined",
    find: "!isFinal(error)",
    put: `!isFinal(error) || error.errorDetail?.name === "Forbidden"`,
  },
  {
    name: "rejoin-group-failed isn't told when the retries are used up",
    in: "Memberships.#rejoined",
    find: "!isFinal(error)",
    put: `!isFinal(error) || error.errorDetail?.name === "InternalServerError"`,
  },
];
