// Faults planted in group handles, `retain` and what else a program may ask for; see mutants.mjs.

const groups = "src/groups/groups.ts";
const handle = "src/groups/groupHandle.ts";
const iterator = "src/groups/messageIterator.ts";
const registry = "src/session/groupRegistry.ts";
const hold = "src/util/countedHold.ts";
const retention = "src/connection/retention.ts";

/** @type {import("./mutants.mjs").Mutant[]} */
export const handleMutants = [
  {
    name: "handles: the first subscriber joins nothing",
    file: "src/session/memberships.ts",
    find: `    this.registry.hold(group);
    this.#agree(group);`,
    put: `    this.registry.hold(group);`,
  },
  {
    name: "handles: the group isn't left with the last subscriber",
    file: "src/session/memberships.ts",
    find: `    this.registry.release(group);
    this.#agree(group);`,
    put: `    this.registry.release(group);`,
  },
  {
    name: "handles: the group is left with the first subscriber that goes",
    file: hold,
    find: `if (--this.#count > 0) return;`,
    put: `this.#count--;`,
  },
  {
    name: "handles: subscribers are forgotten on a new connection",
    file: registry,
    find: `      entry.wished &&= again;`,
    put: `      entry.wished &&= again;
      entry.held = undefined;`,
  },
  {
    name: "handles: autoRejoinGroups off counts for subscribers",
    file: registry,
    find: `      if (isWanted(entry) && entry.unsettled === 0) groups.push(group);`,
    put: `      if (isWanted(entry) && again && entry.unsettled === 0) groups.push(group);`,
  },
  {
    name: "handles: leaveGroup leaves a group that has subscribers",
    file: registry,
    find: `    if (entry.held === true) {`,
    put: `    if (entry.held === null) {`,
  },
  {
    name: "handles: the last subscriber takes the program's own wish along",
    file: registry,
    find: `    entry.held = undefined;
    this.#tidy(group, entry);
  }`,
    put: `    entry.held = undefined;
    entry.wished = false;
    this.#tidy(group, entry);
  }`,
  },
  {
    name: "handles: one that comes back in time finds the group left",
    file: hold,
    find: `      this.#timer.clear();
      this.#take();`,
    put: `      this.#take();`,
  },
  {
    name: "handles: a join that nobody answered is not undone",
    file: registry,
    find: `return entry.joined || (entry.refusal && !isVerdict(entry.refusal, true))`,
    put: `return entry.joined`,
  },
  {
    name: "handles: a message reaches the first subscriber only",
    file: handle,
    find: `      this.#emitter.emit("message", { ...message, data: message.data as T, key });
      return;`,
    put: `      if (this.#listeners < 3) this.#emitter.emit("message", { ...message, data: message.data as T, key });
      return;`,
  },
  {
    name: "handles: a message is told twice",
    file: groups,
    find: `    for (const handle of [...room.handles]) handle.receive(message, key);`,
    put: `    for (const handle of [...room.handles]) for (const each of [key, key]) handle.receive(message, each);`,
  },
  {
    name: "handles: messages of other groups come too",
    file: groups,
    find: `const room = this.#rooms.get(message.group);
    if (room === undefined || message`,
    put: `const room = this.#rooms.get(message.group) ?? this.#rooms.get("open1");
    if (room === undefined || message`,
  },
  {
    name: "handles: who unsubscribes is told further on",
    file: handle,
    find: `      remove();
      if (--this`,
    put: `      if (this.#listeners < 2) remove();
      if (--this`,
  },
  {
    name: "handles: a changed status isn't told",
    file: groups,
    find: `    for (const handle of [...room.handles]) handle.refresh();`,
    put: ``,
  },
  {
    name: "handles: the same status is told again",
    file: handle,
    find: `    if (status === this.#told) return;`,
    put: ``,
  },
  {
    name: "handles: a refusal looks like a join on its way",
    file: registry,
    find: `    if (entry.refusal !== undefined) return "refused";`,
    put: ``,
  },
  {
    name: "handles: what waits for a loop comes in the wrong order",
    file: iterator,
    find: `      this.#buffer.push(message);`,
    put: `      const rest = this.#buffer.drain();
      for (const each of [message, ...rest]) this.#buffer.push(each);`,
  },
  {
    name: "handles: a loop goes on after its group was refused",
    file: iterator,
    find: `      if (group.status === "refused") this.#end(group.error);`,
    put: ``,
  },
  {
    name: "handles: a loop that is left waits for ever",
    file: iterator,
    find: `    this.#buffer.drain();
    this.#error = undefined;
    this.#end();`,
    put: `    this.#buffer.drain();
    this.#error = undefined;`,
  },
  {
    name: "handles: a loop misses what comes while it has its hands full",
    file: iterator,
    find: `      this.#buffer.push(message);`,
    put: ``,
  },
  {
    name: "retain: the client isn't started",
    file: retention,
    find: `      () => void this.#begin(),`,
    put: `      () => undefined,`,
  },
  {
    name: "retain: the client goes on when nobody retains it",
    file: retention,
    find: `      () => void connection.stop(),`,
    put: `      () => undefined,`,
  },
  {
    name: "retain: the first user that goes ends it",
    file: hold,
    find: `if (--this.#count > 0) return;`,
    put: `if (--this.#count > 1) return;`,
  },
  {
    name: "retain: whoever comes while it stops gets nothing",
    file: retention,
    find: `    if (this.#connection.state === "Stopping") await this.#connection.stop();`,
    put: ``,
  },
  {
    name: "retain: the first failure ends it",
    file: retention,
    find: `await this.#connection.start(undefined, true);`,
    put: `await this.#connection.start(undefined, false);`,
  },
  {
    name: "retain: what is to end it survives its end",
    file: retention,
    find: `    emitter.on("stopped", () => this.#hold.forget());`,
    put: ``,
  },
  {
    name: "keepTrying is ignored",
    file: "src/connection/transition.ts",
    find: `event.keepTrying === true ? "reconnect" : "start"`,
    put: `event.keepTrying === null ? "reconnect" : "start"`,
  },
  {
    name: "every start keeps trying",
    file: "src/connection/transition.ts",
    find: `event.keepTrying === true ? "reconnect" : "start"`,
    put: `event.keepTrying !== null ? "reconnect" : "start"`,
  },
  {
    name: "group state: restoreGroupStates off is ignored",
    file: "src/session/ownStates.ts",
    find: `if (!this.#settings.restoreGroupStates) own.state = undefined;`,
    put: ``,
  },
  {
    name: "group state: nothing is restored",
    file: "src/session/ownStates.ts",
    find: `if (!this.#settings.restoreGroupStates) own.state = undefined;`,
    put: `own.state = undefined;`,
  },
  {
    name: "handles: a state outlives a membership that ended with its connection",
    file: "src/session/memberships.ts",
    find: `    if (!this.registry.isWanted(group)) this.watcher?.left(group);`,
    put: ``,
  },
  {
    name: "handles: a loop that was refused at once stays subscribed",
    file: iterator,
    find: `this.#ends.push(group.subscribe(onMessage), whenAborted(signal, onAbort), group.onStatusChange(onStatus));`,
    put: `this.#ends.push(whenAborted(signal, onAbort), group.onStatusChange(onStatus), group.subscribe(onMessage));`,
  },
];
