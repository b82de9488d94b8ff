import type { Payload } from "../service/messages.js";
import type {
  ConnectDecision,
  ConnectEvent,
  ConnectionEvent,
  GroupEvent,
  UserEvent,
  UserEventAnswer,
} from "../service/upstream.js";
import { decodeState } from "./connectionState.js";
import type { EventHandler, HandlerEvent } from "./eventHandler.js";
import { matchesEvent } from "./eventPattern.js";
import { functionAnswer, functionDecision } from "./functionAnswer.js";
import type { DisconnectedEvent, GroupEventName, Handler, SystemEvent } from "./handler.js";

/** An event handler that consists of functions of this process. */
export class InProcessHandler implements Handler {
  readonly #functions: EventHandler;

  constructor(functions: EventHandler) {
    this.#functions = functions;
  }

  takesSystemEvent(name: SystemEvent): boolean {
    switch (name) {
      case "connect":
        return this.#functions.onConnect !== undefined;
      case "connected":
        return this.#functions.onConnected !== undefined;
      case "disconnected":
        return this.#functions.onDisconnected !== undefined;
    }
  }

  takesUserEvent(name: string): boolean {
    return this.#functions.onEvent !== undefined && matchesEvent(this.#functions.events, name);
  }

  takesGroupEvent(name: GroupEventName): boolean {
    return this.#functions[name === "joined" ? "onJoined" : "onLeft"] !== undefined;
  }

  async connect(event: ConnectEvent): Promise<ConnectDecision | undefined> {
    return functionDecision(await this.#functions.onConnect?.(event));
  }

  async connected({ eventId: _, ...origin }: ConnectionEvent): Promise<void> {
    await this.#functions.onConnected?.(origin);
  }

  async disconnected({ eventId: _, ...event }: DisconnectedEvent): Promise<void> {
    await this.#functions.onDisconnected?.(event);
  }

  async groupEvent(name: GroupEventName, event: GroupEvent): Promise<void> {
    await (name === "joined" ? this.#functions.onJoined?.(event) : this.#functions.onLeft?.(event));
  }

  async userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer> {
    return functionAnswer(await this.#functions.onEvent?.(handlerEvent(event, signal)));
  }
}

function handlerEvent(event: UserEvent, signal: AbortSignal | undefined): HandlerEvent {
  const { payload, connectionState, invocationId, eventId: _, ...rest } = event;
  return {
    ...rest,
    invocationId,
    signal,
    state: decodeState(connectionState),
    dataType: payload.dataType,
    data: dataOf(payload),
  };
}

/** A payload as a program wants it. */
export function dataOf(payload: Payload): unknown {
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
