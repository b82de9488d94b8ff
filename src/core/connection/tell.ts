/** Decides which events the application must still be told, and in which order. */
import type { Effect, State, Step } from "./state.js";

/** Emits the next event after the listeners of the one before have been called. */
export const TELL: Effect = { type: "dispatch", event: { type: "tell" } };

/**
 * Emits what the application hasn't been told yet: `disconnected` before the next `connected`, `connected` when
 * the groups are joined, `recovering` and `recovered` in turn. One event per step.
 */
export function tell(state: State): Step {
  const { told } = state;
  const identity = "identity" in state ? state.identity : undefined;
  if (told && told.connectionId !== identity?.connectionId) {
    const args = { connectionId: told.connectionId, message: state.disconnectedMessage };
    return {
      state: { ...state, told: undefined, disconnectedMessage: undefined },
      effects: [{ type: "emit", event: "disconnected", args }, ...(identity ? [TELL] : [])],
    };
  }
  if (!("identity" in state)) return { state, effects: [] };
  const { connectionId, userId } = state.identity;
  if (!told) {
    if (state.name === "Recovering") return { state, effects: [] };
    if (state.groups === "awaited") return { state, effects: [] };
    if (state.groups !== "joined")
      return { state: { ...state, groups: "awaited" }, effects: [{ type: "awaitGroups", connectionId }] };
    return {
      state: { ...state, told: { connectionId, recovering: false } },
      effects: [
        {
          type: "emit",
          event: "connected",
          args: { connectionId, userId, ...(state.resumed && { resumed: true }) },
        },
      ],
    };
  }
  const recovering = state.name === "Recovering";
  if (told.recovering === recovering) return { state, effects: [] };
  return {
    state: { ...state, told: { connectionId, recovering } },
    effects: [{ type: "emit", event: recovering ? "recovering" : "recovered", args: { connectionId } }],
  };
}
