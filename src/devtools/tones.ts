import type { WebPubSubClientState } from "../core/index.js";

/** The color of a state. */
export const TONES: Readonly<Record<WebPubSubClientState, "good" | "busy" | "bad" | "idle">> = {
  Connected: "good",
  Connecting: "busy",
  Recovering: "busy",
  Disconnected: "bad",
  Stopping: "idle",
  Stopped: "idle",
};
