/** Where the lines are that a page has missed. */
import type { Gap, HistoryOptions } from "web-pubsub-client/history";
import type { Line, Room } from "./chat";
import { isLocal } from "./service";

/** The samples' server has the lines of the local service. With the cloud nobody keeps them. */
export const isKept = isLocal;

/** How many lines one sees who comes. */
const INITIAL = 50;

export function historyOf(room: Room): HistoryOptions<Line> {
  return {
    key: ({ data }) => data.id,
    initial: INITIAL,
    load: async ({ after, before, limit, signal }) => {
      if (!isKept) return [];
      const query = new URLSearchParams({ group: room, limit: String(limit) });
      if (after !== undefined) query.set("after", after.data.id);
      if (before !== undefined) query.set("before", before.data.id);
      const response = await fetch(`/history?${query}`, { signal });
      const answer = (await response.json().catch(() => ({}))) as Answer;
      if (response.ok && answer.messages !== undefined) return answer.messages;
      throw new Error(`The history answered ${response.status}: ${answer.error ?? "no messages"}`);
    },
  };
}

interface Answer {
  readonly messages?: readonly { readonly data: Line }[];
  readonly error?: string;
}

/** Whether there may be lines before those that are shown. @param found how many the last search has found */
export function mayHaveOlder(lines: readonly Line[], found?: number): boolean {
  return isKept && lines.length >= INITIAL && found !== 0;
}

/** A gap in words; undefined: there is nothing to say. */
export function gapInWords({ filled, count, error }: Gap<Line>): string | undefined {
  if (!isKept) return undefined;
  if (error !== undefined) return `What was said meanwhile can't be loaded yet: ${error.message}`;
  if (count === 0) return filled ? "Nothing was said while you were away." : undefined;
  return `${count} ${count === 1 ? "line" : "lines"} from while you were away`;
}
