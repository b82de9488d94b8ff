/** The states, events and effects of the connection. */
import type { ConnectionError } from "../errors.js";
import type { CoreClientEvents, OnStateChangedArgs, WebPubSubClientState } from "../models/events.js";
import type { DisconnectedMessage } from "../models/messages.js";
import type { SavedSession } from "../models/savedSession.js";
import type { RetryPolicy } from "./retryPolicy.js";

/** What identifies a connection over several sockets. */
export interface Identity {
  readonly connectionId: string;
  readonly userId: string;
  /** Empty if the subprotocol or the service gives none. */
  readonly reconnectionToken: string;
}

/** The connection that the application believes it has. */
export interface Told {
  readonly connectionId: string;
  /** `recovering` was emitted, and `recovered` not yet. */
  readonly recovering: boolean;
}

/** What every state passes on to the next one. */
export interface CarriedOver {
  /** Undefined: the application believes it has none. */
  readonly told?: Told | undefined;
  /** The service's `disconnected` message on this connection or attempt. */
  readonly disconnectedMessage?: DisconnectedMessage | undefined;
  /** No operation is accepted; the client stops when the pending ones are settled, at the latest at this time. */
  readonly drainUntil?: number | undefined;
  /** The connection was taken over from an earlier session. */
  readonly resumed: boolean;
  /** How many sockets in a row were lost soon after they had established or recovered a connection. */
  readonly earlyLosses: number;
}

/** Fields that every state has. */
interface Base extends CarriedOver {
  /** Number of the current attempt and its socket; what an older one reports is ignored. */
  readonly epoch: number;
  /** When the state's only timer fires (`now` of the environment); Infinity for never. */
  readonly due: number;
}

/**
 * The groups of a new connection: `connected` is emitted when they are joined again. `deferred`: not before code that
 * awaits `start` has had time to add its listeners, but before anything else that happens to the connection.
 */
type Groups = "deferred" | "unasked" | "awaited" | "joined";

/** One attempt to recover is made in each. */
export interface Period {
  /** When the next one begins. */
  readonly end: number;
  /**
   * Where in the period the attempt is made, from 0 to below 1. The same in all periods of a recovery: a late attempt
   * never follows an early one, so two are never nearly two periods apart.
   */
  readonly moment: number;
}

/**
 * The whole state of the connection in one value. The timer's due time is a part of it, so a timer
 * ends with its state.
 */
export type State =
  | ({ readonly name: "Stopped" } & Base)
  | ({
      readonly name: "Connecting";
      /** `start`: one attempt only, and the caller waits for it. */
      readonly purpose: "start" | "reconnect";
      /** The socket is open; the `connected` message hasn't come yet. */
      readonly open: boolean;
      readonly attempt: number;
    } & Base)
  | ({
      readonly name: "Connected";
      readonly identity: Identity;
      readonly groups: Groups;
      /** The `connected` message has come on this socket; after a recovery there may be none. */
      readonly confirmed: boolean;
      /** A loss before this time is an early one. */
      readonly stableAt: number;
    } & Base)
  | ({
      readonly name: "Recovering";
      readonly identity: Identity;
      readonly groups: Groups;
      readonly phase: "waiting" | "opening" | "proving";
      /** When the current attempt was begun. */
      readonly since: number;
      readonly attempt: number;
      /** End of the recovery window. */
      readonly deadline: number;
      /** The period of the current attempt; undefined for the first one. */
      readonly period?: Period | undefined;
      /** The one attempt past the window, which is allowed after a sleep, is under way. */
      readonly late: boolean;
    } & Base)
  | ({ readonly name: "Disconnected"; readonly attempt: number } & Base)
  | ({ readonly name: "Stopping"; readonly phase: "closing" | "leaving" } & Base);

/** What can happen. `epoch` is the number of the attempt that it belongs to. */
export type Event =
  /** `keepTrying`: after a failure the next attempt follows, as after a lost connection. */
  | {
      readonly type: "start";
      readonly keepTrying?: boolean | undefined;
      /** The session to go on with. */
      readonly saved?: SavedSession | undefined;
    }
  | { readonly type: "stop" }
  /** Stop, so that another client can go on with the session. */
  | { readonly type: "suspend" }
  /** The signal of `start` has fired. */
  | { readonly type: "abort"; readonly error: Error }
  /** The access URL is known. `isOther`: its endpoint isn't that of the connection before. */
  | { readonly type: "url"; readonly epoch: number; readonly isOther?: boolean }
  | { readonly type: "open"; readonly epoch: number }
  /** A frame that isn't a `connected` or `disconnected` message. */
  | { readonly type: "frame"; readonly epoch: number }
  | { readonly type: "connected"; readonly epoch: number; readonly identity: Identity }
  /** The service is about to close the connection. */
  | { readonly type: "disconnecting"; readonly epoch: number; readonly message: DisconnectedMessage }
  /** The groups of this connection are joined again, or the time for it is over. */
  | { readonly type: "rejoined"; readonly connectionId: string }
  /** `start` has resolved. */
  | { readonly type: "started" }
  /** The listeners have been called: the next event may be emitted. */
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
  /** All events before `Stopped` have been emitted. */
  | { readonly type: "left" };

/** What the connection must do; the effects of a step run in their order. */
export type Effect =
  /** For the current attempt; the socket is for a new connection, or for the one that is being recovered. */
  | { readonly type: "getUrl" | "openSocket" }
  /** To the link, by the methods of these names. */
  | { readonly type: "close" | "drop" | "ping" | "probe" }
  /** To the session, by the methods of these names, as are the next ones. */
  | { readonly type: "onOpened" | "onRecovered" }
  | { readonly type: "onDeclined" | "onLost" | "onStopped"; readonly error: ConnectionError }
  /** Go on with what was saved. */
  | { readonly type: "restore"; readonly saved: SavedSession }
  | { readonly type: "settleStart"; readonly error?: Error }
  | { readonly type: "settleStop" }
  | { readonly type: "changed"; readonly details: Omit<OnStateChangedArgs, "state" | "previousState"> }
  /** Calls back with `rejoined` once the groups are joined again. */
  | { readonly type: "awaitGroups"; readonly connectionId: string }
  /** No operation is accepted any more; `drained` follows when the pending ones are settled. */
  | { readonly type: "drainOperations" }
  | Emission
  /** Dispatches `tell` after some turns of the microtask queue. */
  | { readonly type: "tellSoon" }
  /** Dispatches an event after the listeners of the effects before it have been called. */
  | { readonly type: "dispatch"; readonly event: Event };

/** One event for the application. */
export type Emission = {
  [Name in "connected" | "disconnected" | "recovering" | "recovered" | "stopped"]: {
    readonly type: "emit";
    readonly event: Name;
    readonly args: CoreClientEvents[Name];
  };
}[keyof Pick<CoreClientEvents, "connected" | "disconnected" | "recovering" | "recovered" | "stopped">];

/** What a decision may depend on besides the state and the event. */
export interface Context {
  readonly now: number;
  /** A random number from 0 to below 1. */
  readonly random: number;
  /** A call of `start` waits for the connection. */
  readonly isStarting: boolean;
  readonly reliable: boolean;
  /** The codec can write a ping, so its answer can prove a recovery. */
  readonly canPing: boolean;
  readonly autoReconnect: boolean;
  readonly reconnectRetry: RetryPolicy;
  readonly connectTimeoutInMs: number;
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** The state with a given name. */
export type In<Name extends WebPubSubClientState> = Extract<State, { name: Name }>;

/** Stopped, with no event left to emit. */
export function stopped(epoch: number): In<"Stopped"> {
  return { name: "Stopped", resumed: false, earlyLosses: 0, epoch, due: Infinity };
}

export const INITIAL_STATE: State = stopped(0);

/** The part of a state that the next one takes over. */
export function carriedOver({
  told,
  disconnectedMessage,
  drainUntil,
  resumed,
  earlyLosses,
}: CarriedOver): CarriedOver {
  return { told, disconnectedMessage, drainUntil, resumed, earlyLosses };
}
