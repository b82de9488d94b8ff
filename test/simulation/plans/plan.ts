/** The groups of a run. Only those that begin with "open" may be joined and sent to. */
export const GROUPS = ["open1", "open2", "open3", "closed"] as const;

/** Times are in ms of virtual time from the start of the run. */
export interface Plan {
  readonly seed: number;
  /** When the last trouble ends; the network heals then. */
  readonly duration: number;
  /** Whether the service says `connected` on a recovery, as it may; left out: it does. */
  readonly announces?: boolean;
  readonly clients: readonly ClientPlan[];
  readonly steps: readonly Step[];
}

export interface ClientPlan {
  readonly reliable: boolean;
  /** Speaks protobuf, which has no words for who has sent a message. */
  readonly protobuf?: boolean;
  /** A browser's socket: no `terminate`. */
  readonly browser: boolean;
  /** One way, in ms. */
  readonly latency: readonly [low: number, high: number];
  /** Tokens are good for so long; the credential hands out cached ones half as long. */
  readonly tokenLifeInMs: number;
  readonly autoReconnect: boolean;
  readonly autoRejoinGroups: boolean;
  /** Left out: true. */
  readonly restoreGroupStates?: boolean;
  readonly resendOnNewConnection: boolean;
  readonly maxPendingOperations: number;
  readonly ackTimeoutInMs: number;
  /** Retries of a connection; -1 for no limit. */
  readonly maxReconnects: number;
  /** Message retries. */
  readonly maxRetries: number;
}

/** What a program may call at any moment, listeners included. */
export type Call =
  | { readonly do: "start"; readonly abortAfter?: number; readonly keepTrying?: boolean }
  | { readonly do: "stop"; readonly drain?: number }
  | ({ readonly do: "join" | "leave"; readonly group: string } & Acknowledged)
  | ({
      readonly do: "send";
      readonly group: string;
      readonly noEcho?: boolean;
      readonly forget?: boolean;
      readonly ttl?: number;
      readonly times?: number;
      /** Size of each in bytes, small if left out. */
      readonly bytes?: number;
    } & Acknowledged)
  | ({ readonly do: "event"; readonly forget?: boolean; readonly reply?: boolean } & Acknowledged)
  /** Says something about the connection in a group; without a value: takes it back. */
  | ({ readonly do: "state"; readonly group: string; readonly value?: string } & Acknowledged)
  /** Wants to know the states of a group, or not any more. */
  | ({ readonly do: "watch" | "unwatch"; readonly group: string } & Acknowledged)
  /** A subscriber of a group handle comes (a loop takes `loop` ms over each message), or the one that came first goes. */
  | { readonly do: "subscribe"; readonly group: string; readonly loop?: number }
  | { readonly do: "unsubscribe"; readonly group: string }
  /** A user of the connection comes, or the one that came first goes. */
  | { readonly do: "retain" }
  | { readonly do: "release" }
  | StreamCall
  | InvokeCall
  | SuspendCall
  | RevertCall
  | DoubleCall;

/** Opens a stream, writes its fragments one after the other and ends it. */
export interface StreamCall {
  readonly do: "stream";
  readonly group: string;
  readonly fragments: number;
  /** Time between two fragments. */
  readonly pace: number;
  /** `none` leaves it open. */
  readonly finish: "end" | "abort" | "none";
  readonly noEcho?: boolean;
  readonly idleTimeoutInMs?: number;
  /** The signal of the opening fires so long after the call; -1: before it. */
  readonly abortAfter?: number;
}

/** Suspends the session; somebody resumes it after `pause` ms. */
export interface SuspendCall {
  readonly do: "suspend";
  readonly pause: number;
  /** Another client, over JSON, or the same object. */
  readonly by: "another" | "same";
  /** Who was subscribed to a group handle is so again, before the other client starts. */
  readonly subscribes?: boolean;
}

/** Takes a snapshot. `age` ms later its client ends, without a goodbye or with one, and then another goes on with it. */
export interface RevertCall {
  readonly do: "revert";
  readonly age: number;
  readonly ends: "dies" | "stops";
  readonly pause: number;
  readonly subscribes?: boolean;
}

/** A second client resumes, `age` ms later, a snapshot of the running one, or the value that was resumed last. */
export interface DoubleCall {
  readonly do: "double";
  readonly of: "snapshot" | "value";
  readonly age: number;
}

export interface InvokeCall {
  readonly do: "invoke";
  readonly timeoutInMs: number;
  readonly abortAfter?: number;
}

interface Acknowledged {
  /** An explicit ack id. */
  readonly ackId?: number;
  /** The signal fires so long after the call; -1: before it. */
  readonly abortAfter?: number;
}

/** What a listener does, besides listening. */
export type Reaction = { readonly throws: "sync" | "async" } | Call;

export type Trouble =
  /** The transport breaks; each side learns it after its delay, -1: not by itself. */
  | {
      readonly do: "cut";
      readonly clientLearns: number;
      readonly serviceLearns: number;
      readonly loseUp: boolean;
      readonly loseDown: boolean;
    }
  /** The transport breaks as soon as so many more frames have arrived. */
  | {
      readonly do: "cutAfter";
      readonly direction: "up" | "down";
      readonly frames: number;
      readonly clientLearns: number;
      readonly serviceLearns: number;
      readonly loseUp: boolean;
      readonly loseDown: boolean;
    }
  /** Nothing arrives for a while, then everything. */
  | { readonly do: "stall"; readonly direction: "up" | "down"; readonly for: number }
  /** A reader or a line so slow that each frame takes so long. */
  | {
      readonly do: "crawl";
      readonly direction: "up" | "down";
      readonly perFrame: number;
      readonly for: number;
    }
  /** The service closes this client's streams. */
  | { readonly do: "closeStreams"; readonly name: string }
  /** The page or the machine sleeps: no timer, no frame; perhaps with a signal on waking. */
  | {
      readonly do: "freeze";
      readonly for: number;
      readonly wakes: boolean;
      /** What comes first on waking, of what is overdue; left out: one frame, the timers, the other frames. */
      readonly first?: "timers" | "frames";
    }
  | { readonly do: "wake" }
  | { readonly do: "clockJump"; readonly by: number }
  | { readonly do: "sendThrows"; readonly times: number }
  | { readonly do: "credential"; readonly how: "fails" | "hangs" | "lies" | "slow"; readonly for: number }
  | { readonly do: "kick"; readonly code: number | "cut" }
  | { readonly do: "react"; readonly event: string; readonly times: number; readonly reaction: Reaction };

export type ServiceTrouble =
  | {
      readonly do: "restart";
      readonly how: "close" | "cut" | "die";
      readonly code: number;
      readonly downFor: number;
    }
  | {
      readonly do: "door";
      readonly how: "refuse" | "hang" | "reset";
      readonly only: "new" | "recovery" | "all";
      readonly for: number;
    }
  | { readonly do: "refuseOperations"; readonly times: number; readonly name: string }
  | { readonly do: "swallowAcks"; readonly times: number }
  | { readonly do: "delayAcks"; readonly times: number; readonly by: number }
  /** Recoveries that bring no `connected`, where the service says it. */
  | { readonly do: "silentRecoveries"; readonly times: number }
  | { readonly do: "replayTwice"; readonly times: number }
  | { readonly do: "rejectRecoveries"; readonly times: number }
  | { readonly do: "handler"; readonly how: "fails" | "slow"; readonly times: number; readonly by: number }
  | { readonly do: "nackFragments"; readonly times: number; readonly name: string }
  | { readonly do: "refuseStreams"; readonly times: number }
  /** Stream acks, or answers to invocations, are lost (`by` -1) or late. */
  | { readonly do: "holdStreamAcks" | "holdInvocations"; readonly times: number; readonly by: number }
  | {
      readonly do: "publish";
      readonly group: string;
      readonly times: number;
      readonly ttl: number;
      readonly bytes?: number;
    };

/** One thing that happens. */
export type Step =
  | { readonly at: number; readonly client: number; readonly what: Call | Trouble }
  | { readonly at: number; readonly client?: undefined; readonly what: ServiceTrouble };

/** What an application asks of the service. */
export const OPERATIONS: readonly string[] = ["join", "leave", "send", "event", "state", "watch", "unwatch"];

const HARMLESS: ReadonlySet<string> = new Set([
  ...OPERATIONS,
  "subscribe",
  "unsubscribe",
  "stream",
  "invoke",
  "nackFragments",
  "wake",
]);

/** A larger burst fills a session's window. */
const MOST_AT_ONCE = 500;

/** Nothing happens that could make a call fail which isn't wrong by itself. */
export function isCalm({ steps }: Plan): boolean {
  return steps.every(({ what }) => {
    if (what.do === "start") return what.abortAfter === undefined;
    if (what.do === "publish") return what.times <= MOST_AT_ONCE && what.bytes === undefined;
    return HARMLESS.has(what.do);
  });
}
