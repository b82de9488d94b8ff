import { AbortError } from "@azure/abort-controller";
import type { UrlSource } from "../credential.js";
import { ConnectionError, toError } from "../errors.js";
import type { CoreClientEvents, OnStateChangedArgs, WebPubSubClientState } from "../models/events.js";
import type { ConnectedMessage, WebPubSubMessage } from "../models/messages.js";
import type { SavedSession } from "../models/savedSession.js";
import { tryOrLog } from "../log.js";
import type { OnRestored, StartOptions } from "../models/options.js";
import type { Settings } from "../options.js";
import { checkSession, SESSION_VERSION } from "../savedSession.js";
import { whenAborted } from "../util/whenAborted.js";
import { sizeOf } from "../util/sizeOf.js";
import { checkSignal } from "../util/checkSignal.js";
import type { Emitter } from "../util/emitter.js";
import { Timer } from "../util/timer.js";
import { recoveryUrl, redacted, withoutQuery, withoutTokens } from "./accessUrl.js";
import { nextInfo, type ConnectionInfo } from "./connectionInfo.js";
import { Link } from "./link.js";
import type { SessionPort } from "./sessionPort.js";
import { INITIAL_STATE, type Effect, type Event, type Identity, type State } from "./state.js";
import { RECOVERY_WINDOW } from "./steps.js";
import { transition } from "./transition.js";
import { Transport } from "./transport.js";

/** What a feature does at each start. @param begin starts the client */
export type AroundStart = (
  options: StartOptions,
  begin: (options: StartOptions) => Promise<void>,
) => Promise<void>;

/** Turns of the microtask queue that code after `await client.start()` has, enough for some nested async functions. */
const TURNS_AFTER_START = 16;
const INITIAL_INFO: ConnectionInfo = { state: "Stopped" };

/** Runs the effects that the state machine decides, and owns the timers. */
export class Connection {
  readonly #settings: Settings;
  readonly #getUrl: UrlSource;
  readonly #session: SessionPort;
  readonly #emitter: Emitter<CoreClientEvents>;
  readonly transport: Transport;
  #state: State = INITIAL_STATE;
  #info: ConnectionInfo = INITIAL_INFO;
  /** Access URL of the current connection id; its recoveries use it too. Empty for one that is taken over. */
  #url = "";
  /** The subprotocol, and that URL without its query. */
  #endpoint = "";
  #onRestored: OnRestored | undefined;
  /** Called at each start: it may change the options and begin later, or not at all. */
  aroundStart: AroundStart | undefined;
  /** Called whenever `stop` is, in any state. */
  onStop: (() => void) | undefined;
  readonly #timer: Timer;
  #drainTimer: Timer | undefined;
  #credentialAbort: AbortController | undefined;
  /** Settles what the pending `start` has returned. */
  #settleStart: ((error?: Error) => void) | undefined;
  /** Resolve what the pending calls of `stop` have returned. */
  readonly #stopping: (() => void)[] = [];
  #endWake: (() => void) | undefined;
  /** The environment's time at the newest event. */
  #now = 0;
  /** The environment has thrown, and the client is being stopped. */
  #failing = false;

  constructor(
    settings: Settings,
    getUrl: UrlSource,
    emitter: Emitter<CoreClientEvents>,
    session: SessionPort,
  ) {
    this.#settings = settings;
    this.#getUrl = getUrl;
    this.#session = session;
    this.#emitter = emitter;
    this.#timer = new Timer(settings.environment);
    this.transport = new Transport(
      settings,
      (error) => this.#dispatch({ type: "lost", epoch: this.#state.epoch, error }),
      () => session.onRoom(),
    );
    session.connectTo(this.transport);
  }

  /** The same object until the state changes. */
  get info(): ConnectionInfo {
    return this.#info;
  }

  get state(): WebPubSubClientState {
    return this.#state.name;
  }

  get identity(): Identity | undefined {
    return "identity" in this.#state ? this.#state.identity : undefined;
  }

  start(options: StartOptions): Promise<void> {
    const begin = (changed: StartOptions): Promise<void> => this.#start(changed);
    return this.aroundStart?.(options, begin) ?? begin(options);
  }

  #start({ abortSignal, keepTrying, resume, onRestored }: StartOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#state.name !== "Stopped") {
        const message = `Client can be only started when it's Stopped, but it is ${this.#state.name}.`;
        throw new ConnectionError("AlreadyStarted", message);
      }
      const saved = checkSession(resume);
      if (onRestored && typeof onRestored !== "function")
        throw new TypeError("onRestored must be a function.");
      const signal = checkSignal(abortSignal);
      if (signal?.aborted) throw new AbortError("start was aborted.");
      const settle = (error?: Error): void => {
        unlisten();
        if (!error) resolve();
        else reject(error);
      };
      const unlisten = whenAborted(signal, () => {
        if (this.#settleStart !== settle) return;
        const error = new AbortError("start was aborted.");
        this.#dispatch({ type: "abort", error });
        // It wasn't the only attempt.
        if (this.#settleStart !== settle) return;
        settle(error);
        void this.stop();
      });
      this.#settleStart = settle;
      this.#onRestored = onRestored ?? undefined;
      this.#url = "";
      this.#endpoint = saved?.endpoint ?? "";
      this.#dispatch({ type: "start", keepTrying, saved });
    });
  }

  /** The session as a value. @param isExact the client stops, so that nothing more can happen */
  save(isExact: boolean): SavedSession | undefined {
    const state = this.#state;
    if (state.name === "Stopped" || state.name === "Stopping") return undefined;
    const saved: SavedSession = {
      version: SESSION_VERSION,
      endpoint: this.#endpoint,
      identity: this.identity?.reconnectionToken ? this.identity : undefined,
      droppedAt:
        state.name === "Recovering" ? state.deadline - RECOVERY_WINDOW : this.#settings.environment.now(),
      ...this.#session.save(isExact),
    };
    if (isExact) this.#dispatch({ type: "suspend" });
    return saved;
  }

  /** @param drainInMs how long pending operations may still take, in ms */
  stop(drainInMs = 0): Promise<void> {
    this.onStop?.();
    const { name } = this.#state;
    const mayDrain = drainInMs > 0 && name !== "Stopped" && name !== "Stopping";
    return new Promise((resolve) => {
      this.#stopping.push(resolve);
      this.#try(() => {
        const until = this.#settings.environment.now() + drainInMs;
        this.#dispatch(mayDrain ? { type: "drain", until } : { type: "stop" });
      });
    });
  }

  /** Probes the connection, or ends the wait for the next attempt. */
  wake(): void {
    this.#dispatch({ type: "wake" });
  }

  #dispatch(event: Event): void {
    const { environment, pingFrame, protocol } = this.#settings;
    let random = 0;
    const read = (): void => {
      this.#now = environment.now();
      random = environment.random();
    };
    if (!this.#try(read)) return;
    const before = this.#state;
    const { state, effects } = transition(before, event, {
      ...this.#settings,
      now: this.#now,
      random,
      isStarting: this.#settleStart !== undefined,
      reliable: protocol.isReliableSubProtocol,
      canPing: pingFrame !== undefined,
    });
    this.#state = state;
    if (state !== before) this.#try(() => this.#enter(before, state));
    this.transport.observer?.stepped(event, before, state, effects);
    for (const effect of effects) {
      // A listener or a socket changed the state meanwhile: the remaining effects of the old state are
      // dropped, except for promises, which are always settled.
      const moved = this.#state.name !== state.name || this.#state.epoch !== state.epoch;
      if (moved && effect.type !== "settleStart" && effect.type !== "settleStop") continue;
      this.#try(() => this.#run(effect));
    }
  }

  /**
   * Does what may throw because the environment does: that stops the client, and `start` rejects. What ends timers and
   * watches never throws, so the stop is complete. Returns whether the caller may go on.
   */
  #try(action: () => void): boolean {
    try {
      action();
    } catch (thrown) {
      if (this.#failing) return true;
      this.#failing = true;
      const cause = toError(thrown);
      const error = new ConnectionError("Closed", `The environment failed: ${cause.message}`, { cause });
      this.#settings.logger.error(error.message);
      this.#settleStart?.(error);
      this.#dispatch({ type: "abort", error });
      this.#dispatch({ type: "stop" });
      // A closing socket isn't waited for.
      if (this.#state.name === "Stopping") this.#dispatch({ type: "due" });
      this.#failing = false;
      return false;
    }
    return true;
  }

  /** Watches for the new state and sets timers. */
  #enter(before: State, state: State): void {
    if (before.name !== state.name) {
      if (before.name === "Connected") {
        this.transport.end();
        this.#session.onSuspended();
      }
      this.#credentialAbort?.abort();
      this.#credentialAbort = undefined;
      if (state.name === "Connected") this.transport.begin();
      const { environment, logger } = this.#settings;
      if (state.name === "Stopped") {
        // An environment of the application's own may return anything.
        tryOrLog(logger, "stop watching for wakes", () => this.#endWake?.());
        this.#endWake = undefined;
      } else if (before.name === "Stopped") {
        this.#session.accept();
        this.#endWake = environment.onWake(() => this.wake());
      }
    }
    // Last, since nothing before this throws while the client stops.
    // Two attempts may be due in the same millisecond; each needs its own timer.
    if (before.due !== state.due || before.epoch !== state.epoch) {
      this.#timer.at(state.due, () => this.#dispatch({ type: "due" }));
    }
    if (before.drainUntil !== state.drainUntil) {
      this.#drainTimer ??= new Timer(this.#settings.environment);
      this.#drainTimer.at(state.drainUntil ?? Infinity, () => this.#dispatch({ type: "drained" }));
    }
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case "getUrl":
        void this.#fetchUrl();
        return;
      case "openSocket":
        // A connection that is taken over has no URL yet.
        if (this.#url === "") void this.#fetchUrl();
        else this.#open();
        return;
      case "close":
      case "drop":
      case "ping":
      case "probe":
        this.transport[effect.type]();
        return;
      case "onOpened":
      case "onRecovered":
        return this.#session[effect.type]();
      case "onDeclined":
      case "onLost":
      case "onStopped":
        return this.#session[effect.type](effect.error);
      case "restore":
        return this.#session.restore(effect.saved, this.#onRestored);
      case "settleStart":
        this.#settleStart?.(effect.error);
        this.#settleStart = undefined;
        return;
      case "settleStop":
        for (const resolve of this.#stopping.splice(0)) resolve();
        return;
      case "changed":
        return this.#changed(effect.details);
      case "awaitGroups": {
        const { connectionId } = effect;
        return this.#session.whenJoined(() => this.#dispatch({ type: "rejoined", connectionId }));
      }
      case "drainOperations":
        // Later, so that the last answer's promise settles first.
        return this.#session.drain(
          () => void Promise.resolve().then(() => this.#dispatch({ type: "drained" })),
        );
      case "emit":
        return this.#emitter.emit(effect.event, effect.args);
      case "tellSoon":
        void this.#tellSoon();
        return;
      case "dispatch":
        return this.#dispatch(effect.event);
      default:
        effect satisfies never;
    }
  }

  async #tellSoon(): Promise<void> {
    for (let turn = 0; turn < TURNS_AFTER_START; turn++) await Promise.resolve();
    this.#dispatch({ type: "tell" });
  }

  #changed(details: Omit<OnStateChangedArgs, "state" | "previousState">): void {
    const { logger } = this.#settings;
    const { disconnectedMessage, name: state } = this.#state;
    const { error, attempt, nextDelayInMs } = details;
    const why = error ? `: ${error.message}` : "";
    const next = nextDelayInMs === undefined ? "" : `; attempt ${attempt} in ${nextDelayInMs} ms`;
    logger.info(`${state}${why}${next}`);
    const previousState = this.#info.state;
    // Before the event is emitted, so that listeners already see the new information.
    this.#info = nextInfo(this.#info, state, details, this.identity?.userId, this.#now);
    const reason = details.reason || (state === "Connected" ? undefined : disconnectedMessage?.message);
    this.#emitter.emit("state-changed", {
      state,
      previousState,
      ...details,
      ...(reason ? { reason } : undefined),
    });
  }

  async #fetchUrl(): Promise<void> {
    const { epoch } = this.#state;
    try {
      this.#credentialAbort?.abort();
      const abort = new AbortController();
      this.#credentialAbort = abort;
      const url = await this.#getUrl({ abortSignal: abort.signal });
      if (epoch !== this.#state.epoch) return;
      const endpoint = `${this.#settings.protocol.name} ${withoutQuery(url)}`;
      const isOther = endpoint !== this.#endpoint;
      this.#url = url;
      this.#endpoint = endpoint;
      this.#dispatch({ type: "url", epoch, isOther });
    } catch (thrown) {
      const cause = toError(thrown);
      const message = `Could not get the client access URL: ${withoutTokens(cause.message)}`;
      this.#dispatch({ type: "lost", epoch, error: new ConnectionError("Credential", message, { cause }) });
    }
  }

  /** Opens a socket for a new connection, or for the one that is to be recovered. */
  #open(): void {
    const { identity } = this;
    const { epoch } = this.#state;
    const { advice, environment, protocol } = this.#settings;
    let url = this.#url;
    this.#settings.logger.info(`Connecting to ${withoutQuery(url)} (${protocol.name})`);
    const lost = (error: ConnectionError): void => this.#dispatch({ type: "lost", epoch, error });
    try {
      if (identity) url = recoveryUrl(url, identity);
      const link = new Link(environment.createWebSocket(url, protocol.name), url, environment, {
        onOpen: () => this.#dispatch({ type: "open", epoch }),
        onFrame: (data) => this.#receive(data, epoch),
        onLost: lost,
        explain: (why) => advice?.explain(why, url, this.#settings, this.#getUrl) ?? "",
      });
      this.transport.attach(link);
    } catch (thrown) {
      const cause = toError(thrown);
      // The constructor's error may quote the URL, and so the token.
      const message = `Could not open a WebSocket to ${withoutQuery(url)} (${cause.name}).`;
      lost(new ConnectionError("Closed", message, { cause: redacted(cause, url) }));
    }
  }

  #receive(data: string | ArrayBuffer, epoch: number): void {
    if (epoch !== this.#state.epoch) return;
    this.transport.heard();
    let parsed: (WebPubSubMessage | null)[] | WebPubSubMessage | null = null;
    try {
      parsed = this.#settings.protocol.parseMessages(data);
    } catch (thrown) {
      // The SyntaxError of JSON.parse quotes the payload; `toError` wraps one of another realm.
      const told = String(toError(thrown));
      this.#settings.logger.warning(
        `Could not read a frame: ${/SyntaxError/.test(told) ? "SyntaxError" : told}`,
      );
    }
    const size = sizeOf(data);
    const messages = Array.isArray(parsed) ? parsed : [parsed];
    this.transport.observer?.received(data, messages);
    // A frame without known messages is a sign of life too.
    if (messages.length === 0) this.#handle(null, size, epoch);
    for (const message of messages) this.#handle(message, size, epoch);
    // What isn't understood counts as received nevertheless.
    if (!messages.some(isMessage) && !this.#isOver(epoch)) this.#session.skipped(data, size);
  }

  /** @param message null or undefined for an unknown message */
  #handle(message: WebPubSubMessage | null | undefined, size: number, epoch: number): void {
    if (this.#isOver(epoch)) return;
    if (message?.kind === "connected") {
      const identity = toIdentity(message);
      this.transport.setToken(identity.reconnectionToken);
      this.#dispatch({ type: "connected", epoch, identity });
      return;
    }
    if (message?.kind === "disconnected") {
      const words = this.transport.clean(`${message.message ?? ""}`);
      this.#settings.logger.info(`The service disconnects: ${words}`);
      this.#dispatch({ type: "disconnecting", epoch, message: { ...message, message: words } });
      return;
    }
    if (this.#state.name === "Recovering") this.#dispatch({ type: "frame", epoch });
    const state = this.#state;
    // What shows that an earlier session goes on isn't for the application.
    if (state.name === "Connected" && state.groups === "deferred" && message?.kind !== "pong")
      this.#dispatch({ type: "tell" });
    if (this.#isOver(epoch)) return;
    if (message?.kind === "pong") this.transport.answered();
    else if (typeof message === "object" && message !== null) this.#session.receive(message, size);
    // A codec of the application's own may return anything.
    else if (message) this.#settings.logger.warning("parseMessages must return objects.");
  }

  /** A listener of the previous message, or of the recovery that this one proves, may have stopped the client. */
  #isOver(epoch: number): boolean {
    return epoch !== this.#state.epoch || this.#state.name === "Stopping";
  }
}

/** A codec of the application's own may return anything. */
function isMessage(parsed: unknown): boolean {
  return typeof parsed === "object" && parsed !== null;
}

function toIdentity({ connectionId, userId, reconnectionToken }: ConnectedMessage): Identity {
  return { connectionId, userId, reconnectionToken: reconnectionToken ?? "" };
}
