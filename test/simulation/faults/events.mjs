// What the application is told, and listeners that throw.

/** @type {import("./faults.mjs").Fault[]} */
export const events = [
  {
    name: "disconnected is told although connected never was",
    in: "Announcer.disconnected",
    find: "if (!current?.announced) return;",
    put: "if (!current) return;",
  },
  {
    name: "recovered is told although recovering never was",
    in: "Announcer.recovered",
    find: "if (!this.#current.announced) return this.#announce();",
    put: "",
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
    in: "safely",
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
    put: `effects: [{ type: "announce", event: "stopped" }, { type: "settleStop" }]`,
  },
  {
    name: "stopped isn't told",
    in: "transition",
    find: `{ type: "announce", event: "stopped" },`,
    put: "",
  },
  {
    name: "stopped is told twice",
    in: "transition",
    find: `{ type: "announce", event: "stopped" },`,
    put: `{ type: "announce", event: "stopped" },
{ type: "announce", event: "stopped" },`,
  },
  {
    name: "disconnected lacks its message",
    in: "Announcer.disconnected",
    find: "message }",
    put: "message: message && undefined }",
  },
  {
    name: "state-changed lacks its reason",
    in: "Announcer.stateChanged",
    find: "...(reason ? { reason } : undefined),",
    put: "reason: undefined,",
  },
  {
    name: "state-changed lacks its error",
    in: "Announcer.stateChanged",
    find: "...details,",
    put: `...details,
error: undefined,`,
  },
  {
    name: "state-changed counts attempts to recover wrongly",
    in: "retryRecovery",
    find: "attempt, delay",
    put: "1, delay",
  },
  {
    name: "connected lacks the user",
    in: "Announcer.#announce",
    find: "userId });",
    put: `userId: userId && "" });`,
  },
  {
    name: "connectionInfo never changes",
    in: "Connection.#run",
    find: "this.#info =",
    put: "",
  },
];
