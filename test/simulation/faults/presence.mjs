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
    in: "LocalPresence.#course",
    find: "own.isKnown = false",
    put: "own.isKnown = true",
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
    find: "this.#tell(group, known.clear());",
    put: "void known;",
  },
  {
    name: "a state outlives the membership",
    in: "LocalPresence.onLeft",
    find: "forget(own);",
    put: "",
  },
  {
    name: "group-states-changed is never told",
    in: "PresenceSubscriptions.#tell",
    find: `if (isChanged) this.#port.events<PresenceEvents>().emit("group-states-changed", { group });`,
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
    in: "LocalPresence.#course",
    find: "own.isKnown = false",
    put: "own.isKnown = own.state === undefined",
  },
  {
    name: "a state may be lost where the group had perhaps been left",
    in: "LocalPresence.onJoined",
    find: "if (wasUnknown) own.isKnown = false;",
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
    in: "LocalPresence.#course",
    find: "this.#reconcile(group, own);",
    put: "if (isInternal) this.#reconcile(group, own);",
  },
  {
    name: "a refused state is set again for ever",
    in: "LocalPresence.#course",
    find: "if (refused) forget(own);",
    put: "if (refused) own.isKnown = own.state === undefined;",
  },
  {
    name: "an unsubscription is asked for again on the next connection",
    in: "PresenceSubscriptions.live",
    find: "this.#port.memberships.live",
    put: "true",
  },
];
