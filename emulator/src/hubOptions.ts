import { checkBoolean, checkObject, checkOneOf, checkString, checkStrings, optional } from "./check.js";
import { isEventName, isHubName } from "./service/names.js";
import { GroupPattern } from "./service/groupPattern.js";
import type { EventHandler, WebhookHandler } from "./upstream/eventHandler.js";
import type { HubEventListener } from "./upstream/eventListener.js";
import { UrlTemplate } from "./upstream/urlTemplate.js";

/** Settings of a hub. */
export interface HubOptions {
  /** Who handles what clients of this hub tell the application: of several, the first that takes an event. Default: none. */
  readonly handlers?: readonly (EventHandler | WebhookHandler)[];
  /** Who else hears of it: all that take an event. Default: none. */
  readonly listeners?: readonly HubEventListener[];
  /** Lets clients in without a token. Default: false. */
  readonly anonymous?: boolean;
}

const functionNames = ["onEvent", "onConnect", "onConnected", "onDisconnected", "onJoined", "onLeft"];

/** The settings by lower-case name; a bad value or an unknown name throws an error that says so. */
export function checkHubs(hubs: Readonly<Record<string, HubOptions>> = {}): ReadonlyMap<string, HubOptions> {
  const checked = new Map<string, HubOptions>();
  for (const [name, options] of Object.entries(checkObject("hubs", hubs, Object.keys(hubs ?? {})))) {
    checkHubName("a name in hubs", name);
    const at = `hubs.${name}`;
    if (checked.has(name.toLowerCase()))
      throw new RangeError(
        `${at} is given twice: names of hubs are compared without case. Put them together.`,
      );
    const hub = checkObject(at, options, ["handlers", "listeners", "anonymous"]);
    optional(hub["anonymous"], (value) => checkBoolean(`${at}.anonymous`, value));
    optional(hub["handlers"], (value) => checkEach(`${at}.handlers`, value, checkHandler));
    optional(hub["listeners"], (value) => checkEach(`${at}.listeners`, value, checkListener));
    checked.set(name.toLowerCase(), hub);
  }
  return checked;
}

export function checkHubName(what: string, value: unknown): string {
  const name = checkString(what, value);
  if (isHubName(name)) return name;
  throw new RangeError(
    `${what} must begin with a letter and hold letters, digits and _ \` , . [ ] only, at most 128, but is ${JSON.stringify(name)}.`,
  );
}

export function checkFunction(name: string, value: unknown): unknown {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, but is ${typeof value}.`);
  return value;
}

function checkEach(name: string, values: unknown, check: (name: string, value: unknown) => void): void {
  if (!Array.isArray(values)) throw new TypeError(`${name} must be an array.`);
  for (const [index, value] of values.entries()) check(`${name}[${index}]`, value);
}

function checkHandler(name: string, value: unknown): void {
  if (typeof value === "object" && value !== null && "url" in value) {
    const keys = ["url", "events", "systemEvents", "groupPresenceEvents"];
    const { url, events, systemEvents, groupPresenceEvents } = checkObject(name, value, keys);
    try {
      new UrlTemplate(checkString("url", url));
    } catch (error) {
      throw new TypeError(`${name}.${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    checkEvents(name, events);
    checkSystemEvents(name, systemEvents, ["connect", "connected", "disconnected"]);
    optional(groupPresenceEvents, (given) => checkGroupEvents(`${name}.groupPresenceEvents`, given));
    return;
  }
  const { events, ...functions } = checkObject(name, value, ["url", "events", ...functionNames]);
  if (Object.keys(functions).length === 0) {
    throw new TypeError(`${name} must have a url, or functions (${functionNames.join(", ")}).`);
  }
  checkEvents(name, events);
  for (const [key, given] of Object.entries(functions)) {
    optional(given, (called) => checkFunction(`${name}.${key}`, called));
  }
}

function checkGroupEvents(name: string, value: unknown): void {
  const { eventNames, groupFilters } = checkObject(name, value, ["eventNames", "groupFilters"]);
  for (const event of checkStrings(`${name}.eventNames`, eventNames)) {
    checkOneOf(`${name}.eventNames`, event, ["joined", "left"]);
  }
  for (const filter of optional(groupFilters, (given) => checkStrings(`${name}.groupFilters`, given)) ?? []) {
    const pattern = GroupPattern.parse(filter);
    if (typeof pattern !== "string") continue;
    throw new RangeError(`${name}.groupFilters: ${JSON.stringify(filter)} is no pattern: ${pattern}.`);
  }
}

function checkListener(name: string, value: unknown): void {
  const keys = ["events", "systemEvents", "eventHubs", "onEvent"];
  const { events, systemEvents, eventHubs, onEvent } = checkObject(name, value, keys);
  checkEvents(name, events);
  checkSystemEvents(name, systemEvents, ["connected", "disconnected"]);
  if ((eventHubs === undefined) === (onEvent === undefined)) {
    throw new TypeError(`${name} must have either eventHubs or onEvent.`);
  }
  optional(onEvent, (called) => checkFunction(`${name}.onEvent`, called));
  optional(eventHubs, (given) => {
    const at = `${name}.eventHubs`;
    const { connectionString, eventHubName } = checkObject(at, given, ["connectionString", "eventHubName"]);
    checkString(`${at}.connectionString`, connectionString);
    optional(eventHubName, (hub) => checkString(`${at}.eventHubName`, hub));
  });
}

/** What no event can be called would match nothing, without a word. */
function checkEvents(name: string, events: unknown): void {
  if (events === undefined) return;
  const given = typeof events === "string" ? events.split(",") : checkStrings(`${name}.events`, events);
  for (const event of given.map((one) => one.trim())) {
    if (event === "" || event === "*" || isEventName(event)) continue;
    throw new RangeError(
      `${name}.events must be "*" for all events, or names of letters, digits and _ . - that begin with a letter, but has ${JSON.stringify(event)}.`,
    );
  }
}

function checkSystemEvents(name: string, events: unknown, known: readonly string[]): void {
  for (const event of optional(events, (value) => checkStrings(`${name}.systemEvents`, value)) ?? []) {
    checkOneOf(`${name}.systemEvents`, event, known);
  }
}
