// What features hear of the connection.

/** @type {import("./faults.mjs").Fault[]} */
export const features = [
  {
    name: "they don't hear of a new connection",
    in: "Session.onOpened",
    find: 'this.#features.tell("onOpened");',
    put: "",
  },
  {
    name: "they don't hear of a recovery",
    in: "Session.onRecovered",
    find: 'this.#features.tell("onRecovered");',
    put: "",
  },
  {
    name: "they don't hear that the link is down",
    in: "Session.onSuspended",
    find: 'this.#features.tell("onSuspended");',
    put: "",
  },
  {
    name: "they don't hear that the connection is gone",
    in: "Session.onLost",
    find: 'this.#features.tell("onLost", error);',
    put: "",
  },
  {
    name: "they don't hear of a stop",
    in: "Session.onStopped",
    find: 'this.#features.tell("onStopped", error);',
    put: "",
  },
  {
    name: "they don't hear that there is room",
    in: "Session.onRoom",
    find: 'this.#features.tell("onRoom");',
    put: "",
  },
  {
    name: "they don't hear that a group is joined",
    in: "Memberships.onEntered",
    find: 'this.#features.tell("onJoined", group, wasUnknown);',
    put: "",
  },
  {
    name: "they don't hear that a group is left",
    in: "Memberships.onExited",
    find: 'this.#features.tell("onLeft", group);',
    put: "",
  },
  {
    name: "they don't hear that a group has changed",
    in: "Memberships.onChanged",
    find: 'this.#features.tell("onGroupChanged", group);',
    put: "",
  },
  {
    name: "they don't hear that groups have changed with their connection",
    in: "Session.onLost",
    find: 'this.#features.tell("onGroupChanged");',
    put: "",
  },
  {
    name: "they aren't told of a connection that stands already",
    in: "Features.add",
    find: "if (isOpen) this.call(() => feature.onOpened?.());",
    put: "",
  },
  {
    name: "a receiver is registered twice",
    in: "Features.add",
    find: "(this.#receivers[kind] ??= []).push(receive);",
    put: "(this.#receivers[kind] ??= []).push(receive, receive);",
  },
  {
    name: "one is made at every use",
    in: "defineFeature",
    find: "if (api === undefined) {",
    put: "{",
  },
  {
    name: "a drain doesn't wait for them",
    in: "Session.pending",
    find: "+ this.#features.pending",
    put: "",
  },
];
