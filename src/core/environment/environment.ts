/** Handle of a timer; only its maker looks inside. */
export type TimerHandle = unknown;

/** What the client needs of a WebSocket. Browsers' sockets and those of `ws` fit. */
export interface WebSocketLike {
  readonly readyState: number;
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  /** Drops the connection at once; browsers have none. */
  terminate?(): void;
}

/** A class of sockets, as browsers and `ws` have it. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

/**
 * Everything the client takes from the world around it. A whole client runs in virtual time when
 * all of it is given.
 */
export interface Environment {
  /** Wall clock in ms; a jump forward tells that the machine slept. */
  now(): number;
  /**
   * A clock in ms, of any origin, that nobody sets: by it time goes on while the wall clock is set
   * back. It may stand still in sleep. Default: `performance.now`, or `now` if that is given.
   */
  uptime(): number;
  /** Calls back once after a delay in ms. */
  setTimer(callback: () => void, delayInMs: number): TimerHandle;
  clearTimer(handle: TimerHandle): void;
  /** A random number from 0 to below 1. */
  random(): number;
  /** Opens a socket; throws when it can't. */
  createWebSocket(url: string, protocol: string): WebSocketLike;
  /**
   * Calls back when the machine or the page wakes up or the network returns. Returns a function
   * that ends it.
   */
  onWake(listener: () => void): () => void;
}
