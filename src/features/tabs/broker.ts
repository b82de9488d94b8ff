import { SESSION_GONE } from "../../core/connection/closePolicy.js";
import type { FeaturePort } from "../../core/feature.js";
import type { OnStateChangedArgs } from "../../core/models/events.js";
import { Timer } from "../../core/util/timer.js";
import { uuid } from "../../core/util/uuid.js";
import { holdLock } from "./pageLock.js";
import { SharedConnection, type SharedMessage } from "./sharedConnection.js";
import { writeConnected, writeDisconnected } from "./tabFrames.js";
import { TabPort, type TabPortOwner } from "./tabPort.js";
import { WINDOW_FULL, type TabSession } from "./tabSession.js";
import type { MessagePortLike } from "./portMessages.js";
import type { UrlQuestions } from "./urlQuestions.js";

/** How often the tabs are asked for a sign of life, in ms. */
const PROBE_INTERVAL = 10_000;
/** A tab that has left so many probes unanswered is gone. */
const MAX_PROBES = 2;
/** How long after the service has declined a frame (close code 1007) its sender is looked for, in ms. */
const SEARCH = 60_000;
/** Then tabs are let in one at a time, so far apart that the next 1007 is about the newest one, in ms. */
const APART = 500;
/** How long the last words of a tab may take that doesn't hold its lock any more, in ms: they come another way. */
const LAST_WORDS = 1_000;
/** How long a tab's session waits for the tab to recover it, in ms: as long as the service waits. */
const KEPT = 30_000;

/** The code of a socket that ended without a close frame (RFC 6455, section 7.4.1). */
const ABNORMAL = 1006;

const GONE = "The connection can't be recovered.";

/** Lets the tabs use one client's connection, as the service lets clients use connections of their own. */
export class Broker implements TabPortOwner {
  readonly #port: FeaturePort;
  readonly #questions: UrlQuestions;
  readonly #ports = new Set<TabPort>();
  /** Unique among the workers of the origin: the beginning of the names of their locks. */
  #name: string | undefined;
  /** The worker holds a lock of its name. */
  #isLocked = false;
  #lastPort = 0;
  /** While there is a connection id. */
  #connection: SharedConnection | undefined;
  readonly #probeTimer: Timer;
  /** Until when the tab is looked for whose frame the service declines. */
  #searchUntil = -Infinity;
  readonly #searchTimer: Timer;
  /** For so many rounds of probes no tab has used the connection. */
  #unused = 0;
  /** When the sessions without a socket end. */
  readonly #timers = new Map<TabSession, Timer>();

  constructor(port: FeaturePort, questions: UrlQuestions) {
    this.#port = port;
    this.#questions = questions;
    this.#probeTimer = new Timer(port.settings.environment);
    this.#searchTimer = new Timer(port.settings.environment);
    const receive = (message: SharedMessage): void => this.#connection?.receive(message);
    port.listen({
      receive: {
        groupData: receive,
        serverData: receive,
        groupStateSnapshot: receive,
        groupStateUpdate: receive,
        invokeResponse: receive,
        streamAck: receive,
        streamNack: receive,
        streamClosed: receive,
      },
      onOpened: () => this.#onOpened(),
      onRecovered: () => this.#connection?.onRecovered(),
      onRoom: () => this.#connection?.onRoom(),
      onDeclined: () => (this.#searchUntil = port.settings.environment.now() + SEARCH),
      onLost: () => this.#onLost(),
      onStopped: () => this.#onLost(),
    });
    port.events().on("state-changed", (args) => this.#onStateChanged(args));
  }

  /** A tab has made its port. */
  accept(port: MessagePortLike): void {
    const name = (this.#name ??= this.#lock());
    const made = new TabPort(port, `${name}:${++this.#lastPort}`, this);
    this.#ports.add(made);
    this.#questions.add(made);
    if (!this.#probeTimer.isSet) this.#probeSoon();
  }

  onHello(port: TabPort): void {
    if (this.#isLocked && this.#name !== undefined) port.locked(this.#name);
  }

  onOpen(port: TabPort): void {
    const { client } = this.#port;
    const identity = identityIn(port.url ?? "");
    if (identity !== undefined && this.#connection?.sessions.has(identity.token) !== true)
      return port.close(SESSION_GONE, GONE);
    if (client.state === "Connected") this.#admitWaiting();
    else this.#start();
  }

  onFrame({ session }: TabPort, frame: string): void {
    if (session !== undefined) this.#connection?.handle(session, frame);
  }

  onUnlocked(port: TabPort): void {
    new Timer(this.#port.settings.environment).after(LAST_WORDS, () => port.end(true));
  }

  onWake(): void {
    this.#port.wake();
  }

  onUrl(id: number, url: string | undefined, error: string | undefined): void {
    this.#questions.answered(id, url, error);
  }

  onClosed(port: TabPort, isGone: boolean): void {
    this.#ports.delete(port);
    this.#questions.delete(port);
    const { session } = port;
    if (session?.socket === port) {
      session.detach();
      if (isGone) this.#drop(session);
      else this.#keep(session);
    }
    this.#stopIfUnused();
  }

  /** The client has a connection: opens the sockets that wait for it. */
  #admitWaiting(): void {
    while (this.#port.client.state === "Connected" && !this.#searchTimer.isSet) {
      const port = [...this.#ports].find(({ url }) => url !== undefined);
      if (port === undefined) return;
      if (this.#isSearching()) this.#searchTimer.after(APART, () => this.#admitWaiting());
      if (!this.#isSearching() || this.#connection?.hasRoom() === true) this.#admit(port);
    }
  }

  /** A pong then tells the tab that the service has read all that it has sent. */
  #isSearching(): boolean {
    return this.#port.settings.environment.now() < this.#searchUntil;
  }

  #admit(port: TabPort): void {
    const { client } = this.#port;
    const connection = this.#connection as SharedConnection;
    const identity = identityIn(port.url ?? "");
    const session = identity === undefined ? connection.open() : connection.sessions.get(identity.token);
    if (session === undefined) return port.close(SESSION_GONE, GONE);
    const before = session.socket as TabPort | undefined;
    session.detach();
    before?.close(SESSION_GONE, "Another socket has recovered the connection.");
    this.#timers.get(session)?.clear();
    this.#timers.delete(session);
    port.open(session);
    if (identity === undefined)
      port.post(writeConnected(connection.connectionId, client.userId, session.token));
    session.attach(port);
  }

  /** Holds a lock, by which the tabs notice that their worker has ended. @returns its name */
  #lock(): string {
    const { environment } = this.#port.settings;
    const name = `web-pubsub-client/tabs:${uuid(() => environment.random())}`;
    holdLock(name, () => {
      this.#isLocked = true;
      for (const port of this.#ports) port.locked(name);
    });
    return name;
  }

  #start(): void {
    const { client } = this.#port;
    // A failure is told by `state-changed`.
    if (client.state === "Stopped") client.start().catch(() => undefined);
  }

  #onOpened(): void {
    const { connectionId = "" } = this.#port.client;
    this.#connection = new SharedConnection(
      this.#port,
      connectionId,
      () => this.#isSearching(),
      (session) => {
        const { socket } = session;
        this.#drop(session);
        (socket as TabPort | undefined)?.close(WINDOW_FULL.code, WINDOW_FULL.reason);
      },
    );
  }

  #onStateChanged({ state, previousState, code, reason, error }: OnStateChangedArgs): void {
    const isSuspended = state === "Recovering" && previousState === "Connected";
    if (isSuspended) this.#connection?.onSuspended();
    for (const port of [...this.#ports]) {
      const isLost = port.session !== undefined && !this.#isCurrent(port.session);
      if (isLost || (isSuspended && port.session !== undefined)) {
        // Whether the service has said it in a message or in its close frame can't be told apart here.
        if (reason !== undefined) port.post(writeDisconnected(reason));
        // A link that was given up for its silence has no code: the tab is to recover, as the worker does.
        port.close(code ?? (isLost ? SESSION_GONE : ABNORMAL), reason ?? error?.message);
      } else if (state === "Stopped" && error !== undefined && port.url !== undefined) {
        // The tabs decide whether to try again.
        port.close(code, error.message);
      }
    }
    if (state === "Connected") this.#admitWaiting();
    else this.#searchTimer.clear();
    if (state === "Stopped" && [...this.#ports].some(({ url }) => url !== undefined)) this.#start();
    if (state === "Connected") this.#stopIfUnused();
  }

  #isCurrent({ token }: TabSession): boolean {
    return this.#connection?.sessions.has(token) === true;
  }

  /** The connection id is gone, and with it the tabs' sessions. */
  #onLost(): void {
    this.#connection?.end();
    this.#connection = undefined;
    for (const timer of this.#timers.values()) timer.clear();
    this.#timers.clear();
    // Those that wait to recover it try in vain.
    for (const port of [...this.#ports])
      if (identityIn(port.url ?? "") !== undefined) port.close(SESSION_GONE, GONE);
  }

  /** A session waits a while for its tab. */
  #keep(session: TabSession): void {
    const timer = new Timer(this.#port.settings.environment);
    this.#timers.set(session, timer);
    timer.after(KEPT, () => {
      // A tab that waits for the worker's own recovery isn't late.
      if (this.#port.client.state === "Recovering") return this.#keep(session);
      this.#drop(session);
      this.#stopIfUnused();
    });
  }

  #drop(session: TabSession): void {
    this.#timers.get(session)?.clear();
    this.#timers.delete(session);
    this.#connection?.drop(session);
  }

  get #isUsed(): boolean {
    return (
      (this.#connection?.sessions.size ?? 0) > 0 || [...this.#ports].some(({ url }) => url !== undefined)
    );
  }

  /** The last tab's end closes the connection. */
  #stopIfUnused(): void {
    const { client } = this.#port;
    if (!this.#isUsed && client.state !== "Stopped" && client.state !== "Stopping") void client.stop();
  }

  #probeSoon(): void {
    this.#probeTimer.after(PROBE_INTERVAL, () => {
      for (const port of [...this.#ports]) if (port.probe() >= MAX_PROBES) port.end(true);
      // Tabs come back that were told of a lost connection. If none does, it is tried for in vain.
      this.#unused = this.#isUsed ? 0 : this.#unused + 1;
      if (this.#unused > MAX_PROBES) this.#stopIfUnused();
      if (this.#ports.size > 0 || this.#port.client.state !== "Stopped") this.#probeSoon();
    });
  }
}

/** The identity in the URL of a recovery. */
function identityIn(url: string): { readonly token: string } | undefined {
  const token = /[?&]awps_reconnection_token=([^&#]*)/.exec(url)?.[1];
  return token === undefined ? undefined : { token: decodeURIComponent(token) };
}
