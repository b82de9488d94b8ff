// Tabs share the connection of a worker. The simulation in ../tabs finds these.

/** @type {import("./faults.mjs").Fault[]} */
const planted = [
  {
    name: "a tab that joins again while its leave is on its way gets nothing",
    in: "SharedGroups.leave",
    find: "if (this.#entering(tab, group) === entering) this.#remove(tab, group);",
    put: "this.#remove(tab, group);",
  },
  {
    name: "the groups of a tab that has gone are kept",
    in: "SharedConnection.drop",
    find: "this.#groups.drop(session);",
    put: "",
    quick: true,
  },
  {
    name: "the first tab that leaves a group takes it from the others",
    in: "SharedGroups.leave",
    find: "if (this.hasOthers(group, tab))",
    put: "if (false)",
    quick: true,
  },
  {
    name: "everybody gets what one tab has joined",
    in: "SharedConnection.receive",
    find: "this.#groups.tabs(message.group) ?? this.sessions.values()",
    put: "this.sessions.values()",
    quick: true,
  },
  {
    name: "a sender gets the copy for its siblings",
    in: "SharedConnection.#deliverToSiblings",
    find: "tabs.filter((tab) => tab !== except)",
    put: "tabs",
    quick: true,
  },
  {
    name: "a tab that recovers isn't given what it has missed",
    in: "TabSession.attach",
    find: "for (const { frame } of missed) socket.post(frame);",
    put: "",
  },
  {
    name: "a tab's invocation is answered to the tab that asked last",
    in: "SharedInvocations.write",
    find: "const invocationId = `tab${tab.index}:${id}`;",
    put: "const invocationId = `tab:${id}`;",
  },
  {
    name: "an operation that is on its way is sent again",
    in: "SharedConnection.#operate",
    find: "if (known?.isPending) return;",
    put: "",
  },
  {
    name: "a retry has a new ack id, so that it is executed twice",
    in: "SharedConnection.#operate",
    find: "...(answer.realAckId !== undefined && { ackId: answer.realAckId }),",
    put: "",
  },
  {
    name: "the worker's client sends again what a lost connection has left unanswered",
    in: "SharedConnection.end",
    find: "this.#lost.abort();",
    put: "",
  },
  {
    name: "a state outlives its tab",
    in: "SharedConnection.drop",
    find: "this.#states.dropAll(session);",
    put: "",
  },
  {
    name: "a later tab isn't told the states as they stand",
    in: "SharedConnection.#watch",
    find: "options), snapshot);",
    put: "options));",
  },
  {
    name: "the end of a stream doesn't reach the siblings",
    in: "SharedStreams.closed",
    find: "if (fragments !== undefined)",
    put: "if (false)",
  },
  {
    name: "a tab that has crashed is never given up",
    in: "Broker.#probeSoon",
    find: "if (port.probe() >= MAX_PROBES) port.end(true);",
    put: "port.probe();",
  },
  {
    name: "the last tab's end leaves the connection open",
    in: "Broker.#stopIfUnused",
    find: "void client.stop();",
    put: "return;",
    quick: true,
  },
];

export const tabs = planted.map((fault) => ({ ...fault, tabs: true }));
