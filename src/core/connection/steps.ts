/** The longer steps of the state machine: connect, recover, give up, stop. */
import { ConnectionError } from "../errors.js";
import type { OnStateChangedArgs } from "../models/events.js";
import { decideOnClose, firstAttemptSpread, SESSION_GONE } from "./closePolicy.js";
import { LATE } from "./liveness.js";
import { FLAP_POLICY, RECOVERY_PERIOD, recoveryPeriod, retryDelay, type RetryPolicy } from "./retryPolicy.js";
import {
  carriedOver,
  stopped,
  type Context,
  type Effect,
  type Event,
  type Identity,
  type In,
  type Period,
  type State,
  type Step,
} from "./state.js";
import { TELL } from "./tell.js";

/** How long the service surely keeps a session after a drop, in ms (public client specification). */
export const RECOVERY_WINDOW = 30_000;
/** The last recovery attempt is made this long before the window ends, in ms. */
const LAST_CHANCE = 1_000;
/** If less time than this is left before that last attempt, no further one is made, in ms. */
const LEAST_ROOM = 1_000;
/** How long a closing socket may take before it is dropped, in ms. */
const CLOSE_GRACE = 50;
/**
 * A socket that is lost this soon, in ms, after it has established or recovered a connection counts as a failed
 * attempt for the next delay. Otherwise a service that accepts and drops would be tried without end. For a session
 * that was taken over it is twice as long as the attempt has taken, at least: so long another client that has the same
 * session may need to take it back, on a slow line.
 */
const STABLE_AFTER = 1_000;
/** After this many early losses in a row the next attempt isn't delayed yet: they may be chance. */
export const FREE_LOSSES = 2;
/** How long an attempt may still take after a wake, in ms. */
const AFTER_WAKE = 5_000;

/** A step after other effects. */
export function after(effects: readonly Effect[], step: Step): Step {
  return { state: step.state, effects: [...effects, ...step.effects] };
}

/** Starts an attempt to make a new connection. */
export function connect(
  state: State,
  purpose: "start" | "reconnect",
  attempt: number,
  context: Context,
): Step {
  const epoch = state.epoch + 1;
  return {
    state: {
      name: "Connecting",
      ...carriedOver(state),
      // The `disconnected` message of a connection or an attempt doesn't concern the next one.
      disconnectedMessage: undefined,
      resumed: false,
      purpose,
      open: false,
      attempt,
      epoch,
      due: context.now + context.connectTimeoutInMs,
    },
    effects: [{ type: "changed", details: { attempt } }, { type: "getUrl" }],
  };
}

/** The client starts: with a new connection, or with that of a saved session. */
export function start(
  state: In<"Stopped">,
  { keepTrying, saved }: Extract<Event, { type: "start" }>,
  context: Context,
): Step {
  const purpose = keepTrying === true || saved ? "reconnect" : "start";
  if (!saved) return connect(state, purpose, 1, context);
  const { identity } = saved;
  const restore: Effect = { type: "restore", saved };
  // One of another subprotocol is found out by its endpoint.
  if (!identity) {
    const error = new ConnectionError("Closed", "The session has no connection to recover.");
    return after([restore, { type: "onLost", error }], connect(state, purpose, 1, context));
  }
  const recovering: In<"Recovering"> = {
    ...state,
    name: "Recovering",
    identity,
    resumed: true,
    groups: "unasked",
    phase: "opening",
    since: context.now,
    attempt: 1,
    deadline: Math.min(saved.droppedAt, context.now) + RECOVERY_WINDOW,
    late: false,
  };
  const details = { attempt: 1, connectionId: identity.connectionId };
  return after([restore, { type: "changed", details }], recover(recovering, context));
}

/** The client stops without ending its connection. */
export function suspend(state: State): Step {
  const error = new ConnectionError("Suspended", "The client was suspended.");
  return {
    state: stopped(state.epoch + 1),
    effects: [
      { type: "drop" },
      { type: "settleStart", error },
      { type: "onStopped", error },
      { type: "changed", details: {} },
      { type: "emit", event: "stopped", args: {} },
      { type: "settleStop" },
    ],
  };
}

/**
 * An attempt that began before the machine slept is likely dead: it gets 5 s more. If less is left of the
 * recovery window, another attempt is made at once.
 */
export function shortenAttempt(state: In<"Connecting" | "Recovering">, context: Context): Step {
  if (state.name === "Recovering" && !state.late && state.deadline - context.now < AFTER_WAKE)
    return after([{ type: "drop" }], recover(state, context, true));
  return { state: { ...state, due: Math.min(state.due, context.now + AFTER_WAKE) }, effects: [] };
}

/** A failed `start` rejects and leaves the client stopped; only `state-changed` is emitted. */
export function failStart(state: In<"Connecting">, error: Error): Step {
  const refusal =
    error instanceof ConnectionError
      ? error
      : new ConnectionError("Stopped", "start was aborted", { cause: error });
  return {
    state: stopped(state.epoch + 1),
    effects: [
      { type: "drop" },
      { type: "settleStart", error },
      { type: "onStopped", error: refusal },
      { type: "changed", details: { error, ...closeDetails(error) } },
      // A draining `stop()` may be pending; it resolves now.
      { type: "settleStop" },
    ],
  };
}

/** A new connection is established. */
export function begin(state: State, identity: Identity, context: Context): Step {
  // The message that ended the connection before goes with its `disconnected`, which is still to be emitted.
  const disconnectedMessage = state.told && state.disconnectedMessage;
  return {
    state: { ...connected(state, identity, "unasked", true, context), disconnectedMessage, resumed: false },
    effects: [{ type: "onOpened" }, ...established(identity, context)],
  };
}

/** The service has answered a recovery with a new connection. */
export function replace(state: In<"Connected" | "Recovering">, identity: Identity, context: Context): Step {
  const error = new ConnectionError("Closed", "The service answered the recovery with a new connection.");
  return after([{ type: "onLost", error }], begin(state, identity, context));
}

export function resume(
  state: In<"Recovering">,
  identity: Identity,
  confirmed: boolean,
  context: Context,
): Step {
  return {
    state: {
      ...connected(
        state,
        identity,
        state.groups,
        confirmed,
        context,
        state.resumed ? state.since : undefined,
      ),
      disconnectedMessage: undefined,
    },
    effects: [{ type: "onRecovered" }, ...established(identity, context)],
  };
}

function established({ connectionId }: Identity, { isStarting }: Context): Effect[] {
  return [
    { type: "settleStart" },
    { type: "changed", details: { connectionId } },
    isStarting ? { type: "dispatch", event: { type: "started" } } : TELL,
  ];
}

function connected(
  state: State,
  identity: Identity,
  groups: In<"Connected">["groups"],
  confirmed: boolean,
  { now }: Context,
  attemptedAt = now,
): In<"Connected"> {
  return {
    name: "Connected",
    ...carriedOver(state),
    identity,
    groups,
    confirmed,
    stableAt: now + Math.max(STABLE_AFTER, 2 * (now - attemptedAt)),
    epoch: state.epoch,
    due: Infinity,
  };
}

/** The link of an established connection is lost. */
export function onLost(
  state: In<"Connected">,
  error: ConnectionError,
  recoverable: boolean,
  context: Context,
): Step {
  const earlyLosses = context.now < state.stableAt ? state.earlyLosses + 1 : 0;
  // Another client that has the same session would take the connection back for ever.
  const isContested = state.resumed && earlyLosses > FREE_LOSSES;
  const decision = decideOnClose({
    ...context,
    code: error.closeCode,
    recoverable: recoverable && !isContested,
  });
  const lost = { ...state, earlyLosses };
  const spread = firstAttemptSpread(error.closeCode);
  if (decision !== "recover") return abandonConnection(lost, error, decision, spread, context);
  const { identity } = state;
  const delay = firstDelay(lost, FLAP_POLICY, spread, context);
  return {
    state: {
      name: "Recovering",
      ...carriedOver(lost),
      identity,
      groups: state.groups,
      phase: "waiting",
      since: context.now,
      attempt: 1,
      deadline: context.now + RECOVERY_WINDOW,
      late: false,
      epoch: state.epoch + 1,
      due: delay === 0 ? Infinity : context.now + delay,
    },
    effects: [
      { type: "drop" },
      { type: "changed", details: attemptDetails(error, 1, delay, identity) },
      TELL,
      ...atOnce(delay),
    ],
  };
}

/**
 * Starts an attempt to recover the connection.
 * @param late allowed past the window, because the machine slept
 */
export function recover(
  state: In<"Recovering">,
  context: Context,
  late = state.deadline <= context.now,
): Step {
  const epoch = state.epoch + 1;
  const patience = late ? Infinity : Math.max(LAST_CHANCE, state.deadline - context.now);
  const timeout = Math.min(context.connectTimeoutInMs, patience);
  return {
    state: { ...state, phase: "opening", since: context.now, late, epoch, due: context.now + timeout },
    effects: [{ type: "openSocket" }],
  };
}

/** An attempt to recover has failed. */
export function retryRecovery(state: In<"Recovering">, error: ConnectionError, context: Context): Step {
  const latest = state.deadline - LAST_CHANCE;
  const overslept = !state.late && context.now - state.due > LATE;
  const recoverable = latest - context.now >= LEAST_ROOM || overslept;
  const decision = decideOnClose({ ...context, code: error.closeCode, recoverable });
  // Clients that are still waiting when the window ends must not all reconnect at once. After the service's
  // clear answer no wait is needed, nor on a machine that slept long past the window: it reconnects alone.
  const alone = error.closeCode === SESSION_GONE || context.now > state.deadline + AFTER_WAKE;
  if (decision !== "recover")
    return abandonConnection(state, error, decision, recoverable || alone ? 0 : RECOVERY_PERIOD, context);
  const attempt = state.attempt + 1;
  const { now } = context;
  const next = nextAttempt(state, latest, context);
  const { due } = next;
  return {
    state: { ...state, ...next, phase: "waiting", attempt, epoch: state.epoch + 1 },
    effects: [
      { type: "drop" },
      { type: "changed", details: attemptDetails(error, attempt, due - now, state.identity) },
    ],
  };
}

/** The next period's attempt. Where the last attempt has taken too long for it, a period begins now. */
function nextAttempt(
  { period, deadline }: In<"Recovering">,
  latest: number,
  { now, random }: Context,
): { period: Period; due: number } {
  const inPeriod = (begin: number, moment: number): { period: Period; due: number } => {
    const end = begin + recoveryPeriod(begin - (deadline - RECOVERY_WINDOW));
    const due = begin + Math.floor(moment * Math.max(0, Math.min(end, latest) - begin));
    return { period: { end, moment }, due };
  };
  // After the last period further ones follow in what is left: at the same moment many would come together at its end.
  if (!period || period.end >= latest) return inPeriod(now, random);
  const next = inPeriod(period.end, period.moment);
  return next.due >= now ? next : inPeriod(now, period.moment);
}

/**
 * The connection id is gone: make a new connection, or stop.
 * @param spread time in ms over which the first attempt is spread at random
 */
function abandonConnection(
  state: In<"Connected" | "Recovering">,
  error: ConnectionError,
  action: "reconnect" | "stop",
  spread: number,
  context: Context,
): Step {
  const ended: Effect = { type: "onLost", error };
  if (action === "stop") return after([ended], stop(state, false, context, error));
  const delay = firstDelay(state, context.reconnectRetry, spread, context);
  return after([{ type: "drop" }, ended], scheduleReconnect(state, 1, delay, error, context));
}

/**
 * Delay in ms before the first attempt after a loss.
 * @param spread time in ms over which the attempt is spread at random
 */
function firstDelay(
  { earlyLosses }: State,
  policy: RetryPolicy,
  spread: number,
  { random }: Context,
): number {
  const pause = earlyLosses > FREE_LOSSES ? retryDelay(policy, earlyLosses - FREE_LOSSES, random) : 0;
  return Math.max(pause, Math.floor(random * spread));
}

/** Schedules an attempt to make a new connection. */
export function scheduleReconnect(
  state: State,
  attempt: number,
  delay: number,
  error: ConnectionError,
  context: Context,
): Step {
  // Only a first attempt may follow synchronously; failing attempts would otherwise loop without end.
  const now = attempt === 1 && delay === 0;
  return {
    state: {
      name: "Disconnected",
      ...carriedOver(state),
      attempt,
      epoch: state.epoch + 1,
      due: now ? Infinity : context.now + delay,
    },
    effects: [
      { type: "changed", details: attemptDetails(error, attempt, delay) },
      TELL,
      ...(now ? atOnce(0) : []),
    ],
  };
}

/** Stops, in any state. An open socket gets `CLOSE_GRACE` to close with code 1000. */
export function stop(state: State, open: boolean, context: Context, error?: ConnectionError): Step {
  const reason = error ?? new ConnectionError("Stopped", "The client was stopped.");
  const effects: Effect[] = [
    { type: "settleStart", error: reason },
    { type: "onStopped", error: reason },
    { type: "changed", details: { error, ...closeDetails(error) } },
  ];
  if (!open) return after(effects, finishStop(state));
  const due = context.now + CLOSE_GRACE;
  return {
    state: { name: "Stopping", ...carriedOver(state), phase: "closing", epoch: state.epoch, due },
    effects: [...effects, { type: "close" }],
  };
}

/** No socket is open any more: emits the remaining events, then stops. */
export function finishStop(state: State): Step {
  return {
    state: {
      name: "Stopping",
      ...carriedOver(state),
      phase: "leaving",
      epoch: state.epoch + 1,
      due: Infinity,
    },
    effects: [{ type: "drop" }, TELL, { type: "dispatch", event: { type: "left" } }],
  };
}

/** An attempt that follows without a timer, after the listeners have been called. */
function atOnce(delay: number): Effect[] {
  return delay === 0 ? [{ type: "dispatch", event: { type: "due" } }] : [];
}

export function withToken(identity: Identity, news: Identity): Identity {
  const reconnectionToken = news.reconnectionToken || identity.reconnectionToken;
  return { ...identity, reconnectionToken };
}

export function timedOut(context: Context): ConnectionError {
  return new ConnectionError(
    "Timeout",
    `No connection within ${context.connectTimeoutInMs} ms (connectTimeoutInMs).`,
  );
}

function closeDetails(error: Error | undefined): { code?: number; reason?: string } {
  return error instanceof ConnectionError ? { code: error.closeCode, reason: error.reason } : {};
}

function attemptDetails(
  error: ConnectionError,
  attempt: number,
  nextDelayInMs: number,
  identity?: Identity,
): Omit<OnStateChangedArgs, "state" | "previousState"> {
  return { error, ...closeDetails(error), attempt, nextDelayInMs, connectionId: identity?.connectionId };
}
