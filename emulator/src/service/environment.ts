/** What the service takes from the world: handed in, so that it can run in virtual time. */
export interface Environment {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `callback` once, after `delayInMs` milliseconds. */
  setTimer(callback: () => void, delayInMs: number): Timer;
  /** Unpredictable bytes: connection ids and reconnection tokens are made of them. */
  randomBytes(length: number): Uint8Array;
}

/** A pending timer. */
export interface Timer {
  cancel(): void;
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** An id of `length` URL-safe characters, 6 bits of randomness each. */
export function randomId(environment: Environment, length: number): string {
  let id = "";
  for (const byte of environment.randomBytes(length)) id += alphabet.charAt(byte & 63);
  return id;
}
