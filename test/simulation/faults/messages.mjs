// Messages on their way to the application, and bursts on their way to the service.

/** @type {import("./faults.mjs").Fault[]} */
export const messages = [
  {
    name: "a new connection goes on counting where the old one ended",
    in: "Session.onOpened",
    find: "this.#tracker.reset();",
    put: "",
  },
  {
    name: "messages are never acknowledged",
    in: "Session.#owesSequenceAck",
    find: "timer.after(SEQUENCE_ACK_DELAY, () => this.#writeSequenceAck())",
    put: "timer.after(SEQUENCE_ACK_DELAY, () => undefined)",
  },
  {
    name: "duplicates are delivered",
    quick: true,
    in: "SequenceTracker.accept",
    find: "this.#last) return false",
    put: "this.#last) return true",
  },
  {
    name: "the last message of a replay is delivered again",
    quick: true,
    in: "SequenceTracker.accept",
    find: "sequenceId <= this.#last",
    put: "sequenceId < this.#last",
  },
  {
    name: "every other message is taken for a duplicate and lost",
    in: "SequenceTracker.accept",
    find: "sequenceId <= this.#last",
    put: "sequenceId <= this.#last + (this.#last % 2)",
  },
  {
    name: "bursts are not acknowledged before the clock says so",
    in: "ACK_AFTER_MESSAGES",
    find: "64",
    put: "640",
  },
  {
    name: "a message is acknowledged before it arrives",
    quick: true,
    in: "Session.#writeSequenceAck",
    find: "const sequenceId = this.#tracker.last;",
    put: "const sequenceId = this.#tracker.last === undefined ? undefined : this.#tracker.last + 1;",
  },
  {
    name: "messages are delivered after a stop",
    quick: true,
    in: "Connection.#isOver",
    find: `|| this.#state.name === "Stopping"`,
    put: "",
  },
  {
    name: "bursts are sent without regard to what the service has read",
    quick: true,
    in: "SendWindow.isOpen",
    find: "this.unread < UNREAD",
    put: "true",
  },
  {
    name: "a burst fills more than a quarter of the service's window",
    in: "UNREAD",
    find: "180",
    put: "500",
  },
  {
    name: "large messages count as small ones when a burst is sent",
    in: "SendWindow.wrote",
    find: "Math.max(1, size / UNIT)",
    put: "Math.max(1, size / Infinity)",
  },
  {
    name: "large messages are not acknowledged before the clock says so",
    quick: true,
    in: "ACK_AFTER_SIZE",
    find: "1 << 20",
    put: "1 << 30",
  },
  {
    name: "a message lacks its sender",
    in: "readData",
    find: "optionalText(frame.fromUserId)",
    put: "undefined && optionalText(frame.fromUserId)",
  },
];
