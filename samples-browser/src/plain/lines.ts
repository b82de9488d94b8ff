import { me, timeOf, type Line } from "../shared/chat";
import { keepLines, linesBefore, onFailed, type KeptLine } from "../shared/kept";
import { stayAtEnd } from "../shared/log";
import { byId, element } from "./dom";

const list = byId<HTMLOListElement>("lines");
stayAtEnd(byId("log"));
/** Own lines that haven't come back from the room yet. */
const waiting = new Map<string, HTMLLIElement>();

/** What is shown, by the lines' ids. */
const shown = new Map<string, KeptLine>();
let endKeeping: (() => void) | undefined;
onFailed((id, reason) => fail(id, reason));

/** Begins with an empty log, or with what it showed before the page was loaded again. */
export function openLog(room: string): void {
  waiting.clear();
  shown.clear();
  list.replaceChildren();
  const before = linesBefore(room);
  if (before.length === 0) addNote("Lines from before you came aren't kept.");
  for (const line of before) (line.waiting ? addWaiting : addLine)(line);
  endKeeping?.();
  endKeeping = keepLines(room, () => [...shown.values()]);
}

/** A line that the room has. An own one takes the place of the one that waited. */
export function addLine(line: Line): void {
  const mine = line.name === me;
  waiting.get(line.id)?.remove();
  waiting.delete(line.id);
  shown.delete(line.id);
  shown.set(line.id, { ...line, waiting: false });
  list.append(element("li", { className: mine ? "mine" : "" }, by(line, timeOf(line)), line.text));
}

/** An own line on its way. */
export function addWaiting(line: Line): void {
  const item = element("li", { className: "mine waiting" }, by(line, "sending"), line.text);
  waiting.set(line.id, item);
  shown.set(line.id, { ...line, waiting: true });
  list.append(item);
}

/** An own line could not be sent. */
export function fail(id: string, reason: string | undefined): void {
  const state = waiting.get(id)?.querySelector(".by");
  if (!state || reason === undefined) return;
  state.textContent = `not sent: ${reason}`;
  state.classList.add("failed");
}

export function addNote(text: string): void {
  list.append(element("li", { className: "note" }, text));
}

function by(line: Line, more: string): HTMLElement {
  return element("span", { className: "by" }, `${line.name} · ${more}`);
}
