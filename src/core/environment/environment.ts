/** Handle of a timer; only the environment that made it knows its type. */
export type TimerHandle = unknown;

/** What the client needs of a WebSocket. Sockets of browsers and of `ws` fit. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** The client sets it to `arraybuffer`. */
  binaryType: string;
  /** Called when frames can be sent. */
  onopen: ((event: never) => void) | null;
  /** Called with each frame: its `data` is a string or an ArrayBuffer. */
  onmessage: ((event: never) => void) | null;
  /** Called once the socket has ended, with its `code` and `reason`. */
  onclose: ((event: never) => void) | null;
  /** Called when the socket has failed. */
  onerror: ((event: never) => void) | null;
  /** Sends a frame; may throw if the socket isn't open. */
  send(data: string | ArrayBuffer): void;
  /** Begins the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Drops the connection at once. Browsers' sockets don't have it. */
  terminate?(): void;
}

/** A class of sockets, such as those of browsers and of `ws`. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

/**
 * Everything the client uses of its platform. If all of it is given, a client can run in virtual time.
 * If one of these functions throws, the client stops; a `start` that is under way rejects.
 */
export interface Environment {
  /** Wall clock in ms; a jump forward shows that the machine slept. */
  now(): number;
  /**
   * A clock in ms, with any origin, that is never set: it measures time after the wall clock was set back.
   * It may stop during sleep. Default: `now` if that is given, else `performance.now`, or `Date.now` without it.
   */
  uptime(): number;
  /** Calls back once after a delay in ms. */
  setTimer(callback: () => void, delayInMs: number): TimerHandle;
  /** Ends a timer of `setTimer`, if it hasn't fired. */
  clearTimer(handle: TimerHandle): void;
  /** A random number from 0 to below 1. */
  random(): number;
  /** Opens a socket; throws when it can't. */
  createWebSocket(url: string, protocol: string): WebSocketLike;
  /**
   * Calls `listener` whenever the machine or the page wakes up or the network returns. Returns a function
   * that removes the listener.
   */
  onWake(listener: () => void): () => void;
}
