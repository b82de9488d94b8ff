import type { Environment, WebSocketLike } from "../environment/environment.js";
import { isTooLong } from "../environment/platform.js";
import { ConnectionError, toError } from "../errors.js";
import { Timer } from "../util/timer.js";
import { redact, redacted } from "./accessUrl.js";
import { TOO_BIG } from "./closePolicy.js";

const OPEN = 1;
/** Private close code (RFC 6455, section 7.4.2) of a dropped socket; with 1000 or no code the session would end. */
const DROPPED = 4000;
/** How long after an error a close may still follow, in ms. The WebSocket of Node 22 sometimes fires none. */
const CLOSE_FOLLOWS = 100;

/** What is called when something happens to a socket. */
export interface LinkHandlers {
  onOpen(): void;
  onFrame(data: string | ArrayBuffer): void;
  onLost(error: ConnectionError): void;
  /** Says more of a socket that never opened; empty if nothing is known. @param why the platform's message */
  explain(why: string): string;
}

/** One socket: its callbacks are set once, and removed when it is dropped. */
export class Link {
  /** The newest reconnection token that was received. */
  token = "";
  readonly #socket: WebSocketLike;
  readonly #url: string;
  readonly #timer: Timer;

  /** @param url the URL that was opened */
  constructor(socket: WebSocketLike, url: string, environment: Environment, handlers: LinkHandlers) {
    this.#socket = socket;
    this.#url = url;
    this.#timer = new Timer(environment);
    let failure: unknown;
    let opened = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      opened = true;
      handlers.onOpen();
    };
    socket.onmessage = (event: { data: string | ArrayBuffer }) => handlers.onFrame(event.data);
    const lost = (event?: { code?: number; reason?: string }): void => {
      this.#timer.clear();
      // The socket itself has refused a frame over its limit; a recovery would deliver it again.
      const code = isTooLong(failure) ? TOO_BIG : event?.code;
      const reason = event?.reason ? this.clean(`${event.reason}`) : undefined;
      const cause = failure === undefined ? undefined : redacted(toError(failure), url);
      // If all addresses of a host refuse, Node's error has only a code.
      const why = reason ?? (cause?.message || (cause as { code?: string } | undefined)?.code);
      const hint = opened ? "" : handlers.explain(why ?? "");
      const words = `The WebSocket was closed: ${code ?? "no code"}${why ? ` (${why})` : ""}${hint}`;
      handlers.onLost(new ConnectionError("Closed", words, { closeCode: code, reason, cause }));
    };
    socket.onclose = lost;
    // The close that follows decides; browsers give no details.
    socket.onerror = (event: { error?: unknown; message?: string }) => {
      failure = event?.error ?? event?.message;
      this.#timer.after(CLOSE_FOLLOWS, lost);
    };
  }

  /** A text of the service or the socket, without the URL's secrets and the token. */
  clean(words: string): string {
    return redact(words, this.#url, this.token);
  }

  get open(): boolean {
    return this.#socket.readyState === OPEN;
  }

  send(frame: string | ArrayBuffer): void {
    this.#socket.send(frame);
  }

  /** Closes with code 1000: the service forgets the session. */
  close(): void {
    this.#attempt(() => this.#socket.close(1000));
  }

  /** Drops the socket, at once if the platform can. */
  drop(): void {
    this.#timer.clear();
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // A `ws` socket that is dropped while it connects still reports an error.
    socket.onerror = () => undefined;
    this.#attempt(() => (socket.terminate ? socket.terminate() : socket.close(DROPPED)));
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch {
      // Nothing more is expected of a socket that can't be closed; `drop` has removed its callbacks.
    }
  }
}
