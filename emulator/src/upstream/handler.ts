import type {
  ConnectDecision,
  ConnectEvent,
  ConnectionEvent,
  GroupEvent,
  UserEvent,
  UserEventAnswer,
} from "../service/upstream.js";

/** Events of connections that a webhook can get. */
export type SystemEvent = "connect" | "connected" | "disconnected";

/** Events of groups that a webhook can get. */
export type GroupEventName = "joined" | "left";

export type DisconnectedEvent = ConnectionEvent & { readonly reason: string };

/** One event handler of a hub, by whatever way it is reached. A rejected promise is a failure. */
export interface Handler {
  takesSystemEvent(name: SystemEvent): boolean;
  takesUserEvent(name: string): boolean;
  takesGroupEvent(name: GroupEventName, group: string): boolean;
  connect(event: ConnectEvent): Promise<ConnectDecision | undefined>;
  connected(event: ConnectionEvent): Promise<void>;
  disconnected(event: DisconnectedEvent): Promise<void>;
  groupEvent(name: GroupEventName, event: GroupEvent): Promise<void>;
  userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer>;
}
