import type { InvokeMessage, OperationMessage, WebPubSubMessage } from "../models/messages.js";
import type { Effect, Event, State } from "./state.js";

/** Is told what happens in a client, while somebody observes it. It must not throw. */
export interface ClientObserver {
  /** The state machine has taken a step; its effects follow. */
  stepped(event: Event, before: State, after: State, effects: readonly Effect[]): void;
  /** @param messages what the frame holds; null for what the codec doesn't know */
  received(frame: string | ArrayBuffer, messages: readonly (WebPubSubMessage | null)[]): void;
  /** The socket has taken a frame. @param sent what it belongs to */
  written(frame: string | ArrayBuffer, sent?: Sent): void;
  /**
   * An operation or invocation is submitted, and its message may still be changed.
   * @returns what to call when it is settled
   */
  submitted(message: OperationMessage | InvokeMessage, isInternal: boolean): (error?: Error) => void;
}

/** What a frame belongs to, if its sender wants to know when the service has read it. */
export interface Sent {
  /** Of the frame, among all that were written. */
  position: number;
  /** The operation or invocation that the frame holds; left out for other frames. */
  readonly message?: OperationMessage | InvokeMessage;
}
