// Starting, stopping, draining, aborting.

/** @type {import("./faults.mjs").Fault[]} */
export const lifecycle = [
  {
    name: "a stop leaves operations unsettled",
    quick: true,
    in: "Session.onStopped",
    find: "this.#outbox?.clear(error);",
    put: "",
  },
  {
    name: "the timer of operations goes on after a stop",
    in: "Session.onStopped",
    find: "this.#timer.clear();",
    put: "",
  },
  {
    name: "a start can't be aborted",
    in: "Connection.#start",
    find: `this.#dispatch({ type: "abort", error });`,
    put: "return;",
  },
  {
    name: "a drain doesn't wait",
    in: "Connection.stop",
    find: "mayDrain ?",
    put: "mayDrain && drainInMs < 0 ?",
  },
  {
    name: "a stop leaves the session to the service",
    in: "Transport.close",
    find: "this.#link?.close();",
    put: "",
  },
  {
    name: "a start that fails is never settled",
    quick: true,
    in: "Connection.#run",
    find: "this.#settleStart?.(effect.error);",
    put: "if (effect.error === undefined) this.#settleStart?.();",
  },
  {
    name: "a stopped client still listens to wake signals",
    quick: true,
    in: "Connection.#enter",
    find: "this.#endWake?.()",
    put: "undefined",
  },
  {
    name: "a drain takes its whole time although nothing is pending",
    in: "Session.settled",
    find: "this.pending === 0",
    put: "this.pending < 0",
  },
  {
    name: "a drain takes new operations",
    in: "Session.#enqueue",
    find: "this.#refusal !== undefined",
    put: "this.#refusal !== undefined && this.#refusal !== STOPPING",
  },
  {
    name: "the credential isn't told that its attempt is over",
    in: "Connection.#enter",
    find: "this.#credentialAbort?.abort();",
    put: "",
  },
  {
    name: "a stop while connecting leaves the session to the service",
    in: "whileConnecting",
    find: "state.open",
    put: "false",
  },
  {
    name: "a drain doesn't wait for streams that end",
    in: "OutboundStreams.pending",
    find: "if (stream.isEnding) count++",
    put: "if (!stream.isEnding) count += 0",
  },
  {
    name: "a drain doesn't wait for invocations",
    in: "Invocations.pending",
    find: "this.#unsent.size + this.#sent.size",
    put: "0",
  },
  {
    name: "a drain doesn't wait for invocations that were sent",
    in: "Invocations.pending",
    find: "+ this.#sent.size",
    put: "",
  },
  {
    name: "keepTrying is ignored",
    in: "start",
    find: "keepTrying === true",
    put: "keepTrying === null",
  },
  {
    name: "every start keeps trying",
    in: "start",
    find: "keepTrying === true",
    put: "keepTrying !== null",
  },
  {
    name: "a drain goes on when its time is over",
    in: "Connection.#enter",
    find: "state.drainUntil ?? Infinity",
    put: "Infinity",
  },
  {
    name: "a drain ends before its time is over",
    in: "Connection.stop",
    find: "this.#settings.environment.now() + drainInMs",
    put: "this.#settings.environment.now() + drainInMs / 2",
  },
  {
    name: "a drain is forgotten with its connection",
    in: "carriedOver",
    find: "return { told, disconnectedMessage, drainUntil, resumed, earlyLosses }",
    put: "return { told, disconnectedMessage, drainUntil: undefined, resumed, earlyLosses }",
  },
  {
    name: "a drain takes new operations on a new connection",
    in: "Session.onOpened",
    find: "this.#tracker.reset();",
    put: `this.#tracker.reset();
this.#refusal = undefined;`,
  },
  {
    name: "a longer drain prolongs a shorter one",
    in: "transition",
    find: "Math.min(event.until, state.drainUntil ?? Infinity)",
    put: "event.until",
  },
];
