import type { FeatureFrames } from "./codec/jsonFrames.js";
import type { ClientObserver, Sent } from "./connection/clientObserver.js";
import type { AroundStart } from "./connection/connection.js";
import type { CoreClient } from "./coreClient.js";
import type { Inside } from "./inside.js";
import type { CoreClientEvents } from "./models/events.js";
import type { Settings } from "./options.js";
import type { FeatureHooks } from "./session/featureHooks.js";
import type { Frame } from "./session/frame.js";
import type { GroupTable } from "./session/groupTable.js";
import type { Operations } from "./session/operations.js";
import type { Suspect } from "./session/suspect.js";
import type { Emitter, OnListenerError } from "./util/emitter.js";

/** A client with or without features, with any events. */
export type AnyClient = CoreClient;

/**
 * What a feature may use of its client.
 * @experimental
 */
export interface FeaturePort extends Operations {
  /** The client itself, without any proxy through which the feature was asked for. */
  readonly client: AnyClient;
  /** The client's options, complete and checked. */
  readonly settings: Settings;
  /** The groups that are wanted, requested or joined. */
  readonly memberships: GroupTable;
  /** The emitter: listen to the client's events, and emit the feature's own. */
  events<Own extends object>(): Emitter<CoreClientEvents & Own>;
  /** Reports what a listener of the feature has thrown. */
  readonly onListenerError: OnListenerError;
  /**
   * Calls the hooks from now on, or from when the feature is made. If there is a connection already, `onOpened` is
   * called at once.
   */
  listen(hooks: FeatureHooks): void;
  /** Adds the feature's frames to the client's protocol. Returns whether the protocol carries them. */
  carries(frames: FeatureFrames): boolean;
  /** Frames may be written. */
  readonly writable: boolean;
  /**
   * Writes a frame to the socket; throws what the socket throws.
   * @param suspect if it may be declined again
   * @param sent what the frame belongs to
   */
  write(frame: Frame, suspect?: Suspect, sent?: Sent): void;
  /**
   * Frames may be written, and the service keeps up with them. If not, frames that can wait do so until `onRoom`.
   * @param suspect whose frame waits to be sent alone; others have no room meanwhile
   */
  hasRoom(suspect?: Suspect): boolean;
  /**
   * If the client is stopped, calls back with the reason unless it is started within the total time of
   * `messageRetryOptions`. Otherwise does nothing.
   */
  unlessStarted(refuse: (why: string) => void): void;
  /**
   * Calls `around` at each start with its options; it calls `begin` with those to start with, and what it returns is
   * the caller's. Calls `onStop` whenever the client is told to stop, also if it hasn't been started or `around` is
   * still at work: then it must not begin. A client has one such pair.
   */
  aroundStart(around: AroundStart, onStop?: () => void): void;
  /**
   * Told everything that happens; undefined while nobody observes the client.
   * @internal for `web-pubsub-client/observe`, whose `observe` is for everybody
   */
  observer: ClientObserver | undefined;
  /** How much waits: things that aren't settled, and frames that the service isn't known to have read. */
  readonly load: {
    /** Things that aren't settled: what `pending` of the hooks counts, and operations. */
    readonly pending: number;
    /** Frames that the service isn't known to have read. */
    readonly unread: number;
  };
  /** Call this when one of the `pending` things has ended. */
  settled(): void;
  /** Something has woken up, or the network has returned: a connection is probed, and an attempt isn't waited for. */
  wake(): void;
}

/** The names of all features that were defined. */
export const FEATURE_NAMES = /* @__PURE__ */ new Set<string>();

/**
 * Defines a feature: a function of a client that returns the result of `make`, which is called once per client.
 * @param name unique among all features, for example a package's name
 * @experimental
 */
export function defineFeature<Api extends object>(
  name: string,
  make: (port: FeaturePort) => Api,
): (client: AnyClient) => Api {
  FEATURE_NAMES.add(name);
  return (client) => {
    const inside = insideOf(client, name);
    const features = (inside.features ??= new Map<string, object>());
    let api = features.get(name) as Api | undefined;
    if (api === undefined) {
      // If `make` throws, none of its hooks is called.
      const added: FeatureHooks[] = [];
      let isMade = false;
      const listen = (hooks: FeatureHooks): void =>
        void (isMade ? inside.session.add(hooks) : added.push(hooks));
      features.set(name, (api = make(toPort(inside, listen))));
      isMade = true;
      for (const hooks of added) listen(hooks);
    }
    return api;
  };
}

function insideOf(client: AnyClient, name: string): Inside {
  const inside = (client as unknown as { _inside?: () => Inside } | undefined)?._inside;
  if (typeof inside !== "function")
    throw new TypeError(`${name}: the first argument must be a CoreClient or a WebPubSubClient.`);
  return inside();
}

function toPort(inside: Inside, listen: FeaturePort["listen"]): FeaturePort {
  const { client, connection, emitter, onListenerError, session, settings } = inside;
  return {
    client: client as AnyClient,
    settings,
    memberships: session.memberships.table,
    events: <Own extends object>() => emitter as unknown as Emitter<CoreClientEvents & Own>,
    onListenerError,
    listen,
    carries: (frames) => settings.protocol.frames?.add(frames) ?? true,
    get refusal() {
      return session.refusal;
    },
    get writable() {
      return session.writable;
    },
    hasRoom: (suspect) => session.hasRoom(suspect),
    write: (frame, suspect, sent) => session.write(frame, suspect, sent),
    submit: (build, options, course) => session.submit(build, options, course),
    submitInternal: (build, course) => session.submitInternal(build, course),
    flush: () => session.flush(),
    unlessStarted: (refuse) => session.unlessStarted(refuse),
    aroundStart: (around, onStop) => {
      connection.aroundStart = around;
      connection.onStop = onStop;
    },
    get observer() {
      return connection.transport.observer;
    },
    set observer(observer) {
      connection.transport.observer = observer;
    },
    get load() {
      return { pending: session.pending, unread: connection.transport.unread };
    },
    settled: () => session.settled(),
    wake: () => connection.wake(),
  };
}
