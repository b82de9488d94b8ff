// What features hear of the connection.

/** @type {import("./faults.mjs").Fault[]} */
export const features = [
  {
    name: "they don't hear of a new connection",
    in: "Session.onOpened",
    find: "for (const feature of this.#features) feature.onOpened?.();",
    put: "",
  },
  {
    name: "they don't hear of a recovery",
    in: "Session.onRecovered",
    find: "for (const feature of this.#features) feature.onRecovered?.();",
    put: "",
  },
  {
    name: "they don't hear that the link is down",
    in: "Session.onSuspended",
    find: "for (const feature of this.#features) feature.onSuspended?.();",
    put: "",
  },
  {
    name: "they don't hear that the connection is gone",
    in: "Session.onLost",
    find: "for (const feature of this.#features) feature.onLost?.(error);",
    put: "",
  },
  {
    name: "they don't hear of a stop",
    in: "Session.onStopped",
    find: "for (const feature of this.#features) feature.onStopped?.(error);",
    put: "",
  },
  {
    name: "they don't hear that there is room",
    in: "Session.constructor",
    find: "for (const feature of this.#features) feature.onRoom?.();",
    put: "",
  },
  {
    name: "they don't hear that a group is joined",
    in: "Memberships.constructor",
    find: "for (const feature of features) feature.onJoined?.(group, wasUnknown);",
    put: "",
  },
  {
    name: "they don't hear that a group is left",
    in: "Memberships.constructor",
    find: "for (const feature of features) feature.onLeft?.(group);",
    put: "",
  },
  {
    name: "they don't hear that a group has changed",
    in: "Memberships.#changed",
    find: "for (const feature of this.#features) feature.onGroupChanged?.(group);",
    put: "",
  },
  {
    name: "they don't hear that groups have changed with their connection",
    in: "Session.onLost",
    find: "for (const feature of this.#features) feature.onGroupChanged?.();",
    put: "",
  },
  {
    name: "they aren't told of a connection that stands already",
    in: "Session.add",
    find: "if (this.memberships.live) hooks.onOpened?.();",
    put: "",
  },
  {
    name: "a receiver is registered twice",
    in: "Session.add",
    find: "(this.#receivers[kind] ??= []).push(receive);",
    put: "(this.#receivers[kind] ??= []).push(receive, receive);",
  },
  {
    name: "only one receives a kind of message",
    in: "Session.add",
    find: "(this.#receivers[kind] ??= []).push(receive);",
    put: "this.#receivers[kind] ??= [receive];",
  },
  {
    name: "one is made at every use",
    in: "defineFeature",
    find: "inside.features.set(name, (api = make(toPort(client, inside))));",
    put: "api = make(toPort(client, inside));",
  },
  {
    name: "a drain doesn't wait for them",
    in: "Session.#pending",
    find: "sum + pending",
    put: "sum",
  },
];
