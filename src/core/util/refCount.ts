import type { Environment } from "../environment/environment.js";
import { Timer } from "./timer.js";

/** What a `RefCount` tells. */
export interface RefCountHooks {
  /** There is a holder: for the first time, or again before the release. */
  onUsed(): void;
  /** The last holder has just gone; the release follows after a delay. */
  onIdle?(): void;
  /** Nobody has come back. */
  onReleased(): void;
}

/** Counts the holders of something that is released a while after the last of them has gone. */
export class RefCount {
  readonly #timer: Timer;
  readonly #delayInMs: number;
  readonly #hooks: RefCountHooks;
  #count = 0;

  constructor(
    { environment, releaseDelayInMs }: { environment: Environment; releaseDelayInMs: number },
    hooks: RefCountHooks,
  ) {
    this.#timer = new Timer(environment);
    this.#delayInMs = releaseDelayInMs;
    this.#hooks = hooks;
  }

  /** No holder, and no release to come. */
  get unused(): boolean {
    return this.#count === 0 && !this.#timer.isSet;
  }

  get held(): boolean {
    return this.#count > 0;
  }

  /** @returns a function that lets go, once */
  hold(): () => void {
    if (this.#count++ === 0) {
      this.#timer.clear();
      this.#hooks.onUsed();
    }
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      if (--this.#count > 0) return;
      this.#timer.after(this.#delayInMs, () => this.#hooks.onReleased());
      this.#hooks.onIdle?.();
    };
  }

  /** Nothing is to be released any more. */
  cancel(): void {
    this.#timer.clear();
  }

  /** Releases at once what waits for its delay. */
  releaseNow(): void {
    if (!this.#timer.isSet) return;
    this.#timer.clear();
    this.#hooks.onReleased();
  }
}
