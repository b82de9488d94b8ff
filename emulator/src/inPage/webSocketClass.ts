/** What a listener of a socket gets: an `Event` with what the standard says of its type. */
export interface PageSocketEvent {
  readonly type: string;
  /** Of `message`: a string, or a `Blob` or `ArrayBuffer` as `binaryType` says. */
  readonly data?: unknown;
  /** Of `close`. */
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
  /** Of `error`: why the socket could not be opened. Browsers' sockets don't say it. */
  readonly message?: string;
}

/**
 * A WebSocket as pages know it. Its types are spelled out, since the libraries of a program (`lib`) may lack them.
 */
export interface PageWebSocket {
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** `blob`, the default, or `arraybuffer`. */
  binaryType: string;
  onopen: ((event: PageSocketEvent) => void) | null;
  onmessage: ((event: PageSocketEvent) => void) | null;
  onclose: ((event: PageSocketEvent) => void) | null;
  onerror: ((event: PageSocketEvent) => void) | null;
  addEventListener(type: string, listener: (event: PageSocketEvent) => void): void;
  removeEventListener(type: string, listener: (event: PageSocketEvent) => void): void;
  send(data: string | ArrayBuffer | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
}

/** A class of such sockets. */
export interface PageWebSocketClass {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  new (url: string | URL, protocols?: string | readonly string[]): PageWebSocket;
}
