import type { FeaturePort } from "../../core/feature.js";
import { Timer } from "../../core/util/timer.js";

/** How long after a load copies of what it has brought may be received, in ms. */
const LATE = 30_000;

type Key = string | number;

/** Around a gap messages may come twice: loaded, and received. Keeps their keys as long as that may be. */
export class Copies {
  readonly #port: FeaturePort;
  readonly #timer: Timer;
  #most = 0;
  /** Undefined: no copies are expected. */
  #keys: Set<Key> | undefined;

  constructor(port: FeaturePort) {
    this.#port = port;
    this.#timer = new Timer(port.settings.environment);
  }

  get areExpected(): boolean {
    return this.#keys !== undefined;
  }

  /** A load begins. @param most how many of the newest keys are kept */
  begin(known: readonly Key[], most: number): void {
    this.#timer.clear();
    this.#most = most;
    this.#keys ??= new Set(known);
  }

  /** Whether a message with this key comes for the first time. */
  isNew(key: Key): boolean {
    const keys = this.#keys;
    if (keys === undefined) return true;
    if (keys.has(key)) return false;
    keys.add(key);
    if (keys.size > this.#most) for (const oldest of keys) return keys.delete(oldest);
    return true;
  }

  /** All is loaded: copies may come for a while, and those that a recovery brings. */
  expect(): void {
    this.#timer.after(LATE, () => {
      if (this.#port.writable) this.#keys = undefined;
      else this.expect();
    });
  }

  /** The connection may have been recovered. */
  prolong(): void {
    if (this.#timer.isSet) this.expect();
  }

  forget(): void {
    this.#timer.clear();
    this.#keys = undefined;
  }
}
