import type { ConnectionError } from "../errors.js";
import type { CoreClientEvents, OnStateChangedArgs, WebPubSubClientState } from "../models/events.js";
import type { DisconnectedMessage } from "../models/messages.js";
import type { RetryPolicy } from "./retryPolicy.js";

/** What makes a connection the same one over several sockets. */
export interface Identity {
  readonly connectionId: string;
  readonly userId: string;
  /** Empty where the subprotocol or the service gives none. */
  readonly reconnectionToken: string;
}

/** What the application was told last of a connection whose end it wasn't told. */
export interface Told {
  readonly connectionId: string;
  /** By `recovering`, and not yet by `recovered`. */
  readonly recovering: boolean;
}

/** What a state hands on to the next one, whatever that is. */
export interface Kept {
  /** None: no connection, or its end. */
  readonly told: Told | undefined;
  /** The service's last words on this connection or attempt. */
  readonly farewell: DisconnectedMessage | undefined;
  /** Nothing new is taken, and the client stops when everything pending is settled, or at this time. */
  readonly drainUntil: number | undefined;
}

/** Fields that every state has. */
interface Base extends Kept {
  /** Number of the current attempt and its socket; what an older one says is not heard. */
  readonly epoch: number;
  /** When the state's only timer fires (`now` of the environment); Infinity for never. */
  readonly due: number;
}

/** The groups of a new connection: `connected` is told when they are joined again. */
type Groups = "unasked" | "awaited" | "joined";

/**
 * The whole state of the connection in one value. A timer ends with its state because it is a part
 * of it.
 */
export type State =
  | ({ readonly name: "Stopped" } & Base)
  | ({
      readonly name: "Connecting";
      /** `start` has one attempt and a caller who waits. */
      readonly purpose: "start" | "reconnect";
      /** The socket is open; the service has yet to say `connected`. */
      readonly open: boolean;
      readonly attempt: number;
      readonly shortLived: number;
    } & Base)
  | ({
      readonly name: "Connected";
      readonly identity: Identity;
      readonly groups: Groups;
      /** This socket has brought its `connected` message; a recovered one may bring none. */
      readonly confirmed: boolean;
      readonly since: number;
      readonly shortLived: number;
      /** When this socket resumed the connection; -Infinity for its first one. */
      readonly resumedAt: number;
      readonly flaps: number;
    } & Base)
  | ({
      readonly name: "Recovering";
      readonly identity: Identity;
      readonly groups: Groups;
      readonly phase: "waiting" | "opening" | "proving";
      readonly attempt: number;
      /** End of the recovery window. */
      readonly deadline: number;
      /** The one attempt past the window that a sleep allows is under way. */
      readonly late: boolean;
      readonly since: number;
      readonly shortLived: number;
      /** So many resumptions in a row lived a moment only. */
      readonly flaps: number;
    } & Base)
  | ({ readonly name: "Disconnected"; readonly attempt: number; readonly shortLived: number } & Base)
  | ({ readonly name: "Stopping"; readonly phase: "closing" | "leaving" } & Base);

/** What can happen. `epoch` names the socket or attempt that it happened to. */
export type Event =
  /** `keepTrying`: a failure is followed by the next attempt, as after a lost connection. */
  | { readonly type: "start"; readonly keepTrying?: boolean }
  | { readonly type: "stop" }
  /** `start`'s signal. */
  | { readonly type: "abort"; readonly error: Error }
  | { readonly type: "url"; readonly epoch: number; readonly url: string }
  | { readonly type: "open"; readonly epoch: number }
  /** A frame that isn't a `connected` or `disconnected` message. */
  | { readonly type: "frame"; readonly epoch: number }
  | { readonly type: "connected"; readonly epoch: number; readonly identity: Identity }
  /** The service is about to close the connection. */
  | { readonly type: "farewell"; readonly epoch: number; readonly message: DisconnectedMessage }
  /** The groups of this connection are joined again, or have had their time. */
  | { readonly type: "rejoined"; readonly connectionId: string }
  /** The listeners have had their say: what else there is to tell is told. */
  | { readonly type: "tell" }
  /** Stop when everything pending is settled, at the latest at this time. */
  | { readonly type: "drain"; readonly until: number }
  /** Everything pending is settled, or its time is over. */
  | { readonly type: "drained" }
  /** The socket closed, or the attempt or the socket was given up. */
  | { readonly type: "lost"; readonly epoch: number; readonly error: ConnectionError }
  /** The state's timer. */
  | { readonly type: "due" }
  | { readonly type: "wake" }
  /** Everything owed before `Stopped` is done. */
  | { readonly type: "left" };

/** What is to be done, in this order. */
export type Effect =
  | { readonly type: "getUrl"; readonly epoch: number }
  | { readonly type: "openSocket"; readonly epoch: number; readonly url: string }
  | { readonly type: "openRecovery"; readonly epoch: number; readonly identity: Identity }
  /** Close code 1000: the service forgets the session. */
  | { readonly type: "closeSocket" }
  | { readonly type: "dropSocket" }
  | { readonly type: "ping" }
  | { readonly type: "probe" }
  /** A new connection stands: join, then send. */
  | { readonly type: "sessionBegins" }
  /** The same connection stands again: unanswered operations first. */
  | { readonly type: "sessionResumes" }
  /** The connection id is gone, and what it had executed with it. */
  | { readonly type: "sessionEnds"; readonly error: ConnectionError }
  /** Operations are refused from here on, pending ones reject. */
  | { readonly type: "refuseOperations"; readonly error: ConnectionError }
  | { readonly type: "settleStart"; readonly error?: Error }
  | { readonly type: "settleStop" }
  | { readonly type: "changed"; readonly details: Omit<OnStateChangedArgs, "state" | "previousState"> }
  /** Calls back with `rejoined` once the groups are joined again. */
  | { readonly type: "awaitGroups"; readonly connectionId: string }
  /** No operation is taken any more; `drained` follows when those pending are settled. */
  | { readonly type: "drainOperations" }
  | Emission
  /** Feeds an event back, after the listeners of the effects before it have had their say. */
  | { readonly type: "dispatch"; readonly event: Event };

/** One event for the application. */
export type Emission = {
  [Name in "connected" | "disconnected" | "recovering" | "recovered" | "stopped"]: {
    readonly type: "emit";
    readonly event: Name;
    readonly args: CoreClientEvents[Name];
  };
}[keyof Pick<CoreClientEvents, "connected" | "disconnected" | "recovering" | "recovered" | "stopped">];

/** What a decision may depend on beside state and event. */
export interface Context {
  readonly now: number;
  /** A random number from 0 to below 1. */
  readonly random: number;
  readonly reliable: boolean;
  /** The codec can write a ping, so a recovery can be proved by the answer. */
  readonly canPing: boolean;
  readonly autoReconnect: boolean;
  readonly reconnectRetry: RetryPolicy;
  readonly connectTimeoutInMs: number;
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** One state by its name. */
export type In<Name extends WebPubSubClientState> = Extract<State, { name: Name }>;

const NOTHING_KEPT: Kept = { told: undefined, farewell: undefined, drainUntil: undefined };

/** Stopped, with nothing owed. */
export function stopped(epoch: number): In<"Stopped"> {
  return { name: "Stopped", ...NOTHING_KEPT, epoch, due: Infinity };
}

export const INITIAL_STATE: State = stopped(0);

/** What the next state takes over from this one. */
export function kept({ told, farewell, drainUntil }: Kept): Kept {
  return { told, farewell, drainUntil };
}
