// Group states: what connections say about themselves, and who is told.

/** @type {import("./faults.mjs").Fault[]} */
export const presence = [
  {
    name: "a state isn't set again on a new connection",
    in: "LocalPresence.onJoined",
    find: "this.#reconcile(group, own);",
    put: "",
  },
  {
    name: "a state that nobody answered is taken for set",
    in: "LocalPresence.#settled",
    find: `own.known = "unknown"`,
    put: `own.known = "set"`,
  },
  {
    name: "subscriptions end with their connection",
    in: "PresenceSubscriptions.onOpened",
    find: "this.#table.open(true)",
    put: "this.#table.open(false)",
  },
  {
    name: "what was known outlives its connection",
    in: "PresenceSubscriptions.onLost",
    find: `if (cache.clear()) this.#changed(group);
else this.onRefusal?.(group);`,
    put: "",
  },
  {
    name: "a state outlives the membership",
    in: "LocalPresence.onLeft",
    find: "own.state = undefined;",
    put: "",
  },
  {
    name: "group-states-changed is never told",
    in: "PresenceSubscriptions.#changed",
    find: `this.#port.events<PresenceEvents>().emit("group-states-changed", { group });`,
    put: "",
  },
  {
    name: "restoreGroupStates: false is ignored",
    in: "LocalPresence.onLost",
    find: "if (!this.#port.settings.restoreGroupStates) own.state = undefined;",
    put: "",
  },
  {
    name: "nothing is restored",
    in: "LocalPresence.onLost",
    find: "if (!this.#port.settings.restoreGroupStates) own.state = undefined;",
    put: "own.state = undefined;",
  },
  {
    name: "a state that nobody answered is taken for unset",
    in: "LocalPresence.#settled",
    find: `own.known = "unknown"`,
    put: `own.known = "unset"`,
  },
  {
    name: "a state may be lost where the group had perhaps been left",
    in: "LocalPresence.onJoined",
    find: `if (wasUnknown) own.known = "unknown";`,
    put: "",
  },
  {
    name: "a state is asked for while nothing is accepted",
    in: "LocalPresence.#reconcile",
    find: "|| refusal !== undefined",
    put: "",
  },
  {
    name: "nothing is set again after a call has ended",
    in: "LocalPresence.set",
    find: "this.#reconcile(group, own);",
    put: "",
  },
  {
    name: "a refused state is set again for ever",
    in: "LocalPresence.#reconcile",
    find: "current.state = undefined;",
    put: "",
  },
  {
    name: "an older state comes back by a newer call's end",
    in: "LocalPresence.#reconcile",
    find: "&& current.pending === 0",
    put: "",
  },
  {
    name: "an unsubscription is asked for again on the next connection",
    in: "PresenceSubscriptions.live",
    find: "this.#port.memberships.live",
    put: "true",
  },
];
