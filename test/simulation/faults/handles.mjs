// Group handles: subscribers, loops, status.

/** @type {import("./faults.mjs").Fault[]} */
export const handles = [
  {
    name: "the first subscriber joins nothing",
    in: "GroupTable.hold",
    find: "this.reconcile(group);",
    put: "this.#host.onChanged(group);",
  },
  {
    name: "the group isn't left with the last subscriber",
    in: "GroupTable.release",
    find: "this.reconcile(group);",
    put: "",
  },
  {
    name: "the group is left with the first subscriber that goes",
    in: "RefCount.hold",
    find: "if (--this.#count > 0) return;",
    put: "this.#count--;",
  },
  {
    name: "subscribers are forgotten on a new connection",
    in: "GroupTable.open",
    find: "if (!again) entry.calls.forget();",
    put: `if (!again) entry.calls.forget();
entry.held = undefined;`,
  },
  {
    name: "autoRejoinGroups: false counts for subscribers",
    in: "GroupTable.open",
    find: "if (this.#reconcile(group, entry))",
    put: "if ((again || entry.held === undefined) && this.#reconcile(group, entry))",
  },
  {
    name: "leaveGroup leaves a group that has subscribers",
    in: "GroupTable.leave",
    find: "entry.held === true",
    put: "entry.held === null",
  },
  {
    name: "the last subscriber takes the program's own wish along",
    in: "GroupTable.release",
    find: "this.#entry(group).held = undefined;",
    put: `this.#entry(group).held = undefined;
this.#entry(group).calls.forget();`,
  },
  {
    name: "one that comes back in time finds the group left",
    in: "RefCount.hold",
    find: "this.#timer.clear();",
    put: "",
  },
  {
    name: "a join that nobody answered is not undone",
    in: "GroupTable.#reconcile",
    find: `!isWanted(entry) && known !== "out"`,
    put: `!isWanted(entry) && known === "in"`,
  },
  {
    name: "a message reaches the first subscriber only",
    in: "GroupFeed.receive",
    find: "if (schema === undefined)",
    put: `if (schema === undefined && this.#listeners > 2) return;
if (schema === undefined)`,
  },
  {
    name: "a message is told twice",
    in: "Groups.#give",
    find: "feed.receive(message, key);",
    put: "for (const each of [key, key]) feed.receive(message, each);",
  },
  {
    name: "messages of other groups come too",
    in: "Groups.#deliver",
    find: "this.#rooms.get(message.group)",
    put: `this.#rooms.get(message.group) ?? this.#rooms.get("open1")`,
  },
  {
    name: "who unsubscribes is still told",
    in: "GroupFeed.#listen",
    find: "remove();",
    put: "if (this.#listeners < 2) remove();",
  },
  {
    name: "a changed status isn't told",
    in: "Groups.#changed",
    find: "for (const feed of [...room.feeds]) feed.refresh();",
    put: "",
  },
  {
    name: "the same status is told again",
    in: "GroupFeed.refresh",
    find: "if (status === this.#told) return;",
    put: "",
  },
  {
    name: "a refusal looks like a join on its way",
    in: "GroupTable.status",
    find: `if (entry.refusal) return "refused";`,
    put: "",
  },
  {
    name: "what waits for a loop comes in the wrong order",
    in: "MessageBuffer.constructor",
    find: "this.#buffer.push(message);",
    put: `const rest = this.#buffer.drain();
for (const each of [message, ...rest]) this.#buffer.push(each);`,
  },
  {
    name: "a loop goes on after its group was refused",
    in: "MessageBuffer.constructor",
    find: `if (feed.status === "refused") this.#end(feed.error);`,
    put: "",
  },
  {
    name: "a loop that is left stays subscribed",
    in: "MessageBuffer.return",
    find: "this.#end();",
    put: "",
  },
  {
    name: "a loop misses what comes while it is busy",
    in: "MessageBuffer.constructor",
    find: "this.#buffer.push(message);",
    put: "",
  },
  {
    name: "a state outlives a membership that ended with its connection",
    in: "GroupTable.release",
    find: "if (!this.#host.live && !this.isWanted(group)) this.#host.onExited?.(group);",
    put: "",
  },
  {
    name: "a loop that was refused at once stays subscribed",
    in: "MessageBuffer.constructor",
    find: "this.#ends.push(feed.subscribe(onMessage), whenAborted(signal, onAbort), feed.onStatusChange(onStatus));",
    put: "this.#ends.push(whenAborted(signal, onAbort), feed.onStatusChange(onStatus), feed.subscribe(onMessage));",
  },
  {
    name: "one that merely comes back asks again for what was refused",
    in: "GroupTable.hold",
    find: "if (entry.held !== false) entry.refusal = undefined;",
    put: "entry.refusal = undefined;",
  },
  {
    name: "a new subscriber doesn't ask again for what was refused",
    in: "GroupTable.hold",
    find: "if (entry.held !== false) entry.refusal = undefined;",
    put: "",
  },
];
