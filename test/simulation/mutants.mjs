// Faults planted on purpose: each one breaks a promise in the way a careless change might. The
// simulation must find every one of them, or its oracle is blind there.

import { blindMutants } from "./blindMutants.mjs";
import { callMutants } from "./callMutants.mjs";
import { courseMutants } from "./courseMutants.mjs";
import { handleMutants } from "./handleMutants.mjs";
import { previewMutants } from "./previewMutants.mjs";
import { protobufMutants } from "./protobufMutants.mjs";

const outbox = "src/session/outbox.ts";
const session = "src/session/session.ts";
const tracker = "src/session/sequenceTracker.ts";
const registry = "src/session/groupRegistry.ts";
const memberships = "src/session/memberships.ts";
const connection = "src/connection/connection.ts";
const steps = "src/connection/steps.ts";
const transition = "src/connection/transition.ts";
const liveness = "src/connection/liveness.ts";
const announcer = "src/connection/announcer.ts";
const service = "emulator/src/service/";

/** @type {import("./mutants.mjs").Mutant[]} */
const client = [
  {
    name: "a new ack id on every retry",
    quick: true,
    file: outbox,
    find: `    operation.place = "again";`,
    put: `    operation.place = "again";
    delete this.#byAckId[operation.ackId];
    const ackId = this.#nextAckId++;
    operation.frame = operation.frame.replace(/"ackId":\\d+/, '"ackId":' + ackId);
    operation.ackId = ackId;
    this.#byAckId[ackId] = operation;`,
  },
  {
    name: "nothing is sent again after a recovery",
    quick: true,
    file: outbox,
    find: `      operation.late = true;
      this.#sendAgain(operation);
    }`,
    put: `      operation.late = true;
      this.#sent.add(operation);
    }`,
  },
  {
    name: "what is sent again goes in the wrong order",
    quick: true,
    file: outbox,
    find: `sort((a, b) => a.order - b.order)`,
    put: `sort((a, b) => b.order - a.order)`,
  },
  {
    name: "new operations overtake those that are sent again",
    file: outbox,
    find: `this.#again.shift() ?? this.#fresh.shift()`,
    put: `this.#fresh.shift() ?? this.#again.shift()`,
  },
  {
    name: "the abort listener stays",
    file: outbox,
    find: `    unlisten?.();`,
    put: ``,
  },
  {
    name: "an execution on two connections isn't confessed",
    quick: true,
    file: outbox,
    find: `resentOnNewConnection ? { ackId, isDuplicated, resentOnNewConnection } : { ackId, isDuplicated }`,
    put: `{ ackId, isDuplicated }`,
  },
  {
    name: "resendOnNewConnection: false is ignored",
    file: outbox,
    find: `this.#options.resendOnNewConnection && (isDelayed`,
    put: `(isDelayed`,
  },
  {
    name: "Forbidden is tried again",
    quick: true,
    file: outbox,
    find: `if (error?.name === "Forbidden" || error?.name === "BadRequest")`,
    put: `if (error?.name === "BadRequest")`,
  },
  {
    name: "an unanswered operation waits for ever",
    file: outbox,
    find: `      if (operation.due > now) break;`,
    put: `      break;`,
  },
  {
    name: "a delayed operation never comes back",
    quick: true,
    file: outbox,
    find: `      if (operation.due > now) continue;`,
    put: `      continue;`,
  },
  {
    name: "a fire-and-forget message is sent twice",
    quick: true,
    file: outbox,
    find: `  written(operation: Operation): void {`,
    put: `  written(operation: Operation): void {
    if (operation.ackId === undefined && operation.retries++ === 0)
      this.#again.push({ ...operation, place: "again", resolve: () => undefined });`,
  },
  {
    name: "an automatic ack id repeats an explicit one",
    file: outbox,
    find: `    if (explicit >= this.#nextAckId && explicit < FAR_AWAY) this.#nextAckId = explicit + 1;`,
    put: ``,
  },
  {
    name: "an explicit ack id in use is taken again",
    quick: true,
    file: outbox,
    find: `    if (this.#byAckId[explicit] !== undefined) {`,
    put: `    if (explicit < 0) {`,
  },
  {
    name: "maxPendingOperations is no limit",
    file: outbox,
    find: `    if (!isRejoin && this.#pending >= maxPendingOperations) {`,
    put: `    if (maxPendingOperations < 0) {`,
  },
  {
    name: "a late answer of an operation that was tried again leaves the membership wrong",
    file: outbox,
    find: `    operation.place = "delayed";
    operation.late = true;`,
    put: `    operation.place = "delayed";`,
  },
  {
    name: "an operation refused on its second sending is forgotten to be perhaps executed",
    file: outbox,
    find: `    if (error?.name === "Forbidden" ||`,
    put: `    operation.unanswered = false;
    if (error?.name === "Forbidden" ||`,
  },
  {
    name: "stopping leaves operations unsettled",
    quick: true,
    file: session,
    find: `    this.#outbox?.clear(error);`,
    put: ``,
  },
  {
    name: "the timer of operations stays after a stop",
    file: session,
    find: `    this.#timer.clear();`,
    put: ``,
  },
  {
    name: "operations are taken while Stopped",
    file: session,
    find: `    this.#refusal = "The client is stopped; call start() first.";`,
    put: ``,
  },
  {
    name: "a new connection goes on counting where the old one ended",
    file: session,
    find: `    this.#tracker.reset();`,
    put: ``,
  },
  {
    name: "sequence acks are never sent",
    file: session,
    find: `timer.after(SEQUENCE_ACK_DELAY, () => this.#writeSequenceAck())`,
    put: `timer.after(SEQUENCE_ACK_DELAY, () => undefined)`,
  },
  {
    name: "duplicates are delivered",
    quick: true,
    file: tracker,
    find: `sequenceId <= this.#last) return false;`,
    put: `sequenceId <= this.#last) return true;`,
  },
  {
    name: "the last message of a replay is delivered again",
    quick: true,
    file: tracker,
    find: `sequenceId <= this.#last) return false;`,
    put: `sequenceId < this.#last) return false;`,
  },
  {
    name: "every other message is taken for a duplicate",
    file: tracker,
    find: `sequenceId <= this.#last) return false;`,
    put: `sequenceId <= this.#last + (this.#last % 2)) return false;`,
  },
  {
    name: "bursts are not acknowledged before the clock says so",
    file: tracker,
    find: `const ACK_AFTER_MESSAGES = 64;`,
    put: `const ACK_AFTER_MESSAGES = 640;`,
  },
  {
    name: "the sequence is acknowledged before it is received",
    quick: true,
    file: session,
    find: `const sequenceId = this.#tracker.last;`,
    put: `const sequenceId = this.#tracker.last === undefined ? undefined : this.#tracker.last + 1;`,
  },
  {
    name: "groups are not joined again",
    quick: true,
    file: registry,
    find: `      if (isWanted(entry) && entry.unsettled === 0) groups.push(group);`,
    put: `      if (entry.held !== undefined && entry.unsettled === 0) groups.push(group);`,
  },
  {
    name: "a group that was left is joined again",
    file: registry,
    find: `    entry.wished = false;`,
    put: ``,
  },
  {
    name: "a join that failed counts as a wish",
    file: registry,
    find: `      entry.tickets.splice(index, 1);`,
    put: `      entry.tickets.splice(index, 1);
      entry.wished ||= wish;`,
  },
  {
    name: "a leave doesn't overrule a join on its way",
    quick: true,
    file: registry,
    find: `    entry.tickets = [];
    entry.joined = false;`,
    put: `    entry.joined = false;`,
  },
  {
    name: "no connection is ever recovered",
    file: transition,
    find: `const recoverable = context.reliable && Boolean(connectionId && reconnectionToken);`,
    put: `const recoverable = false;`,
  },
  {
    name: "sending again after a recovery costs a retry",
    file: outbox,
    find: `      operation.late = true;
      this.#sendAgain(operation);
    }`,
    put: `      operation.late = true;
      operation.retries++;
      this.#sendAgain(operation);
    }`,
  },
  {
    name: "an operation is tried without end",
    file: outbox,
    find: `return ++operation.retries <= this`,
    put: `return true || ++operation.retries <= this`,
  },
  {
    name: "the abort of an operation that was sent is not heard",
    file: outbox,
    find: `whenAborted(signal, () => this.#fail(`,
    put: `whenAborted(signal, () => operation.place === "fresh" && this.#fail(`,
  },
  {
    name: "the abort of a start is not heard",
    file: connection,
    find: `if (this.#starting !== starting) return;`,
    put: `return;`,
  },
  {
    name: "autoReconnect off reconnects",
    file: "src/connection/closePolicy.ts",
    find: `autoReconnect ? "reconnect" : "stop"`,
    put: `autoReconnect ? "reconnect" : "reconnect"`,
  },
  {
    name: "a drain doesn't wait",
    file: connection,
    find: `await this.#session.drain(drainInMs);`,
    put: `await this.#session.drain(0);`,
  },
  {
    name: "a duplicate isn't called one",
    file: outbox,
    find: `: { ackId, isDuplicated },`,
    put: `: { ackId, isDuplicated: false },`,
  },
  {
    name: "every result may have been executed twice",
    file: outbox,
    find: `resentOnNewConnection ? { ackId, isDuplicated, resentOnNewConnection } :`,
    put: `true ? { ackId, isDuplicated, resentOnNewConnection: true } :`,
  },
  {
    name: "reconnecting has no last attempt",
    file: transition,
    find: `if (state.attempt > context.reconnectRetry.maxRetries) {`,
    put: `if (state.attempt > Infinity) {`,
  },
  {
    name: "a leave of the client's own is given up",
    file: outbox,
    find: ` || operation.persists === true;`,
    put: `;`,
  },
  {
    name: "connected is told before the groups are joined",
    quick: true,
    file: memberships,
    find: `    if (this.#rejoining === 0) return callback();`,
    put: `    return callback();`,
  },
  {
    name: "an older socket is heard",
    quick: true,
    file: transition,
    find: `event.epoch !== state.epoch) return ignored`,
    put: `event.epoch < 0) return ignored`,
  },
  {
    name: "a recovery counts before it is proved",
    quick: true,
    file: transition,
    find: `      if (!context.canPing) return resume`,
    put: `      if (context.now > 0) return resume`,
  },
  {
    name: "an open socket counts as a recovery that nothing proves",
    file: transition,
    find: `    case "frame":
      return resume(state, state.identity, false, context);`,
    put: `    case "frame":
      return undefined;`,
  },
  {
    name: "close code 1008 leads to a recovery",
    quick: true,
    file: "src/connection/closePolicy.ts",
    find: `export const SESSION_GONE = 1008;`,
    put: `export const SESSION_GONE = 4321;`,
  },
  {
    name: "an attempt has no deadline",
    quick: true,
    file: steps,
    find: `      due: context.now + context.connectTimeoutInMs,`,
    put: `      due: Infinity,`,
  },
  {
    name: "recovery is tried for ever",
    file: steps,
    find: `const RECOVERY_WINDOW = 30_000;`,
    put: `const RECOVERY_WINDOW = 90_000;`,
  },
  {
    name: "the old socket is not dropped",
    file: connection,
    find: `        this.#link?.drop();`,
    put: ``,
  },
  {
    name: "stop leaves the session to the service",
    file: connection,
    find: `        this.#link?.close();`,
    put: ``,
  },
  {
    name: "start is never settled when it fails",
    quick: true,
    file: connection,
    find: `        else this.#starting?.reject(effect.error);`,
    put: ``,
  },
  {
    name: "the wake signals are listened to after the stop",
    quick: true,
    file: connection,
    find: `        this.#endWake?.();`,
    put: ``,
  },
  {
    name: "the timer of the state before is left running",
    quick: true,
    file: connection,
    find: `this.#timer.at(state.due`,
    put: `new Timer(this.#settings.environment).at(state.due`,
  },
  {
    name: "the timer of the keep-alive is left running",
    file: "src/connection/heartbeat.ts",
    find: `    this.#timer.clear();
    this.#link = undefined;`,
    put: `    this.#link = undefined;`,
  },
  {
    name: "operations are written before the connection is proved",
    quick: true,
    file: connection,
    find: `this.#state.name === "Connected" && this.#link?.open === true`,
    put: `this.#link?.open === true`,
  },
  {
    name: "messages are delivered after a stop",
    quick: true,
    file: connection,
    find: `epoch !== this.#state.epoch || this.#state.name === "Stopping"`,
    put: `epoch !== this.#state.epoch`,
  },
  {
    name: "an attempt due on the same millisecond gets no timer",
    file: connection,
    find: `    if (before.due !== state.due || before.epoch !== state.epoch) {`,
    put: `    if (before.due !== state.due) {`,
  },
  {
    name: "a silent connection is believed for ever",
    quick: true,
    file: liveness,
    find: `return { dead: true, due: Infinity };`,
    put: `return { dead: false, due: Infinity };`,
  },
  {
    name: "pings are not sent",
    file: "src/connection/heartbeat.ts",
    find: `() => link.send(pingFrame)`,
    put: `() => undefined`,
  },
  {
    name: "disconnected is told although connected never was",
    file: announcer,
    find: `    if (!current?.announced) return;
    this.#emitter.emit("disconnected"`,
    put: `    if (!current) return;
    this.#emitter.emit("disconnected"`,
  },
  {
    name: "recovered is told although recovering never was",
    file: announcer,
    find: `    if (!this.#current.announced) return this.#announce();
`,
    put: ``,
  },
  {
    name: "a listener that throws stops the client",
    file: "src/util/safely.ts",
    find: `    } catch (error) {`,
    put: `    } catch (error) {
      throw error;`,
  },
  {
    name: "a listener's rejection is not handled",
    file: "src/util/safely.ts",
    find: `Promise.resolve(result).catch(onError);`,
    put: `void Promise.resolve(result);`,
  },
  {
    name: "bursts are sent without regard to what the service has read",
    quick: true,
    file: "src/session/pace.ts",
    find: `this.#written - this.#read < UNREAD;`,
    put: `true;`,
  },
  {
    name: "twice as much is on its way as a quarter of the window",
    file: "src/session/pace.ts",
    find: `const UNREAD = 180;`,
    put: `const UNREAD = 500;`,
  },
  {
    name: "large messages count as small ones when a burst is sent",
    file: "src/session/pace.ts",
    find: `Math.max(1, size / UNIT)`,
    put: `Math.max(1, size / Infinity)`,
  },
  {
    name: "large messages are not acknowledged before the clock says so",
    quick: true,
    file: tracker,
    find: `const ACK_AFTER_SIZE = 1 << 20;`,
    put: `const ACK_AFTER_SIZE = 1 << 30;`,
  },
  {
    name: "reconnections follow each other without a pause",
    file: "src/options.ts",
    find: `const RECONNECT_RETRY: RetryPolicy = { ...MESSAGE_RETRY, maxRetries: Infinity };`,
    put: `const RECONNECT_RETRY: RetryPolicy = { ...MESSAGE_RETRY, retryDelayInMs: 1, maxRetries: Infinity };`,
  },
  {
    name: "the pauses between reconnections don't grow",
    file: "src/connection/retryPolicy.ts",
    find: `policy.mode === "Fixed"`,
    put: `policy.mode !== undefined`,
  },
  {
    name: "the pauses between reconnections grow without end",
    file: "src/connection/retryPolicy.ts",
    find: `Math.min(policy.maxRetryDelayInMs, `,
    put: `Math.min(2_000_000_000, `,
  },
  {
    name: "a crowd reconnects in step",
    quick: true,
    file: "src/connection/retryPolicy.ts",
    find: `policy.jitter ? Math.floor(random * bound) : bound`,
    put: `bound`,
  },
  {
    name: "a crowd recovers at once when a service goes away",
    file: "src/connection/closePolicy.ts",
    find: `code === 1001 || code === 1012 || code === 1013 ? 5_000 : 0`,
    put: `code === 1001 || code === 1012 || code === 1013 ? 0 : 0`,
  },
  {
    name: "the first attempt to recover waits",
    file: steps,
    find: `const delay = Math.max(pause, `,
    put: `const delay = Math.max(pause, 1_500, `,
  },
  {
    name: "attempts to recover come too seldom",
    quick: true,
    file: "src/connection/retryPolicy.ts",
    find: `export const RECOVERY_PERIOD = 5_000;`,
    put: `export const RECOVERY_PERIOD = 12_000;`,
  },
  {
    name: "a recovery is given up before its window ends",
    file: steps,
    find: `const RECOVERY_WINDOW = 30_000;`,
    put: `const RECOVERY_WINDOW = 15_000;`,
  },
  {
    name: "an attempt may take twice as long as it should",
    file: steps,
    find: `      due: context.now + context.connectTimeoutInMs,`,
    put: `      due: context.now + context.connectTimeoutInMs * 2,`,
  },
  {
    name: "a silent connection is believed for minutes",
    file: "src/options.ts",
    find: `options.keepAliveTimeoutInMs, 45_000`,
    put: `options.keepAliveTimeoutInMs, 180_000`,
  },
  {
    name: "pings are sent half as often",
    quick: true,
    file: "src/options.ts",
    find: `options.keepAliveIntervalInMs, 20_000`,
    put: `options.keepAliveIntervalInMs, 40_000`,
  },
  {
    name: "a wake doesn't end the wait for a new connection",
    file: transition,
    find: `if (event.type !== "due" && event.type !== "wake") return ignored;`,
    put: `if (event.type !== "due") return ignored;`,
  },
  {
    name: "a wake doesn't end the wait for a recovery",
    file: transition,
    find: `if (state.phase === "waiting") return recover(state, context);`,
    put: `if (state.phase === "waiting") return event.type === "due" ? recover(state, context) : undefined;`,
  },
  {
    name: "a connection isn't asked after a wake whether it still is",
    file: transition,
    find: `return { state, effects: [{ type: "probe" }] };`,
    put: `return { state, effects: [] };`,
  },
  {
    name: "a wake soon after an answered one is not heeded",
    quick: true,
    file: liveness,
    find: `(!this.#answered() && this.#probes > 0)`,
    put: `this.#probes > 0`,
  },
  {
    name: "connected waits too long for the groups",
    file: memberships,
    find: `const REJOIN_PATIENCE = 5_000;`,
    put: `const REJOIN_PATIENCE = 25_000;`,
  },
  {
    name: "an unanswered operation is sent again too late",
    quick: true,
    file: "src/options.ts",
    find: `options.ackTimeoutInMs, 30_000)`,
    put: `options.ackTimeoutInMs, 30_000) * 2`,
  },
  {
    name: "a refused operation is sent again at once",
    file: outbox,
    find: `retryDelay(messageRetry, operation.retries, random())`,
    put: `0`,
  },
  {
    name: "a wall clock set back stops the timers",
    file: "src/environment/default.ts",
    find: `ahead = Math.max(ahead, wallClock() - up);`,
    put: `ahead = wallClock() - up;`,
  },
];

/** @type {import("./mutants.mjs").Mutant[]} */
const server = [
  {
    name: "service: executed ack ids are forgotten",
    quick: true,
    file: `${service}ackMemory.ts`,
    find: `    if (executed) this.#add(ackId);`,
    put: ``,
  },
  {
    name: "service: an event that is being handled is handled again",
    file: `${service}ackMemory.ts`,
    find: `      this.#executing.set(ackId, repeats + 1);
      return "executing";`,
    put: `      return "new";`,
  },
  {
    name: "service: a refused operation counts as executed",
    quick: true,
    file: `${service}operations.ts`,
    find: `session.acks.finish(ackId, error === undefined)`,
    put: `session.acks.finish(ackId, true)`,
  },
  {
    name: "service: events are handled in any order",
    file: `${service}operations.ts`,
    find: `    if (waiting === undefined) {
      this.#waitingEvents.set(session, []);`,
    put: `    if (true) {
      this.#waitingEvents.set(session, []);`,
  },
  {
    name: "service: noEcho is ignored",
    quick: true,
    file: `${service}operations.ts`,
    find: `excluded: noEcho ? [session.connectionId] : undefined`,
    put: `excluded: undefined`,
  },
  {
    name: "service: what was acknowledged is replayed",
    file: `${service}reliableBuffer.ts`,
    find: `      if (entry.sequenceId > sequenceId) break;`,
    put: `      if (entry.sequenceId >= sequenceId) break;`,
  },
  {
    name: "service: an ack frees one message too many",
    file: `${service}reliableBuffer.ts`,
    find: `      if (entry.sequenceId > sequenceId) break;`,
    put: `      if (entry.sequenceId > Number(sequenceId) + 1) break;`,
  },
  {
    name: "service: the newest message is replayed first",
    file: `${service}reliableBuffer.ts`,
    find: `    return this.#entries.slice();`,
    put: `    return this.#entries.slice().reverse();`,
  },
  {
    name: "service: nothing is replayed",
    quick: true,
    file: `${service}service.ts`,
    find: `      session.replay(this.#ports.interference.replays(session));`,
    put: ``,
  },
  {
    name: "service: a recovered session still waits for its end",
    file: `${service}service.ts`,
    find: `      this.#waitingRoom.remove(session);
      session.replay`,
    put: `      session.replay`,
  },
  {
    name: "service: messages for a session without a transport are lost",
    file: `${service}session.ts`,
    find: `    const encoded = this.#ended ? undefined`,
    put: `    const encoded = this.#ended || this.#transport === undefined ? undefined`,
  },
  {
    name: "service: an older socket of a session is heard",
    file: `${service}session.ts`,
    find: `const current = () => this.#transport === transport && !this.#ended;`,
    put: `const current = () => !this.#ended;`,
  },
  {
    name: "service: a close with 1000 keeps the session",
    quick: true,
    file: `${service}session.ts`,
    find: `const goodbye = code === closeCodes.normal || code === 1005;`,
    put: `const goodbye = code === 1005;`,
  },
  {
    name: "service: a lost transport ends the session",
    file: `${service}session.ts`,
    find: `const goodbye = code === closeCodes.normal || code === 1005;`,
    put: `const goodbye = code !== 1011;`,
  },
  {
    name: "service: an earlier reconnection token is refused",
    file: `${service}session.ts`,
    find: `    this.#reconnectionTokens.add(token);`,
    put: `    this.#reconnectionTokens.clear();
    this.#reconnectionTokens.add(token);`,
  },
  {
    name: "service: sessions are given up too early",
    file: `${service}limits.ts`,
    find: `export const defaultRecoveryWindowInMs = 30_000;`,
    put: `export const defaultRecoveryWindowInMs = 3_000;`,
  },
  {
    name: "service: sessions that nobody recovers stay",
    file: `${service}waitingRoom.ts`,
    find: `      this.#deadlines.delete(session);
      session.end(`,
    put: `      this.#deadlines.delete(session);
      if (deadline < 0) session.end(`,
  },
  {
    name: "service: leaving a group changes nothing",
    quick: true,
    file: `${service}hub.ts`,
    find: `    session.groups.delete(group);
    removeFrom(this.#groups, group, session);`,
    put: `    session.groups.delete(group);`,
  },
  {
    name: "service: groups outlive their members",
    file: `${service}hub.ts`,
    find: `    for (const group of session.groups) removeFrom(this.#groups, group, session);`,
    put: ``,
  },
  {
    name: "service: pings are not answered",
    file: `${service}frames.ts`,
    find: `        session.control({ kind: "pong" });`,
    put: ``,
  },
];

export const mutants = [
  ...client,
  ...server,
  ...previewMutants,
  ...callMutants,
  ...courseMutants,
  ...blindMutants,
  ...handleMutants,
  ...protobufMutants,
];
