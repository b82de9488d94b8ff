// Who is in which group, and what is joined again on a new connection.

/** @type {import("./faults.mjs").Fault[]} */
export const membership = [
  {
    name: "groups are not joined again on a new connection",
    quick: true,
    in: "GroupTable.open",
    find: "if (!again) entry.calls.forget();",
    put: "entry.calls.forget();",
  },
  {
    name: "a group that was left is joined again",
    in: "GroupTable.leave",
    find: "entry.calls.left(call);",
    put: "",
  },
  {
    name: "a group whose join failed is joined on the next connection",
    in: "GroupTable.enter",
    find: "} else if (",
    put: `} else entry.calls.entered(call);
if (error && `,
  },
  {
    name: "a group that was left while its join was on its way is joined again",
    quick: true,
    in: "GroupCalls.entered",
    find: "Math.max(this.#entered, call)",
    put: "++this.#last",
  },
  {
    name: "a leave of the client's own is given up",
    in: "Outbox.#mayRetry",
    find: "<= maxRetries",
    put: "<= this.#options.messageRetry.maxRetries",
  },
  {
    name: "connected is told before the groups are joined",
    quick: true,
    in: "Memberships.whenJoined",
    find: "if (!this.#rejoining)",
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
    in: "rankOf",
    find: "internal ? 2 ** 52",
    put: "internal ? -(2 ** 52)",
  },
  {
    name: "a rejoin is tried only once",
    in: "Outbox.#mayRetry",
    find: "return !calledOff &&",
    put: `if (operation.internal && maxRetries !== Infinity) return false;
return !calledOff &&`,
  },
  {
    name: "a rejoin that a call of the application cut short counts as refused",
    in: "Outbox.#giveUp",
    find: "operation.calledOff ? this.#calledOff(operation) : makeError()",
    put: "makeError()",
  },
  {
    name: "rejoin-group-failed is never told",
    in: "Memberships.onAsked",
    find: `this.#emitter.emit("rejoin-group-failed", { group, error: refusal });`,
    put: "",
  },
  {
    name: "rejoin-group-failed isn't told when nobody answers",
    in: "Memberships.onAsked",
    find: "if (refusal &&",
    put: `if (refusal && refusal.code !== "AckTimeout" &&`,
  },
  {
    name: "rejoin-group-failed isn't told when the join is forbidden",
    in: "Memberships.onAsked",
    find: "if (refusal &&",
    put: `if (refusal && refusal.errorDetail?.name !== "Forbidden" &&`,
  },
  {
    name: "rejoin-group-failed isn't told when the retries are used up",
    in: "Memberships.onAsked",
    find: "if (refusal &&",
    put: `if (refusal && refusal.errorDetail?.name !== "InternalServerError" &&`,
  },
  {
    name: "a leave that nobody answered is taken for done",
    in: "GroupTable.#settled",
    find: `entry.known = "unknown"`,
    put: `entry.known = "out"`,
  },
  {
    name: "a join that nobody answered is taken for done",
    in: "GroupTable.#settled",
    find: `entry.known = "unknown"`,
    put: `entry.known = "in"`,
  },
  {
    name: "a join that was given up makes a group unknown that was joined",
    in: "GroupTable.#settled",
    find: "entry.known !== wanted &&",
    put: "",
  },
  {
    name: "nothing is asked again after a call has ended",
    in: "GroupTable.#leaveSettled",
    find: "this.reconcile(group);",
    put: "",
  },
  {
    name: "nothing is asked again after a join has ended",
    in: "GroupTable.enter",
    find: "this.reconcile(group);",
    put: "",
  },
  {
    name: "a refused join is asked again at once",
    in: "GroupTable.#enterInternal",
    find: "else if (refused) entry.refusal = error;",
    put: "",
  },
  {
    name: "a denied leave is asked again for ever",
    in: "GroupTable.#leaveSettled",
    find: "|| isDenied(error)",
    put: "",
  },
  {
    name: "a new connection is asked before the old one's operations have ended",
    in: "Memberships.onLost",
    find: "this.live = false;",
    put: "",
  },
  {
    name: "what was known outlives its connection",
    in: "GroupTable.close",
    find: `entry.known = "out";`,
    put: "",
  },
  {
    name: "a refusal outlives its connection",
    in: "GroupTable.close",
    find: "entry.refusal = undefined;",
    put: "",
  },
];
