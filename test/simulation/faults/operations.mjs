// What the application asks of the service: once, in order, retried as promised, with its result told.

/** @type {import("./faults.mjs").Fault[]} */
export const operations = [
  {
    name: "a retry has a new ack id, so it may be executed twice",
    quick: true,
    in: "Outbox.#sendAgain",
    find: `operation.place = "again";`,
    put: `operation.place = "again";
delete this.#byAckId[operation.ackId];
const ackId = this.#nextAckId++;
operation.frame = operation.frame.replace(/"ackId":\\d+/, '"ackId":' + ackId);
operation.ackId = ackId;
this.#byAckId[ackId] = operation;`,
  },
  {
    name: "what a recovery finds unanswered is never sent again",
    quick: true,
    in: "Session.onRecovered",
    find: "this.#outbox?.resume();",
    put: "",
  },
  {
    name: "what is sent again goes in the wrong order",
    quick: true,
    in: "rankOf",
    find: "return order -",
    put: `return (place === "again" ? -order : order) -`,
  },
  {
    name: "new operations overtake those that are sent again",
    in: "rankOf",
    find: `place === "again"`,
    put: `place === "fresh"`,
  },
  {
    name: "an operation that is over still listens to its abort signal",
    in: "Outbox.#end",
    find: "unlisten?.();",
    put: "",
  },
  {
    name: "a result doesn't say that the operation was resent on a new connection",
    quick: true,
    in: "Outbox.answered",
    find: "resentOnNewConnection ? { ackId, isDuplicated, resentOnNewConnection } :",
    put: "",
  },
  {
    name: "resendOnNewConnection: false is ignored",
    in: "Outbox.sessionEnded",
    find: "this.#options.resendOnNewConnection && (place",
    put: "(place",
  },
  {
    name: "a forbidden operation is tried again",
    quick: true,
    in: "Outbox.answered",
    find: `error?.name === "Forbidden" ||`,
    put: "",
  },
  {
    name: "an unanswered operation waits for ever",
    in: "Outbox.tick",
    find: "if (operation.due > now) break;",
    put: "break;",
  },
  {
    name: "an operation that waits for its retry is never sent again",
    quick: true,
    in: "Outbox.tick",
    find: "if (operation.due > now) continue;",
    put: "continue;",
  },
  {
    name: "a fire-and-forget message is sent twice",
    quick: true,
    in: "Outbox.written",
    find: "written(operation: Operation): void {",
    put: `written(operation: Operation): void {
if (operation.ackId === undefined && operation.retries++ === 0)
  this.#ready.insert({ ...operation, place: "again", resolve: () => undefined });`,
  },
  {
    name: "an automatic ack id repeats an explicit one",
    in: "Outbox.reserveAckId",
    find: "if (explicit >= this.#nextAckId && explicit < FAR_AWAY) this.#nextAckId = explicit + 1;",
    put: "",
  },
  {
    name: "an explicit ack id in use is taken again",
    quick: true,
    in: "Outbox.reserveAckId",
    find: "this.#byAckId[explicit]",
    put: "explicit < 0",
  },
  {
    name: "maxPendingOperations is no limit",
    in: "Outbox.add",
    find: "!internal && !restored && this.#pending >= maxPendingOperations",
    put: "maxPendingOperations < 0",
  },
  {
    name: "an operation that was refused on its second sending is executed twice without saying so",
    in: "Outbox.answered",
    find: `if (error?.name === "Forbidden" ||`,
    put: `operation.unanswered = false;
if (error?.name === "Forbidden" ||`,
  },
  {
    name: "calls on a stopped client wait for a start without end",
    in: "Session.unlessStarted",
    find: "if (this.#isStarted) return;",
    put: "return;",
  },
  {
    name: "calls before a start are refused though it came in time",
    in: "Session.accept",
    find: "for (const timer of this.#beforeStart) timer.clear();",
    put: "",
  },
  {
    name: "calls after a stop don't wait for the next start",
    in: "Session.onStopped",
    find: "this.#isStarted = false;",
    put: "",
  },
  {
    name: "sending again after a recovery costs a retry",
    in: "Outbox.resume",
    find: `operation.place = "again";`,
    put: `operation.place = "again";
operation.retries++;`,
  },
  {
    name: "an operation is retried without end",
    in: "Outbox.#mayRetry",
    find: "<= maxRetries",
    put: "<= Infinity",
  },
  {
    name: "an operation that was sent can't be aborted",
    in: "Outbox.add",
    find: "this.#fail(operation, abortedOperation(operation.ackId));",
    put: `if (operation.place === "fresh") this.#fail(operation, abortedOperation(ackId));`,
  },
  {
    name: "a result doesn't say that the operation is a duplicate",
    in: "Outbox.answered",
    find: ": { ackId, isDuplicated }",
    put: ": { ackId, isDuplicated: false }",
  },
  {
    name: "every result says that the operation may have been executed twice",
    in: "Outbox.answered",
    find: "resentOnNewConnection ? { ackId, isDuplicated, resentOnNewConnection } :",
    put: "true ? { ackId, isDuplicated, resentOnNewConnection: true } :",
  },
  {
    name: "operations are written before the connection is proved",
    quick: true,
    in: "Transport.writable",
    find: "this.#isUp &&",
    put: "",
  },
  {
    name: "an unanswered operation is sent again too late",
    quick: true,
    in: "TABLE",
    find: "ackTimeoutInMs: [amount, 30_000]",
    put: "ackTimeoutInMs: [(name, value, fallback) => amount(name, value, fallback) * 2, 30_000]",
  },
  {
    name: "a refused operation is sent again at once",
    in: "Outbox.#retryLater",
    find: "retryDelay(messageRetry, operation.retries, random())",
    put: "0",
  },
  {
    name: "what was sent still counts as waiting",
    in: "Outbox.takeNext",
    find: `if (operation.place === "fresh" && !operation.internal) this.#pending--;`,
    put: "",
  },
  {
    name: "what was aborted while it waited still counts as waiting",
    in: "Outbox.#end",
    find: `if (place === "fresh" && !internal) this.#pending--;`,
    put: "",
  },
  {
    name: "resending on a new connection costs no retry",
    in: "Outbox.sessionEnded",
    find: `(place === "delayed" || this.#mayRetry(operation))`,
    put: "true",
  },
  {
    name: "a refusal that may pass is final",
    in: "Outbox.answered",
    find: `error?.name === "Forbidden" || error?.name === "BadRequest"`,
    put: "error?.name !== undefined",
  },
  {
    name: "a refused operation is lost with its connection",
    in: "Outbox.sessionEnded",
    find: "if (!operation.unanswered && !internal) continue;",
    put: `if (!operation.unanswered && !internal && place !== "delayed") continue;`,
  },
  {
    name: "what was resent once is lost with the next connection",
    in: "Outbox.sessionEnded",
    find: "this.#options.resendOnNewConnection && (place",
    put: "this.#options.resendOnNewConnection && !operation.resentOnNewConnection && (place",
  },
  {
    name: "waiting for a recovery costs retries",
    in: "Outbox.tick",
    find: "!connected ||",
    put: "",
  },
  {
    name: "explicit ack ids below the next automatic one are called in use",
    in: "Outbox.reserveAckId",
    find: "this.#byAckId[explicit]",
    put: "this.#byAckId[explicit] || explicit < this.#nextAckId",
  },
  {
    name: "a lost connection takes along what was never sent",
    in: "Outbox.sessionEnded",
    find: `|| (place === "fresh" && !internal)) continue;`,
    put: `) continue;
operation.unanswered ||= place === "fresh" && !operation.resentOnNewConnection;
operation.retries = place === "fresh" ? Infinity : operation.retries;`,
  },
  {
    name: "a socket that throws costs no retry",
    in: "Outbox.writeFailed",
    find: "this.#sent.delete(operation);",
    put: `this.#sent.delete(operation);
operation.retries--;`,
  },
  {
    name: "noEcho isn't sent",
    in: "sendToGroupMessage",
    find: `flag("noEcho", noEcho, false)`,
    put: `flag("noEcho", noEcho, false) && false`,
  },
  {
    name: "ttlSeconds isn't sent",
    in: "sendToGroupMessage",
    find: "message.ttlSeconds = checkTtl(ttlSeconds);",
    put: "checkTtl(ttlSeconds);",
  },
  {
    name: "an error lacks its cause",
    in: "Outbox.sessionEnded",
    find: ", { cause }",
    put: "",
  },
  {
    name: "a refusal lacks the name that the service gave it",
    in: "Outbox.answered",
    find: ", { errorDetail }",
    put: "",
  },
];
