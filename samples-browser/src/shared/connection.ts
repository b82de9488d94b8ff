import type { ConnectionInfo, CoreClient } from "web-pubsub-client";
import { isKept } from "./history";

export interface ConnectionView {
  readonly tone: "good" | "busy" | "bad";
  readonly label: string;
  /** More than a glance needs; may change every second. */
  readonly detail: string;
  /** Why it isn't connected, if that is known. */
  readonly reason: string;
}

/** The state in words: nothing is called connected that isn't. */
export function describe(info: ConnectionInfo, online: boolean, now: number): ConnectionView {
  return { ...inWords(info, online, now), reason: info.error?.message ?? "" };
}

function inWords(info: ConnectionInfo, online: boolean, now: number): Omit<ConnectionView, "reason"> {
  const { state, attempt = 1, nextAttemptAt } = info;
  const seconds = nextAttemptAt === undefined ? 0 : Math.max(0, Math.ceil((nextAttemptAt - now) / 1_000));
  const next = seconds > 0 ? `attempt ${attempt} in ${seconds} s` : `attempt ${attempt} under way`;
  const network = online ? "" : "no network; ";
  switch (state) {
    case "Connected":
      return online
        ? { tone: "good", label: "Connected", detail: `connection ${info.connectionId}` }
        : { tone: "busy", label: "No network", detail: "the socket hasn't noticed yet" };
    case "Connecting":
      return { tone: "busy", label: "Connecting", detail: `${network}${next}` };
    case "Recovering":
      return { tone: "busy", label: "Recovering", detail: `${network}${next}` };
    case "Disconnected":
      return { tone: "bad", label: "Offline", detail: `${network}${next}` };
    case "Stopping":
    case "Stopped":
      return { tone: "bad", label: "Stopped", detail: "" };
  }
}

/** What happened to the connection, as notes between the lines. */
export function noteEvents(client: CoreClient, note: (text: string) => void): () => void {
  let lostAt = 0;
  let isFirst = client.connectionId === undefined;
  const ends = [
    client.on("recovering", () => {
      lostAt = performance.now();
      note("Connection lost; recovering it.");
    }),
    client.on("recovered", () => {
      note(`Recovered after ${seconds(performance.now() - lostAt)}; nothing was missed.`);
    }),
    client.on("disconnected", () => note("This connection can't be recovered; making a new one.")),
    client.on("connected", ({ resumed }) => {
      if (resumed) note("This page was loaded again: the same connection, and nothing was missed.");
      else if (!isFirst)
        note(
          isKept ? "New connection." : "New connection; lines sent while there was none are missing here.",
        );
      isFirst = false;
    }),
  ];
  return () => ends.forEach((end) => end());
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Calls back when the browser's network comes or goes. */
export function onNetwork(changed: () => void): () => void {
  addEventListener("online", changed);
  addEventListener("offline", changed);
  return () => {
    removeEventListener("online", changed);
    removeEventListener("offline", changed);
  };
}
