import type { Environment } from "../environment/environment.js";
import { Timer } from "./timer.js";

/** What several hold at once: the first takes it, and a while after the last it is given back. */
export class CountedHold {
  readonly #timer: Timer;
  readonly #delayInMs: number;
  readonly #take: () => void;
  readonly #linger: () => void;
  readonly #give: () => void;
  #count = 0;

  /**
   * @param take somebody holds it: for the first time, or again before it was given back
   * @param give nobody holds it any more
   * @param linger the last holder has just gone
   */
  constructor(
    { environment, releaseDelayInMs }: { environment: Environment; releaseDelayInMs: number },
    take: () => void,
    give: () => void,
    linger: () => void = () => undefined,
  ) {
    this.#timer = new Timer(environment);
    this.#delayInMs = releaseDelayInMs;
    this.#take = take;
    this.#give = give;
    this.#linger = linger;
  }

  /** Neither held nor about to be given back. */
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
      this.#take();
    }
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      if (--this.#count > 0) return;
      this.#timer.after(this.#delayInMs, this.#give);
      this.#linger();
    };
  }

  /** There is nothing left to give back. */
  forget(): void {
    this.#timer.clear();
  }

  /** Doesn't wait any longer for somebody new. */
  giveBack(): void {
    if (!this.#timer.isSet) return;
    this.#timer.clear();
    this.#give();
  }
}
