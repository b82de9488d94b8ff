/** What a listener of a socket gets: an `Event` with what the standard says of its type. */
export interface PageSocketEvent {
  /** `open`, `message`, `close` or `error`. */
  readonly type: string;
  /** Of `message`: a string, or a `Blob` or `ArrayBuffer` as `binaryType` says. */
  readonly data?: unknown;
  /** Of `close`. */
  readonly code?: number;
  /** Of `close`: the reason that came with the code. */
  readonly reason?: string;
  /** Of `close`: whether both ends have agreed on it. */
  readonly wasClean?: boolean;
  /** Of `error`: why the socket could not be opened. Browsers' sockets don't say it. */
  readonly message?: string;
}

/**
 * A WebSocket as pages know it. Its types are spelled out, since the libraries of a program (`lib`) may lack them.
 */
export interface PageWebSocket {
  /** The URL that it was made with. */
  readonly url: string;
  /** The subprotocol that the service has chosen; empty until then, and for none. */
  readonly protocol: string;
  /** Always empty. */
  readonly extensions: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Bytes of the frames that were sent and that the service hasn't taken yet. */
  readonly bufferedAmount: number;
  /** `blob`, the default, or `arraybuffer`. */
  binaryType: string;
  /** Called when frames can be sent. */
  onopen: ((event: PageSocketEvent) => void) | null;
  /** Called with each frame. */
  onmessage: ((event: PageSocketEvent) => void) | null;
  /** Called once the socket has ended. */
  onclose: ((event: PageSocketEvent) => void) | null;
  /** Called when the socket could not be opened. */
  onerror: ((event: PageSocketEvent) => void) | null;
  /** Calls `listener` for every event of a type. */
  addEventListener(type: string, listener: (event: PageSocketEvent) => void): void;
  /** Removes a listener that was added by `addEventListener`. */
  removeEventListener(type: string, listener: (event: PageSocketEvent) => void): void;
  /** Sends a frame. Throws before the socket is open; once it closes, nothing is sent. */
  send(data: string | ArrayBuffer | ArrayBufferView): void;
  /**
   * Begins the closing handshake. Throws for codes other than 1000 and 3000 to 4999, and for a reason of more than 123
   * bytes.
   */
  close(code?: number, reason?: string): void;
}

/** A class of such sockets. */
export interface PageWebSocketClass {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  /** Opens a socket. Throws for what is no WebSocket URL, and for subprotocols that aren't valid. */
  new (url: string | URL, protocols?: string | readonly string[]): PageWebSocket;
}
