import type { Diagnostics } from "../service/diagnostics.js";
import type {
  ConnectDecision,
  ConnectEvent,
  ConnectionEvent,
  EventOrigin,
  GroupEvent,
  Upstream,
  UserEvent,
  UserEventAnswer,
} from "../service/upstream.js";
import type { DisconnectedEvent, GroupEventName, Handler, SystemEvent } from "./handler.js";
import type { Listeners } from "./listeners.js";

/** How long closing waits for notifications to arrive, in milliseconds. */
const closeGraceInMs = 200;

const { setTimeout, clearTimeout } = globalThis;

/** What stands behind one hub. */
export interface HubApplication {
  /** Of several, the first that takes an event gets it. */
  readonly handlers: readonly Handler[];
  /** Every one that takes an event gets it. */
  readonly listeners: Listeners;
}

/** The application behind the service: event handlers, which answer, and event listeners, which don't. */
export class Application implements Upstream {
  /** By lower-case name. */
  #hubs: ReadonlyMap<string, HubApplication>;
  readonly #diagnostics: Diagnostics;
  readonly #notifications = new Set<Promise<void>>();

  constructor(hubs: ReadonlyMap<string, HubApplication>, diagnostics: Diagnostics) {
    this.#hubs = hubs;
    this.#diagnostics = diagnostics;
  }

  /** Gives what is on its way a moment to arrive. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeGraceInMs)));
    await Promise.race([Promise.all(this.#notifications), grace]);
    clearTimeout(timer);
    await Promise.all(Array.from(this.#hubs.values(), async ({ listeners }) => listeners.close()));
  }

  /** From now on events go to these; what is on its way still arrives. Resolves when the former listeners have closed. */
  async replace(hubs: ReadonlyMap<string, HubApplication>): Promise<void> {
    const former = this.#hubs;
    this.#hubs = hubs;
    await Promise.all(Array.from(former.values(), async ({ listeners }) => listeners.close()));
  }

  async connect(event: ConnectEvent): Promise<ConnectDecision | undefined> {
    return this.#systemHandler(event.hub, "connect")?.connect(event);
  }

  connected(event: ConnectionEvent): void {
    this.#hubs.get(event.hub.toLowerCase())?.listeners.connected(event);
    this.#notify(event, "connected", this.#systemHandler(event.hub, "connected"), async (handler) =>
      handler.connected(event),
    );
  }

  disconnected(event: DisconnectedEvent): void {
    this.#hubs.get(event.hub.toLowerCase())?.listeners.disconnected(event);
    this.#notify(event, "disconnected", this.#systemHandler(event.hub, "disconnected"), async (handler) =>
      handler.disconnected(event),
    );
  }

  joined(hub: string, group: string, event: () => GroupEvent): void {
    this.#groupEvent("joined", hub, group, event);
  }

  left(hub: string, group: string, event: () => GroupEvent): void {
    this.#groupEvent("left", hub, group, event);
  }

  /** Unsettled: an invocation asks for an answer, which a listener can't give, so listeners don't get it. */
  async userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer> {
    const application = this.#hubs.get(event.hub.toLowerCase());
    const heard = event.invocationId === undefined && application?.listeners.userEvent(event) === true;
    const handler = application?.handlers.find((candidate) => candidate.takesUserEvent(event.eventName));
    if (handler === undefined) return { kind: heard ? "handled" : "unhandled" };
    return handler.userEvent(event, signal);
  }

  #groupEvent(name: GroupEventName, hub: string, group: string, make: () => GroupEvent): void {
    const { handlers = [] } = this.#hubs.get(hub.toLowerCase()) ?? {};
    const handler = handlers.find((candidate) => candidate.takesGroupEvent(name, group));
    if (handler === undefined) return;
    const event = make();
    this.#notify(event, name, handler, async (taker) => taker.groupEvent(name, event));
  }

  #systemHandler(hub: string, name: SystemEvent): Handler | undefined {
    return this.#hubs.get(hub.toLowerCase())?.handlers.find((handler) => handler.takesSystemEvent(name));
  }

  /** Nobody waits for these: a failure is only reported. */
  #notify(
    event: EventOrigin,
    name: SystemEvent | GroupEventName,
    handler: Handler | undefined,
    call: (handler: Handler) => Promise<void>,
  ): void {
    if (handler === undefined) return;
    const notification = call(handler).catch((cause: unknown) => {
      const { hub, connectionId } = event;
      const message = `The handler of ${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`;
      this.#diagnostics({ level: "warning", hub, connectionId, message, cause });
    });
    this.#notifications.add(notification);
    void notification.finally(() => this.#notifications.delete(notification));
  }
}
