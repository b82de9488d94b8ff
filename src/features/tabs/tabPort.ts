import { awaitLock } from "./pageLock.js";
import { TABS_VERSION, type FromPage, type FromWorker, type MessagePortLike } from "./portMessages.js";
import type { TabSession, TabSocket } from "./tabSession.js";

/** What the owner of the ports is told. */
export interface TabPortOwner {
  /** The tab was welcomed. */
  onHello(port: TabPort): void;
  /** The tab's client opens its socket. @param url with the identity, if a connection is to be recovered */
  onOpen(port: TabPort, url: string): void;
  onFrame(port: TabPort, frame: string): void;
  /** The tab has ended, or has closed the port: what it said last may still come. */
  onUnlocked(port: TabPort): void;
  onWake(): void;
  /** The answer to `getUrl`. */
  onUrl(id: number, url: string | undefined, error: string | undefined): void;
  /** The port isn't used any more. @param isGone the tab has ended, or its client has stopped */
  onClosed(port: TabPort, isGone: boolean): void;
}

/** The worker's end of a tab's port: one socket of the tab's client. */
export class TabPort implements TabSocket {
  /** The session of the open socket. */
  session: TabSession | undefined;
  /** The URL that the socket waits to be opened with. */
  url: string | undefined;
  /** Probes without an answer. */
  #probes = 0;
  readonly #port: MessagePortLike;
  readonly #owner: TabPortOwner;
  /** The name of the Web Lock that the page holds. */
  readonly #lock: string;
  #isClosed = false;

  constructor(port: MessagePortLike, lock: string, owner: TabPortOwner) {
    this.#port = port;
    this.#lock = lock;
    this.#owner = owner;
    port.onmessage = ({ data }: { data: FromPage }) => this.#received(data);
  }

  /** Lets the socket open. */
  open(session: TabSession): void {
    this.session = session;
    this.url = undefined;
    this.#say({ type: "open" });
  }

  post(frame: string): void {
    this.#say(frame);
  }

  /** Asks the tab for a client access URL. */
  getUrl(id: number): void {
    this.#say({ type: "getUrl", id });
  }

  /** Tells the tab which lock the worker holds. */
  locked(lock: string): void {
    this.#say({ type: "locked", lock });
  }

  /** Asks for a sign of life. Returns how many were asked for in vain before. */
  probe(): number {
    this.#say({ type: "probe" });
    return this.#probes++;
  }

  /** Closes the socket. */
  close(code: number | undefined, reason: string | undefined): void {
    this.#say({ type: "close", code, reason });
    this.end(false);
  }

  /** @param isGone the tab has ended, or its client has stopped */
  end(isGone: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#port.onmessage = null;
    this.#port.close();
    this.#owner.onClosed(this, isGone);
  }

  #say(message: FromWorker): void {
    if (!this.#isClosed) this.#port.postMessage(message);
  }

  #received(message: FromPage): void {
    this.#probes = 0;
    if (typeof message === "string") return this.#owner.onFrame(this, message);
    switch (message.type) {
      case "hello":
        this.#say({ type: "welcome", version: TABS_VERSION, lock: this.#lock });
        return this.#owner.onHello(this);
      case "open":
        this.url = message.url;
        return this.#owner.onOpen(this, message.url);
      case "close":
        return this.end(message.code === 1000);
      case "gone":
        return this.end(true);
      case "locked":
        awaitLock(this.#lock, () => this.#owner.onUnlocked(this));
        return;
      case "wake":
        return this.#owner.onWake();
      case "url":
        return this.#owner.onUrl(message.id, message.url, message.error);
      case "alive":
    }
  }
}
