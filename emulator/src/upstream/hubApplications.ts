import type { HubOptions } from "../hubOptions.js";
import type { Diagnostics } from "../service/diagnostics.js";
import type { Environment } from "../service/environment.js";
import type { HubApplication } from "./application.js";
import { EventHubsSink } from "./eventHubsSink.js";
import type { HubEventListener } from "./eventListener.js";
import { FunctionSink } from "./functionSink.js";
import { InProcessHandler } from "./inProcess.js";
import { type Listener, Listeners } from "./listeners.js";
import { Webhook, type WebhookPorts } from "./webhook.js";

/**
 * What stands behind each hub, made from its options. Rejects where a listener's event hub can't be used.
 * @param hubs by lower-case name, as the result.
 */
export async function openHubs(
  hubs: ReadonlyMap<string, HubOptions>,
  ports: WebhookPorts,
  environment: Environment,
  diagnostics: Diagnostics,
): Promise<ReadonlyMap<string, HubApplication>> {
  const applications = new Map<string, HubApplication>();
  for (const [name, { handlers = [], listeners = [] }] of hubs) {
    const opened: Listener[] = [];
    try {
      for (const listener of listeners) opened.push(await open(listener, diagnostics));
    } catch (error) {
      // Nobody will use those that are open already: they would be left connected.
      const others = Array.from(applications.values(), (application) => application.listeners.close());
      await Promise.all([...others, ...opened.map(({ sink }) => sink.close())]);
      throw error;
    }
    applications.set(name, {
      handlers: handlers.map((handler) =>
        "url" in handler ? new Webhook(handler, ports) : new InProcessHandler(handler),
      ),
      listeners: new Listeners(opened, environment),
    });
  }
  return applications;
}

async function open(listener: HubEventListener, diagnostics: Diagnostics): Promise<Listener> {
  const { events, systemEvents = [], eventHubs } = listener;
  const sink =
    eventHubs === undefined
      ? new FunctionSink(listener, diagnostics)
      : await EventHubsSink.open(eventHubs, diagnostics);
  return { events, systemEvents, sink };
}
