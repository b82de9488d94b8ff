import type { WebSocketLike } from "../environment/environment.js";
import { ConnectionError, toError } from "../errors.js";
import { harmless, withoutSecrets } from "./accessUrl.js";

const OPEN = 1;
/** Private close code (RFC 6455, section 7.4.2) of a dropped socket: 1000 or none would end the session. */
const DROPPED = 4000;

/** What a socket has to say. */
export interface LinkHandlers {
  onOpen(): void;
  onFrame(data: string | ArrayBuffer): void;
  onLost(error: ConnectionError): void;
}

/** One socket: its callbacks are bound once and let go when it is dropped. */
export class Link {
  /** The newest reconnection token that has come. */
  token = "";
  readonly #socket: WebSocketLike;
  readonly #url: string;

  /** @param url that was opened */
  constructor(socket: WebSocketLike, url: string, handlers: LinkHandlers) {
    this.#socket = socket;
    this.#url = url;
    let failure: unknown;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => handlers.onOpen();
    socket.onmessage = (event: { data: string | ArrayBuffer }) => handlers.onFrame(event.data);
    // An error is always followed by a close, which decides; browsers tell nothing more.
    socket.onerror = (event: { error?: unknown; message?: string }) => {
      failure = event?.error ?? event?.message;
    };
    socket.onclose = (event: { code?: number; reason?: string }) => {
      // `ws` refuses a frame over the limit itself, and reports 1006; a recovery would bring it again.
      const refused =
        (failure as { code?: unknown } | undefined)?.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      const code = refused ? 1009 : event?.code;
      const reason = event?.reason ? this.clean(event.reason) : undefined;
      const cause = failure === undefined ? undefined : harmless(toError(failure), url);
      // Where all addresses of a host refuse, Node's error has a code only.
      const why = reason ?? (cause?.message || (cause as { code?: string } | undefined)?.code);
      const words = `The WebSocket was closed: ${code ?? "no code"}${why ? ` (${why})` : ""}`;
      handlers.onLost(new ConnectionError("Closed", words, { closeCode: code, reason, cause }));
    };
  }

  /** Words of the service or the socket without its URL's secrets and the token. */
  clean(words: string): string {
    return withoutSecrets(words, this.#url, this.token);
  }

  get open(): boolean {
    return this.#socket.readyState === OPEN;
  }

  send(frame: string | ArrayBuffer): void {
    this.#socket.send(frame);
  }

  /** Closes in good order: the service forgets the session. */
  close(): void {
    this.#attempt(() => this.#socket.close(1000));
  }

  /** Lets go of the socket, at once where the platform can. */
  drop(): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // A socket of `ws` that is dropped while it connects still reports an error.
    socket.onerror = () => undefined;
    this.#attempt(() => (socket.terminate === undefined ? socket.close(DROPPED) : socket.terminate()));
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch {
      // A socket that can't be closed has nothing more to tell; its callbacks are gone already.
    }
  }
}
