import { ConnectionError, toError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import type { OnRestored, StartOptions } from "../../core/models/options.js";
import type { SavedSession } from "../../core/models/savedSession.js";
import { checkSignal } from "../../core/util/checkSignal.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { report } from "../../core/util/report.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { IdLock } from "./idLock.js";
import { SessionStore, type SessionStorage } from "./sessionStore.js";

/** A call of `keepOverReload`. */
interface Kept {
  readonly key: string;
  readonly store: SessionStore;
  readonly onRestored: OnRestored | undefined;
}

/** Saves a client's session when its page goes away, and lets the next start go on with it. */
export class Keeper {
  readonly #port: FeaturePort;
  readonly #lock: IdLock;
  #kept: Kept | undefined;
  /** Ends listening to the page. */
  #unlisten: (() => void) | undefined;
  /** Settled when the start before has begun: the value is for one of them. */
  #preparing: Promise<unknown> = Promise.resolve();
  /** The options of the last start. */
  #options: StartOptions = {};
  /** A session that was taken from the storage, until the client has begun with it. */
  #claimed: SavedSession | undefined;
  /** How often `stop` was called. */
  #stops = 0;
  /** `stop` was called since the last start: nothing is to be kept. */
  #isEnding = false;
  /** The page is hidden for good, or until it is restored. */
  #away: Deferred<void> | undefined;
  /** The client was suspended then. */
  #suspended = false;
  /** What was saved for a page that is frozen. */
  #frozen: string | undefined;

  constructor(port: FeaturePort) {
    this.#port = port;
    this.#lock = new IdLock(port.settings.environment);
    port.aroundStart(
      (options, begin) => this.#start(options, begin),
      () => this.#onStop(),
    );
    port.listen({
      name: "resume",
      // Only so that it is told when the client begins with a session.
      save: () => true,
      restore: () => (this.#claimed = undefined),
      onOpened: () => this.#onOpened(),
      onStopped: (error) => this.#onStopped(error),
    });
  }

  /** @returns a function that ends it */
  keep(key: string, given: SessionStorage | undefined, onRestored: OnRestored | undefined): () => void {
    this.#end();
    const { client, settings } = this.#port;
    const storage = given ?? pageStorage();
    if (storage === undefined) {
      const words = "This page has no sessionStorage: the session isn't kept over a reload.";
      settings.logger.warning(words);
      report(words);
      return () => undefined;
    }
    const kept: Kept = { key, store: new SessionStore(storage, key, settings.logger), onRestored };
    this.#kept = kept;
    if (client.state !== "Stopped") {
      this.#isEnding = client.state === "Stopping";
      this.#listen();
      this.#onOpened();
    }
    return () => {
      if (this.#kept === kept) this.#end();
    };
  }

  #end(): void {
    if (this.#claimed !== undefined) this.#kept?.store.write(this.#claimed);
    this.#kept = this.#claimed = this.#frozen = undefined;
    this.#suspended = false;
    this.#away?.resolve();
    this.#away = undefined;
    this.#leavePage();
  }

  async #start(options: StartOptions, begin: (options: StartOptions) => Promise<void>): Promise<void> {
    const stops = this.#stops;
    const preparing = this.#preparing.then(() => this.#prepare(options));
    this.#preparing = preparing.catch(() => undefined);
    const prepared = await preparing;
    if (stops !== this.#stops) throw new ConnectionError("Stopped", "The client was stopped.");
    return begin(prepared);
  }

  async #prepare(options: StartOptions): Promise<StartOptions> {
    const { client } = this.#port;
    if (this.#kept === undefined) return options;
    // Who starts the client while the page goes away would take what is saved for the next one.
    await this.#away?.promise;
    if (client.state !== "Stopped") return options;
    this.#isEnding = false;
    this.#options = options;
    this.#listen();
    const resume = options.resume ?? (await this.#claim(options));
    const onRestored = options.onRestored ?? this.#kept?.onRestored;
    return resume === undefined ? options : { ...options, resume, ...(onRestored && { onRestored }) };
  }

  /** Takes the session from the storage, if no other page has its connection. */
  async #claim(options: StartOptions): Promise<SavedSession | undefined> {
    const kept = this.#kept;
    if (this.#claimed !== undefined || kept === undefined) return this.#claimed;
    const { store } = kept;
    const found = store.read();
    if (found === undefined) return undefined;
    const id = found.session.identity?.connectionId;
    const signal = checkSignal(options.abortSignal);
    const isAborted = (): boolean => signal?.aborted === true;
    if (isAborted()) return undefined;
    const unlisten = whenAborted(signal, () => this.#lock.release());
    const isFree = id === undefined || (await this.#lock.take(lockName(kept, id)));
    unlisten();
    if (this.#away !== undefined) {
      await this.#away.promise;
      return this.#claim(options);
    }
    // An aborted start leaves it for the next one.
    if (isAborted() || this.#isEnding || this.#kept !== kept) return undefined;
    const isOurs = store.take(found) && isFree;
    if (isOurs) return (this.#claimed = found.session);
    this.#lock.release();
    this.#port.settings.logger.info("Another page has the session; this one begins its own.");
    return undefined;
  }

  /** A connection stands, or that of the session is about to be recovered. */
  #onOpened(): void {
    const { connectionId } = this.#port.client;
    if (this.#kept !== undefined && connectionId !== undefined)
      void this.#lock.take(lockName(this.#kept, connectionId));
  }

  #onStop(): void {
    this.#stops++;
    this.#isEnding = true;
    this.#claimed = this.#frozen = undefined;
    this.#suspended = false;
    this.#kept?.store.clear();
    // A start may be waiting for it.
    if (this.#port.client.state === "Stopped") this.#leavePage();
  }

  #onStopped({ code }: ConnectionError): void {
    if (this.#away === undefined || code !== "Suspended") this.#leavePage();
  }

  #leavePage(): void {
    this.#lock.release();
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #listen(): void {
    this.#unlisten ??= listenToPage({
      pagehide: () => this.#hide(),
      pageshow: () => this.#show(),
      freeze: () => this.#freeze(),
      resume: () => this.#thaw(),
    });
  }

  #hide(): void {
    if (this.#away !== undefined) return;
    this.#away = deferred();
    const session = this.#isEnding ? undefined : this.#port.client.suspend();
    this.#suspended = session !== undefined;
    const saved = session ?? this.#claimed;
    this.#claimed = this.#frozen = undefined;
    if (saved !== undefined) this.#kept?.store.write(saved);
    this.#lock.release();
  }

  /** The page is restored from the back-forward cache. */
  #show(): void {
    if (this.#away === undefined) return;
    this.#away.resolve();
    this.#away = undefined;
    const { client, settings } = this.#port;
    if (!this.#suspended) return;
    this.#suspended = false;
    const { onRestored } = this.#options;
    const failed = (thrown: unknown): void =>
      settings.logger.info(`Not started again with its page: ${toError(thrown).message}`);
    client.start({ keepTrying: true, ...(onRestored && { onRestored }) }).catch(failed);
  }

  /** The browser may discard a frozen page without another word. */
  #freeze(): void {
    const session = this.#isEnding ? undefined : this.#port.client.snapshot();
    if (session !== undefined) this.#frozen = this.#kept?.store.write(session);
  }

  #thaw(): void {
    if (this.#frozen !== undefined) this.#kept?.store.take({ text: this.#frozen });
    this.#frozen = undefined;
  }
}

function lockName({ key }: Kept, connectionId: string): string {
  return `web-pubsub-client/resume:${key}:${connectionId}`;
}

/** Listens to what happens to the page; events of the lifecycle are the document's, the others the window's. */
function listenToPage(
  listeners: Record<"pagehide" | "pageshow" | "freeze" | "resume", () => void>,
): () => void {
  const { pagehide, pageshow, freeze, resume } = listeners;
  const signs: [Partial<EventTarget>, string, () => void][] = [
    [globalThis, "pagehide", pagehide],
    [globalThis, "pageshow", pageshow],
    [document, "freeze", freeze],
    [document, "resume", resume],
  ];
  for (const [target, name, listener] of signs) target.addEventListener?.(name, listener);
  return () => {
    for (const [target, name, listener] of signs) target.removeEventListener?.(name, listener);
  };
}

/** The tab's storage. Asking for it throws where it is forbidden. */
function pageStorage(): SessionStorage | undefined {
  try {
    return globalThis.sessionStorage ?? undefined;
  } catch {
    return undefined;
  }
}
