/** Finds misspelt and misplaced names of options, and misspelt events, and warns of them on the console. */
import { FEATURE_NAMES } from "./core/feature.js";
import { report } from "./core/util/report.js";
import { isNews } from "./toldOnce.js";

/** All events of a client and of our features. */
const EVENTS = words(
  "connected disconnected stopped server-message group-message rejoin-group-failed recovering recovered state-changed group-states-changed restore-group-states-failed",
);
const FEATURES = words("groups invocations presence retain streams");

const OPERATION = "ackId abortSignal";
const EVENT = `${OPERATION} fireAndForget metadata`;
const MESSAGE = `${EVENT} noEcho ttlSeconds`;
const RETRY = "maxRetries retryDelayInMs maxRetryDelayInMs mode jitter";
const STREAM =
  "streamId noEcho idleTimeoutInMs abortSignal startTimeoutInMs closeTimeoutInMs maxUnackedFragments maxUnackedBytes";

/** The options of each call. Operations that aren't named have only those that all of them have. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  options: words(
    "protocol autoReconnect autoRejoinGroups restoreGroupStates messageRetryOptions reconnectRetryOptions keepAliveTimeoutInMs keepAliveIntervalInMs connectTimeoutInMs ackTimeoutInMs maxPendingOperations resendOnNewConnection releaseDelayInMs webSocket logger environment",
  ),
  messageRetryOptions: words(RETRY),
  reconnectRetryOptions: words(RETRY),
  environment: words("now uptime setTimer clearTimer random createWebSocket onWake"),
  start: words("abortSignal keepTrying resume onRestored"),
  stop: words("drainInMs"),
  sendToGroup: words(MESSAGE),
  sendEvent: words(EVENT),
  "a handle's send": words(`${MESSAGE} dataType`),
  invokeEvent: words("invocationId timeoutInMs abortSignal"),
  group: words("schema history"),
  history: words("key load limit initial"),
  messages: words("abortSignal maxBuffered overflow"),
  openGroupStream: words(STREAM),
  onGroupStream: words("idleTimeoutInMs handleFromStart groupNames maxBufferedBytes"),
  "a stream's writer": words("abortSignal"),
};

/**
 * Warns of options that a call doesn't know, once for each name and owner.
 * @param call a name of the table above, or the kind of an operation
 */
export function checkNames(options: unknown, call: string, owner: object): void {
  const kind = typeof options === "object" && options !== null ? kindOf(options) : typeof options;
  const known = OPTIONS[call] ?? words(OPERATION);
  const unknown = Object.keys(options ?? {}).filter((name) => !known.includes(name));
  if (kind === undefined) {
    for (const name of unknown)
      if (isNews(owner, `${call} ${name}`)) report(`${call}: ${name} is unknown${hint(name, call, known)}`);
    // Such as the event or the signal that a listener is called with. An environment may be of any class.
  } else if (call !== "environment" && !known.some((name) => name in Object(options))) {
    if (isNews(owner, call)) report(`${call}: expected options, got ${kind}.`);
  }
}

/**
 * Warns of an event whose name is nearly that of one of ours. Features may have events with any other names; where
 * there is one that isn't ours, only other ways to write ours count.
 */
export function checkEvent(name: string): void {
  if (EVENTS.includes(name)) return;
  const given = plain(name);
  const isAlone = [...FEATURE_NAMES].every((each) => FEATURES.includes(each));
  // One letter may be wrong, or an ending missing.
  const meant = EVENTS.find((each) =>
    isNear(given, plain(each), isAlone ? (plain(each).startsWith(given) ? 2 : 1) : 0),
  );
  if (meant !== undefined) report(`events: ${name} is unknown; did you mean ${meant}?`);
}

/** What may be meant by an unknown option. */
function hint(name: string, call: string, known: readonly string[]): string {
  const others = Object.keys(OPTIONS).filter((each) => each !== call && OPTIONS[each]?.includes(name));
  if (others.length > 0) return `; it is an option of ${others.join(", ")}.`;
  // Names that differ by at most two letters. Case, punctuation and the ending "InMs" don't count.
  const meant = known.find((each) => isNear(plain(name), plain(each), 2));
  return meant === undefined ? "." : `; did you mean ${meant}?`;
}

/** The kind of an instance of a class; undefined for a plain object, of any realm. */
function kindOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  return Object.prototype.toString.call(value).slice(8, -1);
}

function words(text: string): string[] {
  return text.split(" ");
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
