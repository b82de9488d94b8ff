import type { ObservedOperation } from "../../features/observe/index.js";
import { h, list, say } from "../dom.js";
import { age, clock, duration, words } from "../format.js";
import type { Subject } from "../subject.js";
import type { View } from "../view.js";

/** Most rows of either list. */
const MOST = 200;

/** The operations that wait, and those that have ended. */
export function operationsView({ records }: Subject): View {
  const { items } = records.operations;
  const [waiting, settled] = [h("ul", { class: "rows" }), h("ul", { class: "rows" })];
  const [waitingTitle, settledTitle] = [h("h3"), h("h3")];
  const none = h("p", { class: "empty" });
  let now = 0;
  const rows = (place: Element) =>
    list<ObservedOperation>(place, {
      key: (operation) => operation,
      version: (operation) => outcome(operation, now).join(),
      make: (operation) => row(operation, now),
    });
  const [showWaiting, showSettled] = [rows(waiting), rows(settled)];
  const isWaiting = ({ durationInMs }: ObservedOperation): boolean => durationInMs === undefined;
  return {
    name: "Operations",
    element: h("div", {}, waitingTitle, none, waiting, settledTitle, settled),
    render(at) {
      now = at;
      const wait = items.filter(isWaiting);
      const ended = items.filter((operation) => !isWaiting(operation)).reverse();
      const older = Math.max(0, records.load().pending - wait.length);
      say(waitingTitle, `Waiting: ${wait.length}`);
      say(
        none,
        older > 0 ? `${older} more than the panel knows of.` : wait.length > 0 ? "" : "Nothing waits.",
      );
      none.hidden = none.textContent === "";
      say(settledTitle, `Settled: ${ended.length}${ended.length > MOST ? `, the last ${MOST} of them` : ""}`);
      showWaiting(wait.slice(0, MOST));
      showSettled(ended.slice(0, MOST));
    },
    badge: () => items.reduce((sum, operation) => sum + Number(isWaiting(operation)), 0),
  };
}

function row(operation: ObservedOperation, now: number): HTMLElement {
  const { kind, group, event, ackId, invocationId, isInternal, queuedAt } = operation;
  const [time, text, tone] = outcome(operation, now);
  const id = ackId ?? invocationId;
  return h(
    "li",
    { "data-tone": tone, class: "operation" },
    h("time", {}, clock(queuedAt)),
    h("b", {}, words(kind)),
    h("span", { class: "name" }, group ?? event ?? ""),
    h("span", { class: "time" }, time),
    h(
      "span",
      { class: "text" },
      [id === undefined ? "no answer expected" : `id ${id}`, isInternal ? "by the client itself" : "", text]
        .filter(Boolean)
        .join(", "),
    ),
  );
}

/** Age or duration, what came of it, and its tone. */
function outcome(
  { queuedAt, timesSent, durationInMs, error }: ObservedOperation,
  now: number,
): [time: string, text: string, tone: string] {
  const sent = ["not sent yet", "sent once", "sent twice"][timesSent] ?? `sent ${timesSent} times`;
  if (durationInMs === undefined) {
    return [age(now - queuedAt), sent, "busy"];
  }
  const often = timesSent === 1 ? "" : `${sent}, `;
  if (error === undefined) return [duration(durationInMs), `${often}succeeded`, "good"];
  const { code } = error as { readonly code?: unknown };
  const name = typeof code === "string" ? `${code}: ` : "";
  return [duration(durationInMs), `${often}failed. ${name}${error.message}`, "bad"];
}
