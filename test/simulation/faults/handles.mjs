// Group handles: subscribers, loops, status.

/** @type {import("./faults.mjs").Fault[]} */
export const handles = [
  {
    name: "the first subscriber joins nothing",
    in: "Memberships.hold",
    find: "this.#agree(group);",
    put: "",
  },
  {
    name: "the group isn't left with the last subscriber",
    in: "Memberships.release",
    find: "this.#agree(group);",
    put: "",
  },
  {
    name: "the group is left with the first subscriber that goes",
    in: "CountedHold.hold",
    find: "if (--this.#count > 0) return;",
    put: "this.#count--;",
  },
  {
    name: "subscribers are forgotten on a new connection",
    in: "GroupRegistry.planRejoin",
    find: "entry.wished &&= again;",
    put: `entry.wished &&= again;
entry.held = undefined;`,
  },
  {
    name: "autoRejoinGroups: false counts for subscribers",
    in: "GroupRegistry.planRejoin",
    find: "isWanted(entry)",
    put: "isWanted(entry) && again",
  },
  {
    name: "leaveGroup leaves a group that has subscribers",
    in: "GroupRegistry.leaving",
    find: "entry.held === true",
    put: "entry.held === null",
  },
  {
    name: "the last subscriber takes the program's own wish along",
    in: "GroupRegistry.release",
    find: "entry.held = undefined;",
    put: `entry.held = undefined;
entry.wished = false;`,
  },
  {
    name: "one that comes back in time finds the group left",
    in: "CountedHold.hold",
    find: "this.#timer.clear();",
    put: "",
  },
  {
    name: "a join that nobody answered is not undone",
    in: "GroupRegistry.next",
    find: "return entry.joined || (entry.refusal && !isVerdict(entry.refusal, true))",
    put: "return entry.joined",
  },
  {
    name: "a message reaches the first subscriber only",
    in: "GroupHandle.receive",
    find: `this.#emitter.emit("message", { ...message, data: message.data as T, key });`,
    put: `if (this.#listeners < 3) this.#emitter.emit("message", { ...message, data: message.data as T, key });`,
  },
  {
    name: "a message is told twice",
    in: "Groups.#deliver",
    find: "handle.receive(message, key);",
    put: "for (const each of [key, key]) handle.receive(message, each);",
  },
  {
    name: "messages of other groups come too",
    in: "Groups.#deliver",
    find: "this.#rooms.get(message.group)",
    put: `this.#rooms.get(message.group) ?? this.#rooms.get("open1")`,
  },
  {
    name: "who unsubscribes is still told",
    in: "GroupHandle.#listen",
    find: "remove();",
    put: "if (this.#listeners < 2) remove();",
  },
  {
    name: "a changed status isn't told",
    in: "Groups.#changed",
    find: "for (const handle of [...room.handles]) handle.refresh();",
    put: "",
  },
  {
    name: "the same status is told again",
    in: "GroupHandle.refresh",
    find: "if (status === this.#told) return;",
    put: "",
  },
  {
    name: "a refusal looks like a join on its way",
    in: "GroupRegistry.status",
    find: `if (entry.refusal !== undefined) return "refused";`,
    put: "",
  },
  {
    name: "what waits for a loop comes in the wrong order",
    in: "MessageIterator.constructor",
    find: "this.#buffer.push(message);",
    put: `const rest = this.#buffer.drain();
for (const each of [message, ...rest]) this.#buffer.push(each);`,
  },
  {
    name: "a loop goes on after its group was refused",
    in: "MessageIterator.constructor",
    find: `if (group.status === "refused") this.#end(group.error);`,
    put: "",
  },
  {
    name: "a loop that is left stays subscribed",
    in: "MessageIterator.return",
    find: "this.#end();",
    put: "",
  },
  {
    name: "a loop misses what comes while it is busy",
    in: "MessageIterator.constructor",
    find: "this.#buffer.push(message);",
    put: "",
  },
  {
    name: "a state outlives a membership that ended with its connection",
    in: "Memberships.release",
    find: "if (!this.registry.isWanted(group)) this.watcher?.left(group);",
    put: "",
  },
  {
    name: "a loop that was refused at once stays subscribed",
    in: "MessageIterator.constructor",
    find: "this.#ends.push(group.subscribe(onMessage), whenAborted(signal, onAbort), group.onStatusChange(onStatus));",
    put: "this.#ends.push(whenAborted(signal, onAbort), group.onStatusChange(onStatus), group.subscribe(onMessage));",
  },
];
