import type { WebSocketLike } from "web-pubsub-client";
import type { Frame } from "./frames.js";
import { fromProtobuf, toProtobuf } from "./protobufFrames.js";

type Handler<Event> = ((event: Event) => void) | null;
export type MessageData = { data: string | ArrayBuffer };
export type CloseData = { code: number | undefined; reason: string };

export interface SocketSettings {
  /** How the peer takes a close: answers in a microtask (default) or inside the call, or not at all. */
  readonly closing?: "async" | "sync" | "silent";
  /** On a protobuf subprotocol: frames are given and kept as those of JSON. */
  readonly translates?: boolean;
  /** Whether the socket can be dropped at once, as those of Node can. Default: true. */
  readonly canTerminate?: boolean;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** A socket that does what the test says and keeps what the client sends. */
export class ScriptedSocket implements WebSocketLike {
  readonly url: URL;
  readonly protocol: string;
  readonly sent: Frame[] = [];
  readonly raw: (string | ArrayBuffer)[] = [];
  /** Arguments of the calls of `close`. */
  readonly closeCalls: { code: number | undefined; reason: string | undefined }[] = [];
  terminated = false;
  readyState = CONNECTING;
  binaryType = "blob";
  /** Called with every frame that the client sends. */
  onSent: ((frame: Frame) => void) | undefined;
  /** Thrown by `send`. */
  sendError: Error | undefined;
  readonly terminate: (() => void) | undefined;
  readonly #settings: SocketSettings;
  readonly #isTranslated: boolean;
  readonly #first: {
    open?: Handler<object>;
    message?: Handler<MessageData>;
    close?: Handler<CloseData>;
    error?: Handler<{ error: Error }>;
  } = {};
  #onopen: Handler<object> = null;
  #onmessage: Handler<MessageData> = null;
  #onclose: Handler<CloseData> = null;
  #onerror: Handler<{ error: Error }> = null;

  constructor(url: string, protocol: string, settings: SocketSettings = {}) {
    this.url = new URL(url);
    this.protocol = protocol;
    this.#settings = settings;
    this.#isTranslated = settings.translates === true && protocol.startsWith("protobuf.");
    if (settings.canTerminate !== false) {
      this.terminate = () => {
        this.terminated = true;
        this.readyState = CLOSED;
      };
    }
  }

  get onopen(): Handler<object> {
    return this.#onopen;
  }
  set onopen(handler: Handler<object>) {
    this.#onopen = handler;
    this.#first.open ??= handler;
  }
  get onmessage(): Handler<MessageData> {
    return this.#onmessage;
  }
  set onmessage(handler: Handler<MessageData>) {
    this.#onmessage = handler;
    this.#first.message ??= handler;
  }
  get onclose(): Handler<CloseData> {
    return this.#onclose;
  }
  set onclose(handler: Handler<CloseData>) {
    this.#onclose = handler;
    this.#first.close ??= handler;
  }
  get onerror(): Handler<{ error: Error }> {
    return this.#onerror;
  }
  set onerror(handler: Handler<{ error: Error }>) {
    this.#onerror = handler;
    this.#first.error ??= handler;
  }

  /** Like the platforms' own: throws before the opening, is silent after the end. */
  send(data: string | ArrayBuffer): void {
    if (this.sendError !== undefined) throw this.sendError;
    if (this.readyState === CONNECTING) throw new Error("InvalidStateError: still connecting");
    if (this.readyState !== OPEN) return;
    this.raw.push(data);
    const frame = this.#read(data);
    this.sent.push(frame);
    this.onSent?.(frame);
  }

  #read(data: string | ArrayBuffer): Frame {
    if (typeof data === "string") return JSON.parse(data) as Frame;
    return this.#isTranslated ? fromProtobuf(data) : { binary: data };
  }

  #encode(frame: Frame | string | ArrayBuffer): string | ArrayBuffer {
    if (typeof frame === "string" || frame instanceof ArrayBuffer) return frame;
    return this.#isTranslated ? toProtobuf(frame) : JSON.stringify(frame);
  }

  close(code?: number, reason?: string): void {
    this.closeCalls.push({ code, reason });
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    const { closing = "async" } = this.#settings;
    if (closing === "sync") this.receiveClose(code ?? 1005, reason);
    if (closing === "async") queueMicrotask(() => this.receiveClose(code ?? 1005, reason));
  }

  /** Frames of one type; without one all but pings. */
  frames(type?: string): Frame[] {
    return this.sent.filter((frame) =>
      type === undefined ? frame["type"] !== "ping" : frame["type"] === type,
    );
  }

  receiveOpen(): void {
    this.readyState = OPEN;
    this.#onopen?.({});
  }

  /** @param frame an object becomes JSON */
  receiveFrame(frame: Frame | string | ArrayBuffer): void {
    this.#onmessage?.({ data: this.#encode(frame) });
  }

  receiveClose(code: number | undefined = 1006, reason = ""): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#onclose?.({ code, reason });
  }

  receiveError(error: Error): void {
    this.#onerror?.({ error });
  }

  /** Events that reach the callbacks set first, although they were taken off since. */
  readonly late = {
    open: (): void => this.#first.open?.({}),
    frame: (frame: Frame | string): void => this.#first.message?.({ data: this.#encode(frame) }),
    close: (code = 1006): void => this.#first.close?.({ code, reason: "" }),
    error: (error: Error): void => this.#first.error?.({ error }),
  };
}
