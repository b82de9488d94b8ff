// Group states: what connections say about themselves, and who is told.

/** @type {import("./faults.mjs").Fault[]} */
export const presence = [
  {
    name: "a state isn't set again on a new connection",
    in: "OwnStates.#settle",
    find: "} else if (live && (!own.live || own.doubtful)) {",
    put: "} else if (live && own.doubtful) {",
  },
  {
    name: "the order of executions is trusted",
    quick: true,
    in: "OwnStates.set",
    find: "current.doubtful ||=",
    put: "current.doubtful = false &&",
  },
  {
    name: "subscriptions end with their connection",
    in: "StateWatches.begins",
    find: "of this.#watched) this.#agree",
    put: "of this.#watched) if (watch.held) this.#agree",
  },
  {
    name: "what was known outlives its connection",
    in: "StateWatches.ends",
    find: `if (watch.cache.clear()) this.#changed(group);
else this.onChanged?.(group);`,
    put: "",
  },
  {
    name: "a state outlives the membership",
    in: "OwnStates.left",
    find: "this.#own.delete(group);",
    put: "",
  },
  {
    name: "group-states-changed is never told",
    in: "StateWatches.#changed",
    find: `this.#emitter.emit("group-states-changed", { group });`,
    put: "",
  },
  {
    name: "restoreGroupStates: false is ignored",
    in: "OwnStates.ends",
    find: "if (!this.#settings.restoreGroupStates) own.state = undefined;",
    put: "",
  },
  {
    name: "nothing is restored",
    in: "OwnStates.ends",
    find: "if (!this.#settings.restoreGroupStates) own.state = undefined;",
    put: "own.state = undefined;",
  },
];
