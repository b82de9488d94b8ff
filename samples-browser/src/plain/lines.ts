import { me, timeOf, type Line } from "../shared/chat";
import { stayAtEnd } from "../shared/log";
import { byId, element } from "./dom";

const list = byId<HTMLOListElement>("lines");
stayAtEnd(byId("log"));
/** Own lines that haven't come back from the room yet. */
const waiting = new Map<string, HTMLLIElement>();

export function clearLines(): void {
  waiting.clear();
  list.replaceChildren();
  addNote("Lines from before you came aren't kept.");
}

/** A line that the room has. An own one takes the place of the one that waited. */
export function addLine(line: Line): void {
  const mine = line.name === me;
  waiting.get(line.id)?.remove();
  waiting.delete(line.id);
  list.append(element("li", { className: mine ? "mine" : "" }, by(line, timeOf(line)), line.text));
}

/** An own line on its way. @returns a function that says it could not be sent */
export function addWaiting(line: Line): (reason: string) => void {
  const state = by(line, "sending");
  const item = element("li", { className: "mine waiting" }, state, line.text);
  waiting.set(line.id, item);
  list.append(item);
  return (reason) => {
    state.textContent = `not sent: ${reason}`;
    state.classList.add("failed");
  };
}

export function addNote(text: string): void {
  list.append(element("li", { className: "note" }, text));
}

function by(line: Line, more: string): HTMLElement {
  return element("span", { className: "by" }, `${line.name} · ${more}`);
}
