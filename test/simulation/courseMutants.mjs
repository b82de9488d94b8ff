// Faults planted in connections, events, streams and the service's part; see mutants.mjs.

/** @type {import("./mutants.mjs").Mutant[]} */
export const courseMutants = [
  {
    name: "a listener that throws ends the round",
    file: "src/util/emitter.ts",
    find: `    this.#emitter.emit(event, args);`,
    put: `    try { for (const each of this.#emitter.listeners(event)) Promise.resolve(each(args)).catch(() => undefined); } catch { /* */ }`,
  },
  {
    name: "only the first listener is called",
    file: "src/util/emitter.ts",
    find: `    this.#emitter.emit(event, args);`,
    put: `    this.#emitter.rawListeners(event)[0]?.(args);`,
  },
  {
    name: "the sender of a message isn't told",
    file: "src/protocols/jsonReader.ts",
    find: `fromUserId: `,
    put: `fromUserId: undefined && `,
  },
  {
    name: "stopped is told when it is stopped already",
    file: "src/connection/transition.ts",
    find: `return event.type === "stop" ? { state, effects: [{ type: "settleStop" }] } : ignored;`,
    put: `return event.type === "stop" ? { state, effects: [{ type: "announce", event: "stopped" }, { type: "settleStop" }] } : ignored;`,
  },
  {
    name: "stopped isn't told",
    file: "src/connection/transition.ts",
    find: `            { type: "announce", event: "stopped" },
`,
    put: ``,
  },
  {
    name: "stopped is told twice",
    file: "src/connection/transition.ts",
    find: `            { type: "announce", event: "stopped" },
`,
    put: `            { type: "announce", event: "stopped" },
            { type: "announce", event: "stopped" },
`,
  },
  {
    name: "the credential isn't told that its attempt is over",
    file: "src/connection/connection.ts",
    find: `        this.#credentialAbort?.abort();
`,
    put: ``,
  },
  {
    name: "disconnected brings no message",
    file: "src/connection/announcer.ts",
    find: `this.#emitter.emit("disconnected", { connectionId: current.identity.connectionId, message });`,
    put: `this.#emitter.emit("disconnected", { connectionId: current.identity.connectionId, message: message && undefined });`,
  },
  {
    name: "state-changed tells no reason",
    file: "src/connection/announcer.ts",
    find: `...(reason ? { reason } : undefined),`,
    put: `reason: undefined,`,
  },
  {
    name: "state-changed tells no error",
    file: "src/connection/announcer.ts",
    find: `      ...details,
`,
    put: `      ...details,
      error: undefined,
`,
  },
  {
    name: "state-changed counts recoveries wrongly",
    file: "src/connection/steps.ts",
    find: `{ type: "changed", details: attemptDetails(error, attempt, delay, state.identity) },`,
    put: `{ type: "changed", details: attemptDetails(error, 1, delay, state.identity) },`,
  },
  {
    name: "connected names no user",
    file: "src/connection/announcer.ts",
    find: `this.#emitter.emit("connected", { connectionId, userId });`,
    put: `this.#emitter.emit("connected", { connectionId, userId: userId && "" });`,
  },
  {
    name: "connectionInfo stays",
    file: "src/connection/connection.ts",
    find: `        this.#info = nextInfo(`,
    put: `        nextInfo(`,
  },
  {
    name: "recoveries that are lost at once follow without a pause",
    file: "src/connection/steps.ts",
    find: `const pause = flaps > 1 ? retryDelay(FLAP_POLICY, flaps - 1, context.random) : 0;`,
    put: `const pause = 0;`,
  },
  {
    name: "a probe has no deadline of its own",
    file: "src/connection/liveness.ts",
    find: `return (this.#due = now + PROBE_TIMEOUT);`,
    put: `return (this.#due = this.#nextPing);`,
  },
  {
    name: "a dropped socket is closed with 1000",
    file: "src/connection/link.ts",
    find: `const DROPPED = 4000;`,
    put: `const DROPPED = 1000;`,
  },
  {
    name: "a stop while connecting keeps the session",
    file: "src/connection/transition.ts",
    find: `return stop(state, state.open, context);`,
    put: `return stop(state, false, context);`,
  },
  {
    name: "streams: no keep-alive",
    file: "src/streams/delivery.ts",
    find: `      this.#send(this.#options.keepAliveFrame);`,
    put: ``,
  },
  {
    name: "streams: the window is no limit",
    file: "src/streams/delivery.ts",
    find: `(count < maxUnackedFragments && size`,
    put: `(size`,
  },
  {
    name: "streams: the publisher's error code isn't told",
    file: "src/streams/groupStreamError.ts",
    find: `message ?? \`The stream ended with \${code}.\`, { userErrorCode }`,
    put: `message ?? \`The stream ended with \${code}.\``,
  },
  {
    name: "streams: one that was left comes again",
    file: "src/streams/inboundSubscription.ts",
    find: `if (this.#entries.get(entry.key) === entry) this.#watch(entry);
  }

  #forget`,
    put: `this.#forget(entry);
  }

  #forget`,
  },
  {
    name: "streams: the idle timeout isn't sent",
    file: "src/streams/outboundStreams.ts",
    find: `streamId: checkName("streamId", streamId), idleTimeoutInMs }`,
    put: `streamId: checkName("streamId", streamId), idleTimeoutInMs: undefined }`,
  },
  {
    name: "streams: noEcho isn't sent",
    file: "src/streams/outboundStreams.ts",
    find: `noEcho: checkFlag("noEcho", options.noEcho, false), stream }`,
    put: `noEcho: false, stream }`,
  },
  {
    name: "service: a message without an end of its life is dropped in a recovery",
    file: "emulator/src/service/hub.ts",
    find: `ttlSeconds === 0 ? Infinity : this.#now()`,
    put: `ttlSeconds === 0 && message.kind !== "groupData" ? Infinity : this.#now()`,
  },
  {
    name: "service: an expired message is replayed",
    file: "emulator/src/service/session.ts",
    find: `this.buffer?.dropExpired(this.#owner.environment.now());`,
    put: ``,
  },
  {
    name: "service: a message expires a thousand times too early",
    file: "emulator/src/service/hub.ts",
    find: `ttlSeconds * 1_000`,
    put: `ttlSeconds`,
  },
  {
    name: "service: invocations' answers aren't repeated in a recovery",
    file: "emulator/src/service/service.ts",
    find: `      this.#invocations.resumed(session);
`,
    put: ``,
  },
];
