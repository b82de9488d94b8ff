import type { Environment } from "../environment/environment.js";
import { Timer } from "./timer.js";

/** How long what was held in an earlier session is held for those who come in this one, in ms. */
const HELD_AGAIN = 5_000;

/** What a `RefCount` calls. */
export interface RefCountHooks {
  /** The first holder has come, or one has come again before the release. */
  onUsed(): void;
  /** The last holder has just gone; the release follows after a delay. */
  onIdle?(): void;
  /** The delay is over, and no holder has come. */
  onReleased(): void;
}

/** Counts holders, and releases what they hold some time after the last one has gone. */
export class RefCount {
  readonly #environment: Environment;
  readonly #timer: Timer;
  readonly #delayInMs: number;
  readonly #hooks: RefCountHooks;
  #count = 0;
  /** Ends what `holdAgain` has begun. */
  endHold: (() => void) | undefined;

  constructor(
    { environment, releaseDelayInMs }: { environment: Environment; releaseDelayInMs: number },
    hooks: RefCountHooks,
  ) {
    this.#environment = environment;
    this.#timer = new Timer(environment);
    this.#delayInMs = releaseDelayInMs;
    this.#hooks = hooks;
  }

  /** There is no holder, and no release is scheduled. */
  get unused(): boolean {
    return this.#count === 0 && !this.#timer.isSet;
  }

  get held(): boolean {
    return this.#count > 0;
  }

  /** Adds a holder. @returns a function that removes it; further calls do nothing */
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

  /** Holds for those who come in this session what was held in an earlier one. @param onEnd called when that ends */
  holdAgain(onEnd?: () => void): void {
    const release = this.hold();
    const timer = new Timer(this.#environment);
    this.endHold = () => {
      timer.clear();
      release();
      onEnd?.();
    };
    timer.after(HELD_AGAIN, this.endHold);
  }

  /** Cancels the scheduled release. */
  cancel(): void {
    this.#timer.clear();
  }

  /** Releases at once if a release is scheduled. */
  releaseNow(): void {
    if (!this.#timer.isSet) return;
    this.#timer.clear();
    this.#hooks.onReleased();
  }
}
