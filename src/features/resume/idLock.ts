import type { Environment } from "../../core/environment/environment.js";
import { deferred } from "../../core/util/deferred.js";
import { Timer } from "../../core/util/timer.js";

/** How long another page may take to give a connection id free, in ms. */
const WAIT = 1_000;

/** What is needed of the Web Locks API. */
type Locks = {
  request(name: string, options: object, whileHeld: () => Promise<void>): Promise<unknown>;
};

/**
 * Makes sure that only one page of the origin has a connection id: a Web Lock, which the browser takes from a page that
 * ends. Where the platform has no locks, everything is granted.
 */
export class IdLock {
  readonly #environment: Environment;
  #name: string | undefined;
  #granted: Promise<boolean> = Promise.resolve(true);
  #release: (() => void) | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Holds a lock, and no other one. Resolves to whether it was granted before it was released, within 1 s. */
  take(name: string): Promise<boolean> {
    if (this.#name === name) return this.#granted;
    this.release();
    const { locks } = ((globalThis as { navigator?: unknown }).navigator ?? {}) as { locks?: Locks };
    if (typeof locks?.request !== "function") return Promise.resolve(true);
    const granted = deferred<boolean>();
    const held = deferred<void>();
    const abort = new AbortController();
    const timer = new Timer(this.#environment);
    const release = (): void => {
      timer.clear();
      if (this.#release === release) this.#name = this.#release = undefined;
      granted.resolve(false);
      held.resolve();
      abort.abort();
    };
    this.#name = name;
    this.#granted = granted.promise;
    this.#release = release;
    timer.after(WAIT, release);
    const whileHeld = (): Promise<void> => {
      timer.clear();
      granted.resolve(true);
      return held.promise;
    };
    // It is refused where a page has no origin, for example.
    const refused = (): void => {
      timer.clear();
      granted.resolve(true);
    };
    const request = async (): Promise<unknown> => locks.request(name, { signal: abort.signal }, whileHeld);
    request().catch(refused);
    return granted.promise;
  }

  release(): void {
    this.#release?.();
  }
}
