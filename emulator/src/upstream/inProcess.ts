import { checkedMetadata, payloadOf } from "../content.js";
import type { Diagnostics } from "../service/diagnostics.js";
import type { Payload } from "../service/messages.js";
import type {
  ConnectDecision,
  EventOrigin,
  Upstream,
  UserEvent,
  UserEventAnswer,
} from "../service/upstream.js";
import type { ConnectEvent } from "../service/upstream.js";
import type { EventHandler, HandlerEvent } from "./eventHandler.js";

/** Event handlers that are functions of this process. */
export class InProcessUpstream implements Upstream {
  readonly #handlers: (hub: string) => readonly EventHandler[];
  readonly #diagnostics: Diagnostics;

  constructor(handlers: (hub: string) => readonly EventHandler[], diagnostics: Diagnostics) {
    this.#handlers = handlers;
    this.#diagnostics = diagnostics;
  }

  async connect(event: ConnectEvent): Promise<ConnectDecision | undefined> {
    const handler = this.#handlers(event.hub).find((candidate) => candidate.onConnect !== undefined);
    const reply = await handler?.onConnect?.(event);
    if (!reply) return undefined;
    if (!("status" in reply)) return { kind: "accepted", ...reply };
    const { status, message = "The connect handler refused the client." } = reply;
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`A connect handler refuses with a status of 400 to 599, not ${status}.`);
    }
    return { kind: "refused", status, message };
  }

  connected(event: EventOrigin): void {
    this.#notify(event, "onConnected", (handler) => handler.onConnected?.(event));
  }

  disconnected(event: EventOrigin & { readonly reason: string }): void {
    this.#notify(event, "onDisconnected", (handler) => handler.onDisconnected?.(event));
  }

  async userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer> {
    const handler = this.#handlers(event.hub).find(
      (candidate) => candidate.onEvent !== undefined && takes(candidate.events, event.eventName),
    );
    if (handler?.onEvent === undefined) return { kind: "unhandled" };
    const reply = await handler.onEvent(handlerEvent(event, signal));
    if (!reply) return { kind: "handled" };
    const { data, dataType, metadata } = reply;
    return {
      kind: "handled",
      reply: { payload: payloadOf(data, dataType), metadata: checkedMetadata(metadata) },
    };
  }

  /** Nobody waits for these: a failure is only reported. */
  #notify(event: EventOrigin, name: string, call: (handler: EventHandler) => unknown): void {
    const { hub, connectionId } = event;
    const run = async (handler: EventHandler) => {
      try {
        await call(handler);
      } catch (cause) {
        const message = `${name} failed: ${String(cause)}`;
        this.#diagnostics({ level: "warning", hub, connectionId, message, cause });
      }
    };
    for (const handler of this.#handlers(hub)) void run(handler);
  }
}

function takes(events: string | readonly string[] = "*", name: string): boolean {
  const names = typeof events === "string" ? events.split(",") : events;
  const wanted = name.toLowerCase();
  return names.some((candidate) => candidate.trim() === "*" || candidate.trim().toLowerCase() === wanted);
}

function handlerEvent(event: UserEvent, signal: AbortSignal | undefined): HandlerEvent {
  const { payload, connectionState: _, invocationId, ...rest } = event;
  return { ...rest, invocationId, signal, dataType: payload.dataType, data: dataOf(payload) };
}

function dataOf(payload: Payload): unknown {
  switch (payload.dataType) {
    case "text":
      return payload.text;
    case "json":
      return JSON.parse(payload.json);
    case "binary":
    case "protobuf":
      return payload.bytes;
  }
}
