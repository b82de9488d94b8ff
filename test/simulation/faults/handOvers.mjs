// A session goes from one client to the next.

/** @type {import("./faults.mjs").Fault[]} */
export const handOvers = [
  {
    name: "ack ids begin anew in the next client",
    quick: true,
    in: "Outbox.restore",
    find: "Math.max(this.#nextAckId, idsAfter(nextAckId, this.#options.random()))",
    put: "this.#nextAckId",
  },
  {
    name: "the sequence id isn't restored",
    quick: true,
    in: "Session.restore",
    find: "this.#tracker.reset(saved.sequenceId)",
    put: "this.#tracker.reset()",
  },
  {
    name: "an operation that was sent is restored as unsent",
    in: "Outbox.save",
    find: "handed || !isExact",
    put: "!isExact",
  },
  {
    name: "a snapshot says that what was unsent can't have been executed since",
    in: "Outbox.save",
    find: "handed || !isExact",
    put: "handed",
  },
  {
    name: "ack ids go on where an old session ends",
    in: "Outbox.restore",
    find: "idsAfter(nextAckId, this.#options.random())",
    put: "nextAckId",
  },
  {
    name: "it is forgotten that an operation was sent on two connections",
    in: "Outbox.add",
    find: "restored?.resent === true",
    put: "false",
  },
  {
    name: "groups are restored as if the connection weren't in them",
    quick: true,
    in: "GroupTable.restore",
    find: `joined ? "in" : "unknown"`,
    put: `"out"`,
  },
  {
    name: "groups that the connection may be in are restored as if it were",
    in: "GroupTable.restore",
    find: `joined ? "in" : "unknown"`,
    put: `"in"`,
  },
  {
    name: "what the program wants isn't restored",
    in: "GroupTable.restore",
    find: "if (wanted)",
    put: "if (joined && !wanted)",
  },
  {
    name: "a call of the next page about a group counts as one before",
    in: "GroupCalls.next",
    find: "isRestored ? ++this.#lastRestored : ++this.#last",
    put: "++this.#last",
  },
  {
    name: "a leave that asked nobody is forgotten",
    in: "GroupTable.restore",
    find: "if (left)",
    put: "if (left && joined)",
  },
  {
    name: "operations of the next page go before the restored ones",
    quick: true,
    in: "Outbox.restore",
    find: `for (const operation of waiting) {
      operation.order = this.#order++;`,
    put: `for (const operation of waiting) {`,
  },
  {
    name: "the connection isn't in the saved session",
    quick: true,
    in: "Connection.save",
    find: "this.identity?.reconnectionToken ? this.identity : undefined",
    put: "undefined",
  },
  {
    name: "a session that was being recovered begins its time anew",
    in: "Connection.save",
    find: "state.deadline - RECOVERY_WINDOW",
    put: "this.#settings.environment.now()",
  },
  {
    name: "a suspended client says goodbye",
    in: "suspend",
    find: `{ type: "drop" },`,
    put: `{ type: "close" },`,
  },
  {
    name: "a suspended client forgets to drop its socket",
    in: "suspend",
    find: `{ type: "drop" },`,
    put: "",
  },
  {
    name: "nobody is told that a session goes on",
    quick: true,
    in: "tell",
    find: "...(state.resumed && { resumed: true })",
    put: "",
  },
  {
    name: "the next client doesn't leave what it doesn't want",
    in: "Session.restore",
    find: "this.memberships.open(true);",
    put: "",
  },
  {
    name: "groups of a session that goes on aren't waited for",
    in: "Session.restore",
    find: "this.memberships.open(true);",
    put: "this.memberships.table.open(true);",
  },
];
