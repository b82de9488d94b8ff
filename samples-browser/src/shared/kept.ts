/** What a tab keeps over a reload: its place in the room, and the lines that it shows. */
import type { CoreClient } from "web-pubsub-client";
import { keepOverReload } from "web-pubsub-client/resume";
import { me, type Line } from "./chat";

/** A line that is shown; `waiting`: an own one that hasn't come back from the room yet. */
export interface KeptLine extends Line {
  readonly waiting?: boolean;
}

type OnFailed = (id: string, reason: string) => void;
const listeners = new Set<OnFailed>();

/** The page after a reload goes on with the client's connection. The key names the user too. */
export function keepChat(client: CoreClient): () => void {
  return keepOverReload(client, {
    key: `chat of ${me}`,
    onRestored(operation, result) {
      if (operation.kind !== "sendToGroup") return;
      const { id } = operation.data as Line;
      result.catch((error: Error) => listeners.forEach((listener) => listener(id, error.message)));
    },
  });
}

/** Calls back when a line that was on its way over a reload could not be sent. */
export function onFailed(listener: OnFailed): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Why a line wasn't sent, unless its page goes away: then the next page sends it. */
export function whyFailed(error: Error & { code?: string }): string | undefined {
  return error.code === "Suspended" ? undefined : error.message;
}

const NAME = `lines of ${me}`;
/** What the page before has kept. */
let before = JSON.parse(sessionStorage.getItem(NAME) ?? "{}") as {
  readonly room?: string;
  readonly lines?: readonly KeptLine[];
};
sessionStorage.removeItem(NAME);
// Who changes the room comes to it anew.
addEventListener("hashchange", () => (before = {}));

/** The lines that this tab showed of the room before it was loaded again. */
export function linesBefore(room: string): readonly KeptLine[] {
  return before.room === room ? (before.lines ?? []) : [];
}

/** Keeps the lines that are shown when the page goes. @returns what ends it */
export function keepLines(room: string, lines: () => readonly KeptLine[]): () => void {
  const keep = (): void => sessionStorage.setItem(NAME, JSON.stringify({ room, lines: lines() }));
  addEventListener("pagehide", keep);
  return () => removeEventListener("pagehide", keep);
}
