import type { Frame } from "../service/codec.js";
import { frameTooLarge, maxFrameBytes } from "../service/limits.js";
import type { Link, Transport } from "../service/transport.js";
import type { Door } from "./door.js";
import { closeReason, frameOf, socketUrl, subprotocolsOf } from "./socketArguments.js";
import { Turns } from "./turns.js";
import type { PageSocketEvent } from "./webSocketClass.js";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Reported by a socket that was closed without a close frame, and for a close frame without a code. */
const abnormal = 1006;
const noCode = 1005;
const tooBig = 1009;
/** How long a browser waits for the answer to its close frame, in milliseconds. */
const closeTimeoutInMs = 10_000;

// A byte order mark is a character like others.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What all sockets of one service need. */
export interface SocketPorts {
  readonly door: Door;
  readonly failed: (error: unknown) => void;
  readonly setTimer: (callback: () => void, delayInMs: number) => void;
}

type Listener = ((event: PageSocketEvent) => void) | null;

/**
 * A WebSocket whose other end is a service in the same page: the client's end with all that the standard says of it,
 * and the service's transport. Events are plain `Event`s with the standard's properties.
 */
export class PageSocket extends EventTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;
  readonly CONNECTING = CONNECTING;
  readonly OPEN = OPEN;
  readonly CLOSING = CLOSING;
  readonly CLOSED = CLOSED;

  readonly url: string;
  readonly extensions = "";
  binaryType = "blob";
  onopen: Listener = null;
  onmessage: Listener = null;
  onclose: Listener = null;
  onerror: Listener = null;

  readonly #ports: SocketPorts;
  readonly #origin: string;
  readonly #toService = new Turns();
  readonly #toClient = new Turns();
  #readyState = CONNECTING;
  #protocol = "";
  #link: Link | undefined;
  /** Bytes on their way, by direction. */
  #sent = 0;
  #coming = 0;
  #frozen = false;
  /** Whether the service has closed its end, or lost it. */
  #ended = false;

  constructor(ports: SocketPorts, url: string | URL, protocols: string | readonly string[] = []) {
    super();
    const parsed = socketUrl(url);
    const subprotocols = subprotocolsOf(protocols);
    this.#ports = ports;
    this.url = parsed.href;
    this.#origin = parsed.origin;
    for (const type of ["open", "message", "close", "error"] as const) {
      this.addEventListener(type, (event) => this[`on${type}`]?.(event));
    }
    void this.#connect(parsed, subprotocols);
  }

  get readyState(): number {
    return this.#readyState;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get bufferedAmount(): number {
    return this.#sent;
  }

  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    if (this.#readyState === CONNECTING) {
      throw new DOMException("The WebSocket is still connecting.", "InvalidStateError");
    }
    if (this.#readyState !== OPEN) return;
    const { size, read } = frameOf(data);
    this.#sent += size;
    this.#toService.add(async () => {
      const frame = await read();
      this.#sent -= size;
      this.#received(frame);
    });
  }

  close(code?: number, reason?: string): void {
    closeReason(code, reason);
    if (this.#readyState === CONNECTING) this.#fail("The WebSocket was closed before it was open.");
    if (this.#readyState !== OPEN) return;
    this.#readyState = CLOSING;
    this.#toService.add(() => {
      if (this.#frozen || this.#ended) return;
      this.#ended = true;
      this.#link?.closed(code ?? noCode, reason);
      this.#over(code ?? noCode, reason ?? "", true);
    });
    this.#ports.setTimer(() => this.#over(abnormal, "", false), closeTimeoutInMs);
  }

  async #connect(url: URL, subprotocols: readonly string[]): Promise<void> {
    const welcome = await this.#ports.door.enter(url, subprotocols);
    // Closed by the client in the meantime: the service has not noticed it yet, and need not.
    if (this.#readyState !== CONNECTING) return;
    if (welcome.kind === "lost") return this.#fail(welcome.message);
    if (welcome.kind === "refused") {
      return this.#fail(`Unexpected server response: ${welcome.status}. ${welcome.message}`);
    }
    this.#toClient.add(() => {
      if (this.#readyState !== CONNECTING) return;
      // As browsers do: who offers subprotocols and is answered by none has reached something else.
      if (welcome.subprotocol === undefined && subprotocols.length > 0) {
        return this.#fail("The service answered with none of the offered subprotocols.");
      }
      this.#protocol = welcome.subprotocol ?? "";
      this.#readyState = OPEN;
      this.#fire("open");
    });
    this.#link = welcome.open(this.#transport());
  }

  #transport(): Transport {
    const coming = () => this.#coming;
    const frozen = () => this.#frozen;
    return {
      get bufferedBytes() {
        return coming();
      },
      get frozen() {
        return frozen();
      },
      send: (frame) => this.#deliver(frame),
      close: (code, reason) => this.#close(code, reason),
      cut: () => this.#cut(),
      freeze: () => {
        this.#frozen = true;
      },
    };
  }

  /** A frame of the client has arrived. */
  #received(frame: Frame): void {
    if (this.#frozen || this.#ended) return;
    if (frame.bytes.length > maxFrameBytes) {
      this.#close(tooBig, "");
      this.#link?.violated(frameTooLarge);
      return;
    }
    try {
      this.#link?.receive(frame);
    } catch (error) {
      this.#ports.failed(error);
      this.#link?.violated("the service failed");
    }
  }

  #deliver({ bytes, binary }: Frame): void {
    if (this.#frozen || this.#ended) return;
    this.#coming += bytes.length;
    this.#toClient.add(() => {
      this.#coming -= bytes.length;
      if (this.#readyState === OPEN) this.#fire("message", this.#message(bytes, binary));
    });
  }

  #message(bytes: Uint8Array, binary: boolean): object {
    const copy = () => new Uint8Array(bytes).buffer;
    const data = !binary
      ? decoder.decode(bytes)
      : this.binaryType === "arraybuffer"
        ? copy()
        : new Blob([copy()]);
    return { data, origin: this.#origin, lastEventId: "", source: null, ports: [] };
  }

  /** The service closes, after everything that it has sent. */
  #close(code: number, reason: string): void {
    if (this.#frozen || this.#ended) return;
    this.#ended = true;
    this.#toClient.add(() => this.#over(code, reason, true));
  }

  /** The connection is lost between the two. */
  #cut(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#toClient.add(() => this.#over(abnormal, "", false));
    this.#toService.add(() => this.#link?.closed(abnormal));
  }

  /** The socket has never opened. */
  #fail(message: string): void {
    this.#readyState = CLOSING;
    this.#ended = true;
    this.#toService.add(() => this.#link?.closed(abnormal));
    this.#toClient.add(() => {
      this.#fire("error", { message });
      this.#over(abnormal, "", false);
    });
  }

  #over(code: number, reason: string, wasClean: boolean): void {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.#fire("close", { code, reason, wasClean });
  }

  #fire(type: string, properties: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), properties));
  }
}
