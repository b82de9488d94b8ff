import { ConnectionError } from "../errors.js";
import { DECLINED } from "./closePolicy.js";
import { retryDelay } from "./retryPolicy.js";
import { stopped, type Context, type Event, type In, type State, type Step } from "./state.js";
import {
  FREE_LOSSES,
  after,
  begin,
  connect,
  failStart,
  finishStop,
  onLost,
  recover,
  replace,
  resume,
  retryRecovery,
  start,
  stop,
  suspend,
  timedOut,
  scheduleReconnect,
  shortenAttempt,
  withToken,
} from "./steps.js";
import { tell, TELL } from "./tell.js";

/** Returns the next state and its effects. An event that means nothing in a state leaves it unchanged. */
export function transition(state: State, event: Event, context: Context): Step {
  const ignored: Step = { state, effects: [] };
  // What an older socket reports is ignored.
  if ("epoch" in event && event.epoch !== state.epoch) return ignored;
  if (event.type === "tell") return tell(state);
  if (state.name === "Connected" && state.groups === "deferred")
    return { state: { ...state, groups: "unasked" }, effects: [TELL, { type: "dispatch", event }] };
  const isRunning = state.name !== "Stopped" && state.name !== "Stopping";
  if (event.type === "disconnecting" && isRunning)
    return { state: { ...state, disconnectedMessage: event.message }, effects: [] };
  if (event.type === "drain" && isRunning) {
    const until = Math.min(event.until, state.drainUntil ?? Infinity);
    // The clock may have jumped past the time of an earlier call, whose timer is late then.
    if (until <= context.now) return transition(state, { type: "stop" }, context);
    return { state: { ...state, drainUntil: until }, effects: [{ type: "drainOperations" }] };
  }
  if (event.type === "drained" && state.drainUntil !== undefined)
    return transition(state, { type: "stop" }, context);
  if (event.type === "suspend") return isRunning ? suspend(state) : ignored;
  switch (state.name) {
    case "Stopped":
      if (event.type === "start") return start(state, event, context);
      return event.type === "stop" ? { state, effects: [{ type: "settleStop" }] } : ignored;

    case "Connecting":
      return whileConnecting(state, event, context) ?? ignored;

    case "Connected":
      return whileConnected(state, event, context) ?? ignored;

    case "Recovering":
      return whileRecovering(state, event, context) ?? ignored;

    case "Disconnected":
      if (event.type === "stop") return stop(state, false, context);
      if (event.type !== "due" && event.type !== "wake") return ignored;
      return connect(state, "reconnect", state.attempt, context);

    case "Stopping":
      if (state.phase === "leaving") {
        if (event.type !== "left") return ignored;
        return {
          state: stopped(state.epoch),
          effects: [
            { type: "changed", details: {} },
            { type: "emit", event: "stopped", args: {} },
            { type: "settleStop" },
          ],
        };
      }
      if (event.type !== "lost" && event.type !== "due") return ignored;
      return finishStop(state);
  }
}

function whileConnecting(state: In<"Connecting">, event: Event, context: Context): Step | undefined {
  switch (event.type) {
    case "url":
      return { state, effects: [{ type: "openSocket" }] };
    case "open":
      return { state: { ...state, open: true }, effects: [] };
    case "connected":
      return begin(state, event.identity, context);
    case "stop":
      return stop(state, state.open, context);
    case "wake":
      return shortenAttempt(state, context);
    case "abort":
      return state.purpose === "start" ? failStart(state, event.error) : undefined;
    case "lost":
    case "due": {
      const error = event.type === "lost" ? event.error : timedOut(context);
      if (state.purpose === "start") return failStart(state, error);
      if (state.attempt > context.reconnectRetry.maxRetries) {
        return stop(state, false, context, error);
      }
      const retry = state.attempt + Math.max(0, state.earlyLosses - FREE_LOSSES);
      const delay = retryDelay(context.reconnectRetry, retry, context.random);
      return after([{ type: "drop" }], scheduleReconnect(state, state.attempt + 1, delay, error, context));
    }
    default:
      return undefined;
  }
}

function whileConnected(state: In<"Connected">, event: Event, context: Context): Step | undefined {
  switch (event.type) {
    case "connected": {
      if (event.identity.connectionId === state.identity.connectionId) {
        const identity = withToken(state.identity, event.identity);
        return { state: { ...state, identity, confirmed: true }, effects: [] };
      }
      // A different identity counts only in the first `connected` message on a recovered socket.
      return state.confirmed ? undefined : replace(state, event.identity, context);
    }
    case "lost": {
      const { connectionId, reconnectionToken } = state.identity;
      const recoverable = context.reliable && Boolean(connectionId && reconnectionToken);
      const step = onLost(state, event.error, recoverable, context);
      if (event.error.closeCode !== DECLINED) return step;
      return after([{ type: "onDeclined", error: event.error }], step);
    }
    case "started":
      return { state: { ...state, groups: "deferred" }, effects: [{ type: "tellSoon" }] };
    case "rejoined":
      return rejoined(state, event.connectionId);
    case "wake":
      return { state, effects: [{ type: "probe" }] };
    case "stop":
      return stop(state, true, context);
    default:
      return undefined;
  }
}

function whileRecovering(state: In<"Recovering">, event: Event, context: Context): Step | undefined {
  switch (event.type) {
    case "wake":
    case "due":
      if (state.phase === "waiting") return recover(state, context);
      return event.type === "due"
        ? retryRecovery(state, timedOut(context), context)
        : shortenAttempt(state, context);
    case "url":
      if (state.phase !== "opening") return undefined;
      // Its deadline is over: there is nothing to recover.
      if (event.isOther)
        return retryRecovery({ ...state, deadline: 0, late: true }, otherEndpoint(), context);
      return { state, effects: [{ type: "openSocket" }] };
    case "open":
      if (!context.canPing) return resume(state, state.identity, false, context);
      return { state: { ...state, phase: "proving" }, effects: [{ type: "ping" }] };
    case "rejoined":
      return rejoined(state, event.connectionId);
    case "frame":
      return resume(state, state.identity, false, context);
    case "connected":
      return event.identity.connectionId === state.identity.connectionId
        ? resume(state, withToken(state.identity, event.identity), true, context)
        : replace(state, event.identity, context);
    case "lost":
      return retryRecovery(state, event.error, context);
    case "stop":
      return stop(state, state.phase === "proving", context);
    default:
      return undefined;
  }
}

function otherEndpoint(): ConnectionError {
  return new ConnectionError("Closed", "The session to resume has another endpoint or subprotocol.");
}

function rejoined(state: In<"Connected" | "Recovering">, connectionId: string): Step | undefined {
  if (connectionId !== state.identity.connectionId) return undefined;
  return tell({ ...state, groups: "joined" });
}
