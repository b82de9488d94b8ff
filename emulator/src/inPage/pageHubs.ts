import { type HubOptions, checkHubs } from "../hubOptions.js";
import type { Diagnostics } from "../service/diagnostics.js";
import type { Environment } from "../service/environment.js";
import type { HubApplication } from "../upstream/application.js";
import type { EventHandler } from "../upstream/eventHandler.js";
import type { HubEventListener } from "../upstream/eventListener.js";
import { FunctionSink } from "../upstream/functionSink.js";
import { InProcessHandler } from "../upstream/inProcess.js";
import { Listeners } from "../upstream/listeners.js";

/** Settings of a hub in a page: handlers and listeners are functions. */
export interface PageHubOptions extends Omit<HubOptions, "handlers" | "listeners"> {
  /** Who handles what clients of this hub tell the application: of several, the first that takes an event. Default: none. */
  readonly handlers?: readonly EventHandler[];
  /** Who else hears of it: all that take an event. Default: none. */
  readonly listeners?: readonly Omit<HubEventListener, "eventHubs">[];
}

/** The settings by lower-case name; a bad value, an unknown name or a URL throws an error that says so. */
export function checkPageHubs(
  given: Readonly<Record<string, PageHubOptions>> | undefined,
): ReadonlyMap<string, PageHubOptions> {
  const checked = checkHubs(given);
  const hubs = new Map<string, PageHubOptions>();
  for (const [name, { handlers = [], listeners = [], ...rest }] of checked) {
    hubs.set(name, {
      ...rest,
      handlers: handlers.map((handler, index) => {
        if (!("url" in handler)) return handler;
        throw new TypeError(`hubs.${name}.handlers[${index}]: in a page only functions can handle events.`);
      }),
      listeners: listeners.map((listener, index) => {
        if (listener.eventHubs === undefined) return listener;
        throw new TypeError(`hubs.${name}.listeners[${index}]: in a page only functions can listen.`);
      }),
    });
  }
  return hubs;
}

/** What stands behind each hub. */
export function openPageHubs(
  hubs: ReadonlyMap<string, PageHubOptions>,
  environment: Environment,
  diagnostics: Diagnostics,
): ReadonlyMap<string, HubApplication> {
  const applications = new Map<string, HubApplication>();
  for (const [name, { handlers = [], listeners = [] }] of hubs) {
    const sinks = listeners.map((listener) => ({
      events: listener.events,
      systemEvents: listener.systemEvents ?? [],
      sink: new FunctionSink(listener, diagnostics),
    }));
    applications.set(name, {
      handlers: handlers.map((handler) => new InProcessHandler(handler)),
      listeners: new Listeners(sinks, environment),
    });
  }
  return applications;
}
