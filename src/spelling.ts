/** Finds misspelt names of options and events, and warns of them on the console. */
import { report } from "./core/util/report.js";
import { isNews } from "./toldOnce.js";

/** All events of a client and of our features. */
const EVENTS: readonly string[] =
  "connected disconnected stopped server-message group-message rejoin-group-failed recovering recovered state-changed group-states-changed restore-group-states-failed".split(
    " ",
  );

/** Warns of options that don't exist, once for each name and owner. */
export function checkNames(options: object, known: readonly string[], owner: object, what: string): void {
  for (const name of Object.keys(options))
    if (!known.includes(name) && isNews(owner, name)) reportUnknown(what, name, nearest(name, known));
}

/** Warns of an event whose name is nearly that of one of ours. Features may have events with any other names. */
export function checkEvent(name: string): void {
  if (EVENTS.includes(name)) return;
  const given = plain(name);
  // One letter may be wrong, or an ending missing. A feature's own event, such as "reconnected", is further away.
  const meant = EVENTS.find((each) => isNear(given, plain(each), plain(each).startsWith(given) ? 2 : 1));
  if (meant !== undefined) reportUnknown("events", name, meant);
}

function reportUnknown(what: string, name: string, meant: string | undefined): void {
  report(`${what}: ${name} is unknown${meant ? `; did you mean ${meant}?` : "."}`);
}

/** A known name that differs by at most two letters. Case, punctuation and the ending "InMs" don't count. */
function nearest(name: string, known: readonly string[]): string | undefined {
  return known.find((each) => isNear(plain(name), plain(each), 2));
}

function plain(name: string): string {
  return String(name)
    .toLowerCase()
    .replace(/\W|_|(in)?ms$/g, "");
}

/** Whether one becomes the other by so many letters that are changed, added or left out. */
function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(restA, restB, edits);
  return edits-- > 0 && (isNear(restA, restB, edits) || isNear(restA, b, edits) || isNear(a, restB, edits));
}
