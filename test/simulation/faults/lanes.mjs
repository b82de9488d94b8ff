// One call at a time per group.

/** @type {import("./faults.mjs").Fault[]} */
export const lanes = [
  {
    name: "two of a lane are on their way",
    quick: true,
    in: "isReady",
    find: "lane.operations[0] === operation",
    put: "operation.frame !== undefined",
  },
  {
    name: "calls of different groups wait for each other",
    in: "Session.#enqueue",
    find: `"group" in message ? message.group : ""`,
    put: `""`,
  },
  {
    name: "the next one isn't let out",
    quick: true,
    in: "Outbox.#leaveLane",
    find: "if (at === 0) this.#advance(lane);",
    put: "",
  },
  {
    name: "the next one isn't let out after an abort",
    in: "Outbox.add",
    find: "this.#options.onAborted();",
    put: "",
  },
  {
    name: "the next one isn't let out after a refusal",
    in: "Outbox.#end",
    find: "if (lane &&",
    put: `if (lane && !(operation.handed === false && place === "sent") &&`,
  },
  {
    name: "the next one isn't let out after the last timeout",
    in: "Outbox.#end",
    find: "if (lane &&",
    put: `if (lane && !(operation.unanswered && place === "sent") &&`,
  },
  {
    name: "the next one isn't let out on a new connection",
    in: "Outbox.#end",
    find: "if (lane &&",
    put: `if (lane && !(internal && place === "again") &&`,
  },
  {
    name: "the next one isn't written after an answer",
    in: "Session.receive",
    find: "if (outbox.takeReleased()) this.onRoom();",
    put: "",
  },
  {
    name: "what its turn lets go goes behind everything that waits",
    in: "Outbox.#advance",
    find: "this.#ready.insert(first);",
    put: `(first as { order: number }).order = this.#order++;
this.#ready.insert(first);`,
  },
  {
    name: "what its turn lets go goes before everything that waits",
    in: "Outbox.#advance",
    find: "this.#ready.insert(first);",
    put: `(first as { order: number }).order -= 2 ** 50;
this.#ready.insert(first);`,
  },
  {
    name: "the client's own go last",
    in: "Outbox.#enterLane",
    find: `if (at === 0 && first) this.#ready.remove(first);
operations.splice(at < 0 ? operations.length : at, 0, operation);`,
    put: "operations.push(operation);",
  },
  {
    name: "the client's own pass what is on its way",
    in: "Outbox.#enterLane",
    find: "operations.splice(at < 0 ? operations.length : at, 0, operation);",
    put: "operations.splice(0, 0, operation);",
  },
  {
    name: "a call doesn't end the retries of the client's own",
    in: "Outbox.#enterLane",
    find: "this.#endRetries(each);",
    put: "continue;",
  },
  {
    name: "a call waits for the client's own to be tried again",
    in: "Outbox.#endRetries",
    find: `if (operation.place !== "sent" && !isOver(operation)) this.#fail(operation, this.#calledOff(operation));`,
    put: "",
  },
  {
    name: "a call ends the retries of what has nothing to do with it",
    in: "Outbox.#enterLane",
    find: "each.internal && each.replaceable === replaceable",
    put: "each.internal",
  },
  {
    name: "a state that was replaced never settles",
    in: "Outbox.#settle",
    find: "settled.push(each);",
    put: "void each;",
  },
  {
    name: "a state that was replaced is sent",
    in: "Outbox.#enterLane",
    find: "operations.pop();",
    put: `operations.pop();
this.#sendAgain({ ...last, lane: undefined });`,
  },
  {
    name: "a state is replaced past a leave",
    in: "Outbox.#enterLane",
    find: "const last = operations.at(-1);",
    put: "const last = operations.findLast((each) => each.replaceable);",
  },
  {
    name: "a state that was sent is replaced",
    in: "Outbox.#enterLane",
    find: `last.place === "fresh"`,
    put: `last.place !== "settled"`,
  },
  {
    name: "a newer state that is aborted takes the older one along",
    in: "Outbox.#fail",
    find: `place === "fresh" && error.code === "Aborted"`,
    put: `place === "settled"`,
  },
  {
    name: "a state that was replaced can't be aborted",
    in: "Outbox.add",
    find: "this.#fail(operation, abortedOperation(operation.ackId));",
    put: `if (operation.place !== "replaced") this.#fail(operation, abortedOperation(ackId));`,
  },
  {
    name: "what was aborted unsent counts as perhaps executed",
    in: "Outbox.#fail",
    find: "each.settle(error, handed)",
    put: "each.settle(error, true)",
  },
  {
    name: "what was aborted after it was sent counts as never executed",
    in: "Outbox.#fail",
    find: "each.settle(error, handed)",
    put: `each.settle(error, handed && error.code !== "Aborted")`,
  },
  {
    name: "what timed out counts as never executed",
    in: "Outbox.#fail",
    find: "each.settle(error, handed)",
    put: `each.settle(error, handed && error.code !== "AckTimeout")`,
  },
  {
    name: "what was refused counts as perhaps executed",
    in: "Outbox.answered",
    find: "operation.handed = operation.unanswered;",
    put: "",
  },
  {
    name: "what was refused after a time-out counts as never executed",
    in: "Outbox.answered",
    find: "operation.handed = operation.unanswered;",
    put: "operation.handed = false;",
  },
  {
    name: "what waits in one outlives its connection",
    in: "Outbox.#all",
    find: "...answerable, ...this.#delayed, ...ready",
    put: "...answerable.filter((each) => !each.lane || isReady(each)), ...this.#delayed, ...ready",
  },
];
