// Invocations and their answers.

/** @type {import("./faults.mjs").Fault[]} */
export const invocations = [
  {
    name: "an invocation is sent again after a recovery",
    in: "Invocations.onRecovered",
    find: "for (const id of this.#cancelled.splice(0)) this.#cancel(id);",
    put: `for (const id of this.#cancelled.splice(0)) this.#cancel(id);
for (const { frame } of this.#sent.values()) this.#port.write(frame);`,
  },
  {
    name: "an invocation that was lost waits for ever",
    in: "Invocations.onLost",
    find: "this.#sent.values()",
    put: "this.#unsent.values()",
  },
  {
    name: "a stop leaves it unsettled",
    in: "Invocations.onStopped",
    find: `fail("NotStarted", cause);`,
    put: "void fail;",
  },
  {
    name: "one that is over still listens to its abort signal",
    in: "Invocations.invoke",
    find: "unlisten();",
    put: "",
  },
  {
    name: "answered ones are cancelled",
    quick: true,
    in: "Invocations.#answered",
    find: "if (success === true)",
    put: `if (invocation) this.#cancel(invocationId);
if (success === true)`,
  },
  {
    name: "one that is given up isn't cancelled",
    in: "Invocations.invoke",
    find: "if (this.#sent.has(id)) this.#cancel(id);",
    put: "",
  },
  {
    name: "one given up while the link is down isn't cancelled",
    in: "Invocations.#cancel",
    find: "this.#cancelled.push(invocationId);",
    put: "",
  },
  {
    name: "the newest goes first",
    in: "Invocations.#flush",
    find: "of this.#unsent",
    put: "of [...this.#unsent].reverse()",
  },
  {
    name: "any number may wait",
    in: "Invocations.invoke",
    find: ">= maxPendingOperations",
    put: ">= Infinity",
  },
  {
    name: "those that were sent count as waiting",
    in: "Invocations.invoke",
    find: "this.#unsent.size",
    put: "this.pending",
  },
  {
    name: "one is given up too early after a recovery",
    in: "Invocations.onRecovered",
    find: "now() + (ackTimeoutInMs ||",
    put: "now() + (ackTimeoutInMs / 2 ||",
  },
  {
    name: "one is given up at the recovery",
    in: "Invocations.onRecovered",
    find: "now() + (ackTimeoutInMs || Infinity)",
    put: "now()",
  },
  {
    name: "one that a recovery finds unanswered waits as long as it likes",
    in: "Invocations.onRecovered",
    find: "(ackTimeoutInMs || Infinity)",
    put: "(void ackTimeoutInMs, Infinity)",
  },
  {
    name: "the time that a recovery gave goes on through the next one",
    in: "Invocations.onSuspended",
    find: "setTimer();",
    put: "void setTimer;",
  },
  {
    name: "one that waits is lost with a connection",
    in: "Invocations.onLost",
    find: "this.#sent.values()",
    put: "[...this.#unsent.values(), ...this.#sent.values()]",
  },
];
