/** What a page's log shows: the room's lines, and among them what is the page's own. */
import type { Gap } from "web-pubsub-client/history";
import { me, newLine, timeOf, type Line } from "./chat";
import { gapInWords, isKept } from "./history";
import type { KeptLine } from "./kept";

export type Entry =
  | {
      readonly kind: "line";
      readonly key: string;
      readonly line: Line;
      /** `sending` and `failed`: an own one that isn't in the room yet. */
      readonly state: "here" | "sending" | "failed";
      /** When it was sent, or what becomes of it. */
      readonly about: string;
    }
  | { readonly kind: "note" | "gap"; readonly key: string; readonly text: string };

/** A note, or an own line on its way. Where it stands: behind this line, or in front of all. */
export interface Extra {
  readonly behind: string | undefined;
  readonly entry: Entry;
}
export type Extras = readonly Extra[];

/** The log: each line once, as in the room. What is being sent comes last. */
export function entriesOf(lines: readonly Line[], extras: Extras): Entry[] {
  const here = new Set(lines.map(({ id }) => id));
  const shown = extras.filter(({ entry }) => !here.has(entry.key));
  const isSending = ({ entry }: Extra): boolean => entry.kind === "line" && entry.state === "sending";
  const standing = (id: string | undefined): Entry[] =>
    shown.filter((extra) => !isSending(extra) && extra.behind === id).map(({ entry }) => entry);
  const lost = shown.filter((extra) => extra.behind !== undefined && !here.has(extra.behind));
  return [
    ...lost.filter((extra) => !isSending(extra)).map(({ entry }) => entry),
    ...standing(undefined),
    ...lines.flatMap((line) => [entryOf(line), ...standing(line.id)]),
    ...shown.filter(isSending).map(({ entry }) => entry),
  ];
}

/**
 * The room's lines: those that this tab showed before it was loaded again, and the messages since. Where the history
 * has none of the former among the latter, there may be others in between, and the messages stand alone.
 */
export function linesOf(before: readonly KeptLine[], messages: readonly { readonly data: Line }[]): Line[] {
  const lines = new Map(messages.map(({ data }) => [data.id, data]));
  const shown = before.filter(({ waiting }) => !waiting);
  const earlier = shown.filter(({ id }) => !lines.has(id));
  const isApart = isKept && lines.size > 0 && earlier.length === shown.length;
  return [...(isApart ? [] : earlier), ...lines.values()];
}

function entryOf(line: Line): Entry {
  return { kind: "line", key: line.id, line, state: "here", about: timeOf(line) };
}

/** What a log begins with. @param before what this tab showed before it was loaded again */
export function firstExtras(before: readonly KeptLine[]): Extras {
  const start: Extras = [];
  const hello = "Lines from before you came aren't kept.";
  const noted = isKept || before.length > 0 ? start : withNote(start, [], hello);
  return before.filter(({ waiting }) => waiting).reduce(withSending, noted);
}

/** @param lines those that are shown */
export function withNote(extras: Extras, lines: readonly Line[], text: string): Extras {
  return [...extras, { behind: lines.at(-1)?.id, entry: { kind: "note", key: newLine(text).id, text } }];
}

/** One note for each gap, in front of the lines that were missed. */
export function withGap(extras: Extras, gap: Gap<Line>): Extras {
  const behind = gap.from?.data.id;
  const key = `gap behind ${behind}`;
  const others = extras.filter(({ entry }) => entry.key !== key);
  const text = gapInWords(gap);
  return text === undefined ? others : [...others, { behind, entry: { kind: "gap", key, text } }];
}

/** An own line on its way. */
export function withSending(extras: Extras, line: Line): Extras {
  const entry: Entry = { kind: "line", key: line.id, line, state: "sending", about: "sending" };
  return [...extras, { behind: undefined, entry }];
}

/** An own line could not be sent. It stays where it is then. */
export function withFailed(extras: Extras, lines: readonly Line[], id: string, reason: string): Extras {
  return extras.map((extra) =>
    extra.entry.kind === "line" && extra.entry.key === id
      ? {
          behind: lines.at(-1)?.id,
          entry: { ...extra.entry, state: "failed", about: `not sent: ${reason}` },
        }
      : extra,
  );
}

/** What a tab keeps of its log while it is loaded again. */
export function keptOf(entries: readonly Entry[]): KeptLine[] {
  return entries.flatMap((entry) =>
    entry.kind === "line" && entry.state !== "failed"
      ? [{ ...entry.line, waiting: entry.state === "sending" }]
      : [],
  );
}

/** The class of an entry in `chat.css`. */
export function classOf(entry: Entry): string {
  if (entry.kind !== "line") return entry.kind === "gap" ? "note gap" : "note";
  const { line, state } = entry;
  return [line.name === me ? "mine" : "", state === "here" ? "" : "waiting"].filter(Boolean).join(" ");
}
