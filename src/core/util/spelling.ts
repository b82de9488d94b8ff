/** Finds misspelt names, and tells of them on the console. */
import { warn } from "../log.js";

/** So many letters may be wrong, missing or too many. */
const MOST_EDITS = 2;

/** All events of a client and its features. */
export const EVENTS: readonly string[] = [
  "connected",
  "disconnected",
  "stopped",
  "server-message",
  "group-message",
  "rejoin-group-failed",
  "recovering",
  "recovered",
  "state-changed",
  "group-states-changed",
  "restore-group-states-failed",
];

/** The known name that is written nearly like this one; undefined if there is none. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  for (let edits = 0; edits <= MOST_EDITS; edits++) {
    const found = names.find((each) => isNear(plain(name), plain(each), edits));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Tells on the console of options that don't exist. Each name is told once: it is added to the known ones.
 * @throws TypeError for options that aren't an object
 */
export function checkNames(what: string, options: object, known: Set<string>): void {
  if (typeof options !== "object") throw new TypeError(`${what} must be an object.`);
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    const meant = nearest(name, known);
    warn(`${what} has no ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`);
    known.add(name);
  }
}

/** Tells on the console of an event that is nearly named like one of ours. Features may have any others. */
export function checkEvent(name: string): void {
  if (EVENTS.includes(name)) return;
  const meant = nearest(name, EVENTS);
  if (meant !== undefined) warn(`There is no event ${name}; did you mean ${meant}?`);
}

/** Without case, punctuation and unit. */
function plain(name: string): string {
  return String(name)
    .toLowerCase()
    .replace(/\W|_|(in)?ms$/g, "");
}

function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(restA, restB, edits);
  return (
    edits > 0 &&
    [isNear(restA, restB, edits - 1), isNear(restA, b, edits - 1), isNear(a, restB, edits - 1)].includes(true)
  );
}
