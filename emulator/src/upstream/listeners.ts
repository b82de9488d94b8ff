import type { Environment } from "../service/environment.js";
import type { ConnectionEvent, UserEvent } from "../service/upstream.js";
import { type CloudEvent, disconnectedEvent, systemEvent, userEvent } from "./cloudEvent.js";
import { type EventPattern, matchesEvent } from "./eventPattern.js";
import type { DisconnectedEvent } from "./handler.js";

/** Where a listener's events go. Never throws: whatever fails there is reported there. */
export interface Sink {
  send(event: CloudEvent): void;
  /** Gives what is on its way a moment to arrive. */
  close(): Promise<void>;
}

export interface Listener {
  readonly events: EventPattern | undefined;
  readonly systemEvents: readonly ("connected" | "disconnected")[];
  readonly sink: Sink;
}

/** The event listeners of one hub: all that take an event get it, none of them can answer. */
export class Listeners {
  readonly #listeners: readonly Listener[];
  readonly #environment: Environment;

  constructor(listeners: readonly Listener[], environment: Environment) {
    this.#listeners = listeners;
    this.#environment = environment;
  }

  connected(event: ConnectionEvent): void {
    this.#send(
      event,
      ({ systemEvents }) => systemEvents.includes("connected"),
      (occasion) => systemEvent("connected", event, occasion, "{}"),
    );
  }

  disconnected(event: DisconnectedEvent): void {
    this.#send(
      event,
      ({ systemEvents }) => systemEvents.includes("disconnected"),
      (occasion) => disconnectedEvent(event, occasion),
    );
  }

  /** @returns whether there is one that takes the event. */
  userEvent(event: UserEvent): boolean {
    return this.#send(
      event,
      ({ events }) => matchesEvent(events, event.eventName),
      (occasion) => userEvent(event, occasion),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map(async ({ sink }) => sink.close()));
  }

  #send(
    { eventId }: ConnectionEvent,
    takes: (listener: Listener) => boolean,
    make: (occasion: { id: string; time: number }) => CloudEvent,
  ): boolean {
    const takers = this.#listeners.filter(takes);
    if (takers.length === 0) return false;
    const event = make({ id: String(eventId), time: this.#environment.now() });
    for (const { sink } of takers) sink.send(event);
    return true;
  }
}
