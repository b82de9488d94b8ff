// Attempts to connect, pauses between them, and connections that have died.

/** @type {import("./faults.mjs").Fault[]} */
export const connection = [
  {
    name: "autoReconnect: false reconnects",
    in: "decideOnClose",
    find: `: "stop"`,
    put: `: "reconnect"`,
  },
  {
    name: "maxRetries is no limit for reconnecting",
    in: "whileConnecting",
    find: "context.reconnectRetry.maxRetries",
    put: "Infinity",
  },
  {
    name: "the URL of an older attempt is used",
    quick: true,
    in: "Connection.#fetchUrl",
    find: "if (epoch !== this.#state.epoch) return;",
    put: `if (epoch !== this.#state.epoch) {
  this.#url = url;
  return this.#dispatch({ type: "url", epoch: this.#state.epoch, isOther: false });
}`,
  },
  {
    name: "an attempt has no deadline",
    quick: true,
    in: "connect",
    find: "context.now + context.connectTimeoutInMs",
    put: "Infinity",
  },
  {
    name: "the old socket is not dropped",
    in: "Transport.drop",
    find: "this.#link?.drop();",
    put: "",
  },
  {
    name: "the timer of the state before is left running",
    quick: true,
    in: "Connection.#enter",
    find: "this.#timer.at(state.due",
    put: "new Timer(this.#settings.environment).at(state.due",
  },
  {
    name: "the timer of the keep-alive outlives its connection",
    in: "Transport.end",
    find: "this.#livenessTimer.clear();",
    put: "",
  },
  {
    name: "an attempt due in the same millisecond as the one before has no deadline",
    in: "Connection.#enter",
    find: "|| before.epoch !== state.epoch",
    put: "",
  },
  {
    name: "a silent connection is believed for ever",
    quick: true,
    in: "Liveness.tick",
    find: "dead: true",
    put: "dead: false",
  },
  {
    name: "no pings are sent",
    in: "Transport.#ping",
    find: "() => link.send(pingFrame)",
    put: "() => undefined",
  },
  {
    name: "reconnections follow each other without a pause",
    in: "RECONNECT_RETRY",
    find: "maxRetries: Infinity",
    put: "retryDelayInMs: 1, maxRetries: Infinity",
  },
  {
    name: "the pauses between reconnections don't grow",
    in: "retryDelay",
    find: `policy.mode === "Fixed"`,
    put: "policy.mode !== undefined",
  },
  {
    name: "the pauses between reconnections grow without end",
    in: "retryDelay",
    find: "Math.min(policy.maxRetryDelayInMs,",
    put: "Math.min(2_000_000_000,",
  },
  {
    name: "a crowd reconnects in step",
    quick: true,
    in: "retryDelay",
    find: "policy.jitter ? Math.floor(random * bound) : bound",
    put: "bound",
  },
  {
    name: "an attempt may take twice as long as it should",
    in: "connect",
    find: "context.now + context.connectTimeoutInMs",
    put: "context.now + context.connectTimeoutInMs * 2",
  },
  {
    name: "a silent connection is believed for minutes",
    in: "TABLE",
    find: "keepAliveTimeoutInMs: [amount, 45_000]",
    put: "keepAliveTimeoutInMs: [amount, 180_000]",
  },
  {
    name: "pings are sent half as often",
    quick: true,
    in: "TABLE",
    find: "keepAliveIntervalInMs: [amount, 20_000]",
    put: "keepAliveIntervalInMs: [amount, 40_000]",
  },
  {
    name: "a wake doesn't end the wait for a new connection",
    in: "transition",
    find: `&& event.type !== "wake"`,
    put: "",
  },
  {
    name: "a connection isn't asked after a wake whether it still is",
    in: "whileConnected",
    find: `[{ type: "probe" }]`,
    put: "[]",
  },
  {
    name: "a wake soon after an answered one is ignored",
    quick: true,
    in: "Liveness.probe",
    find: "(!this.#answered() && this.#probes > 0)",
    put: "this.#probes > 0",
  },
  {
    name: "a wall clock set back stops the timers",
    in: "steady",
    find: "ahead = Math.max(ahead, clocks.now() - up);",
    put: "ahead = clocks.now() - up;",
  },
  {
    name: "a probe has no deadline of its own",
    in: "Liveness.#sendProbe",
    find: "now + PROBE_TIMEOUT",
    put: "this.#nextPing",
  },
  {
    name: "after a sleep an answer behind the timer comes too late",
    in: "Transport.#look",
    find: "else this.#look(-Infinity, true);",
    put: `else this.#lose("NoAnswer", "The service has not answered in time.");`,
  },
  {
    name: "what an older socket had unread counts for the next one",
    in: "Transport.attach",
    find: "this.#window.reset();",
    put: "",
  },
  {
    name: "a pong doesn't show what the service has read",
    in: "Connection.#handle",
    find: `if (message?.kind === "pong") this.transport.answered();`,
    put: `if (message?.kind === "pong") this.transport.heard();`,
  },
  {
    name: "a ping of the keep-alive confirms more than was read",
    in: "SendWindow.readUpTo",
    find: "this.#pings.shift() ?? 0",
    put: "this.#written",
  },
  {
    name: "what waits for room isn't told that there is some",
    in: "Transport.answered",
    find: "this.#onRoom();",
    put: "",
  },
  {
    name: "an answer that never comes holds a burst up for ever",
    in: "Transport.hasRoom",
    find: "this.#onRoom();",
    put: "",
  },
  {
    name: "the effects of a state are carried out after it was left",
    in: "Connection.#dispatch",
    find: "this.#state.name !== state.name || this.#state.epoch !== state.epoch",
    put: "this.#state.name === undefined",
  },
];
