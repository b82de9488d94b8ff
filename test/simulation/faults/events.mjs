// What the application is told, and listeners that throw.

/** @type {import("./faults.mjs").Fault[]} */
export const events = [
  {
    name: "disconnected is told although connected never was",
    in: "scheduleReconnect",
    find: "...carriedOver(state),",
    put: `...carriedOver(state),
told: state.told ?? ("identity" in state ? { ...state.identity, recovering: false } : undefined),`,
  },
  {
    name: "recovered is told although recovering never was",
    in: "tell",
    find: `event: "connected",`,
    put: `event: state.earlyLosses > 0 ? "recovered" : "connected",`,
  },
  {
    name: "a listener that throws stops the client",
    in: "safely",
    find: "} catch (error) {",
    put: `} catch (error) {
throw error;`,
  },
  {
    name: "a listener's rejection is not handled",
    in: "reportRejection",
    find: "Promise.resolve(result).catch(onError);",
    put: "void Promise.resolve(result);",
  },
  {
    name: "a listener that throws keeps the others from hearing",
    in: "Emitter.on",
    find: "safely(listener, (error) => this.#onListenerError(event, error))",
    put: `(args) => {
  if (args?.heard) return;
  try {
    Promise.resolve(listener(args)).catch(() => undefined);
  } catch {
    Object.defineProperty(args, "heard", { value: true });
  }
}`,
  },
  {
    name: "only the first listener is called",
    in: "Emitter.emit",
    find: "this.#registry.emit(event, args);",
    put: "(this.#registry.rawListeners?.(event) ?? [])[0]?.(args);",
  },
  {
    name: "stopped is told when the client is stopped already",
    in: "transition",
    find: `effects: [{ type: "settleStop" }]`,
    put: `effects: [{ type: "emit", event: "stopped", args: {} }, { type: "settleStop" }]`,
  },
  {
    name: "stopped isn't told",
    in: "transition",
    find: `{ type: "emit", event: "stopped", args: {} },`,
    put: "",
  },
  {
    name: "stopped is told twice",
    in: "transition",
    find: `{ type: "emit", event: "stopped", args: {} },`,
    put: `{ type: "emit", event: "stopped", args: {} },
{ type: "emit", event: "stopped", args: {} },`,
  },
  {
    name: "disconnected lacks its message",
    in: "tell",
    find: "message: state.disconnectedMessage",
    put: "message: undefined",
  },
  {
    name: "state-changed lacks its reason",
    in: "Connection.#changed",
    find: "...(reason ? { reason } : undefined),",
    put: "reason: undefined,",
  },
  {
    name: "state-changed lacks its error",
    in: "Connection.#changed",
    find: "...details,",
    put: `...details,
error: undefined,`,
  },
  {
    name: "state-changed counts attempts to recover wrongly",
    in: "retryRecovery",
    find: "attempt, due - now",
    put: "1, due - now",
  },
  {
    name: "the deferred event of a start never comes",
    in: "Connection.#tellSoon",
    find: `this.#dispatch({ type: "tell" });`,
    put: "",
  },
  {
    name: "what a listener throws isn't reported",
    in: "report",
    find: "globalThis.reportError(errors[0]);",
    put: "globalThis.reportError;",
  },
  {
    name: "connected lacks the user",
    in: "tell",
    find: "args: { connectionId, userId,",
    put: `args: { connectionId, userId: userId && "",`,
  },
  {
    name: "connectionInfo never changes",
    in: "Connection.#changed",
    find: "nextInfo(this.#info, state, details, this.identity?.userId, this.#now)",
    put: "{ ...this.#info, state }",
  },
  {
    name: "connected is told while the groups are awaited",
    in: "tell",
    find: `if (state.groups === "awaited") return { state, effects: [] };`,
    put: "",
  },
  {
    name: "connected is told again after a recovery",
    in: "resume",
    find: "disconnectedMessage: undefined,",
    put: "disconnectedMessage: undefined, told: undefined,",
  },
  {
    name: "disconnected is told again",
    in: "tell",
    find: "told: undefined, disconnectedMessage: undefined }",
    put: "told: identity === undefined ? told : undefined, disconnectedMessage: undefined }",
  },
  {
    name: "disconnected isn't told when a listener of state-changed stops the client",
    in: "finishStop",
    find: "...carriedOver(state),",
    put: `...carriedOver(state),
told: state.name === "Disconnected" ? undefined : state.told,`,
  },
  {
    name: "disconnected isn't told on a stop",
    in: "stop",
    find: `{ name: "Stopping", ...carriedOver(state),`,
    put: `{ name: "Stopping", ...carriedOver(state), told: undefined,`,
  },
  {
    name: "recovered is never told",
    in: "tell",
    find: "state: { ...state, told: { connectionId, recovering } },",
    put: "state,",
  },
  {
    name: "recovering is never told",
    in: "tell",
    find: `effects: [{ type: "emit", event: recovering ? "recovering" : "recovered", args: { connectionId } }],`,
    put: `effects: recovering ? [] : [{ type: "emit", event: "recovered", args: { connectionId } }],`,
  },
  {
    name: "the service's last words are kept for the next connection",
    in: "connect",
    find: "disconnectedMessage: undefined,",
    put: "",
  },
];
