import { checkedMetadata, payloadOf } from "../content.js";
import type { Payload } from "../service/messages.js";
import type {
  ConnectDecision,
  ConnectEvent,
  EventOrigin,
  UserEvent,
  UserEventAnswer,
} from "../service/upstream.js";
import { decodeState, encodeState } from "./connectionState.js";
import type { EventHandler, HandlerEvent } from "./eventHandler.js";
import { matchesEvent } from "./eventPattern.js";
import type { DisconnectedEvent, Handler, SystemEvent } from "./handler.js";

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

  async connect(event: ConnectEvent): Promise<ConnectDecision | undefined> {
    const reply = await this.#functions.onConnect?.(event);
    if (!reply) return undefined;
    if (!("status" in reply)) {
      const { state, ...decision } = reply;
      return { kind: "accepted", ...decision, connectionState: state && encodeState(state) };
    }
    const { status, message = "The connect handler refused the client." } = reply;
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`A connect handler refuses with a status of 400 to 599, not ${status}.`);
    }
    return { kind: "refused", status, message };
  }

  async connected(event: EventOrigin): Promise<void> {
    await this.#functions.onConnected?.(event);
  }

  async disconnected(event: DisconnectedEvent): Promise<void> {
    await this.#functions.onDisconnected?.(event);
  }

  async userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer> {
    const reply = await this.#functions.onEvent?.(handlerEvent(event, signal));
    if (!reply) return { kind: "handled" };
    const { data, dataType, metadata, state } = reply;
    return {
      kind: "handled",
      connectionState: state && encodeState(state),
      reply:
        data === undefined
          ? undefined
          : { payload: payloadOf(data, dataType), metadata: checkedMetadata(metadata) },
    };
  }
}

function handlerEvent(event: UserEvent, signal: AbortSignal | undefined): HandlerEvent {
  const { payload, connectionState, invocationId, ...rest } = event;
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
