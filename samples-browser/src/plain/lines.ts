import type { Gap } from "web-pubsub-client/history";
import type { GroupMessage } from "web-pubsub-client";
import type { Line } from "../shared/chat";
import {
  classOf,
  entriesOf,
  firstExtras,
  keptOf,
  linesOf,
  withFailed,
  withGap,
  withNote,
  withSending,
  type Entry,
  type Extras,
} from "../shared/entries";
import { mayHaveOlder } from "../shared/history";
import { keepLines, linesBefore, onFailed, type KeptLine } from "../shared/kept";
import { stayAtEnd } from "../shared/log";
import { byId, element } from "./dom";

const list = byId<HTMLOListElement>("lines");
stayAtEnd(byId("log"));
/** On the page where there may be lines before those that are shown. */
export const older = element("button", { type: "button", className: "older" }, "Show earlier lines");

/** How many messages are kept. */
const MOST = 1_000;
let before: readonly KeptLine[] = [];
let messages: readonly GroupMessage<Line>[] = [];
let extras: Extras = [];
/** How many lines the last search for older ones has found. */
let found: number | undefined;
/** What is in the list, by the entries' keys. */
const items = new Map<string, HTMLLIElement>();
let endKeeping: (() => void) | undefined;
onFailed((id, reason) => fail(id, reason));

/** Begins with what it showed before the page was loaded again. */
export function openLog(room: string): void {
  before = linesBefore(room);
  messages = [];
  found = undefined;
  extras = firstExtras(before);
  items.clear();
  list.replaceChildren();
  endKeeping?.();
  endKeeping = keepLines(room, () => keptOf(entries()));
  show();
}

/** A line that the room has. */
export function addLine(message: GroupMessage<Line>): void {
  messages = [...messages, message].slice(-MOST);
  show();
}

/** What was missed is said, and what comes late is put where it belongs. */
export function addGap(gap: Gap<Line>): void {
  const place = gap.to === undefined ? -1 : messages.indexOf(gap.to);
  const [earlier, later] = place < 0 ? [messages, []] : [messages.slice(0, place), messages.slice(place)];
  messages = [...earlier, ...gap.messages, ...later];
  extras = withGap(extras, gap);
  show();
}

/** The first message that is shown. */
export function firstMessage(): GroupMessage<Line> | undefined {
  return messages[0];
}

/** What was said before the first message. */
export function addOlder(earlier: readonly GroupMessage<Line>[]): void {
  messages = [...earlier, ...messages];
  found = earlier.length;
  show();
}

/** An own line on its way. */
export function addWaiting(line: Line): void {
  extras = withSending(extras, line);
  show();
}

/** An own line could not be sent. */
export function fail(id: string, reason: string | undefined): void {
  if (reason === undefined) return;
  extras = withFailed(extras, linesOf(before, messages), id, reason);
  show();
}

/** @param isFirst in front of all lines, else behind */
export function addNote(text: string, isFirst = false): void {
  extras = withNote(extras, isFirst ? [] : linesOf(before, messages), text);
  show();
}

function entries(): Entry[] {
  return entriesOf(linesOf(before, messages), extras);
}

/** Changes what is different only: whoever listens to the log would hear all of it again. */
function show(): void {
  let next = list.firstElementChild;
  const gone = new Set(items.keys());
  for (const entry of entries()) {
    gone.delete(entry.key);
    const item = items.get(entry.key) ?? element("li");
    items.set(entry.key, item);
    if (item === next) next = next.nextElementSibling;
    else list.insertBefore(item, next);
    fill(item, entry);
  }
  for (const key of gone) {
    items.get(key)?.remove();
    items.delete(key);
  }
  if (!mayHaveOlder(linesOf(before, messages), found)) older.remove();
  else if (!older.isConnected) byId("room-title").after(older);
}

const shown = new WeakMap<HTMLLIElement, string>();

function fill(item: HTMLLIElement, entry: Entry): void {
  const all = JSON.stringify(entry);
  if (shown.get(item) === all) return;
  shown.set(item, all);
  item.className = classOf(entry);
  if (entry.kind !== "line") {
    item.replaceChildren(entry.text);
    return;
  }
  const className = entry.state === "failed" ? "by failed" : "by";
  item.replaceChildren(
    element("span", { className }, `${entry.line.name} · ${entry.about}`),
    entry.line.text,
  );
}
