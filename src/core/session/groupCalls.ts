/** A call that came before all calls of this session. */
export const BEFORE_ALL = 0.5;
/** Calls of an earlier session that may come before those of the session that goes on with it: fewer than this. */
const ROOM = 2 ** 20;
/** A call behind all of the earlier session, and before those of this one. */
export const BEHIND_RESTORED = ROOM;

/** The application's calls about a group, numbered in their order: whether it wants to be in the group. */
export class GroupCalls {
  #last = ROOM;
  /** The last one of an earlier session. */
  #lastRestored = 0;
  /** The last `enter` that was acknowledged. */
  #entered = 0;
  /** The last `leave` that counts, and those behind it that aren't settled. */
  #leaves: number[] = [];

  /** The number of a new call, or of one of an earlier session, which came before those since `closed`. */
  next(isRestored: boolean): number {
    return isRestored ? ++this.#lastRestored : ++this.#last;
  }

  /** The connection is gone; what comes next may be an earlier session's calls. */
  closed(): void {
    this.#lastRestored = this.#last;
    this.#last += ROOM;
  }

  /** The application wants to be in the group. */
  get wish(): boolean {
    return this.#entered > Math.max(0, ...this.#leaves);
  }

  /** The last call is a `leave`. */
  get isLeft(): boolean {
    return this.#leaves.at(-1) === this.#last;
  }

  /** An `enter` was acknowledged. */
  entered(call: number): void {
    this.#entered = Math.max(this.#entered, call);
  }

  /** The group isn't entered again on the new connection. */
  forget(): void {
    this.#entered = 0;
  }

  /** A `leave` was called. */
  left(call: number): void {
    this.#leaves.push(call);
  }

  /** @param hadEffect false: it was refused before it was sent */
  leaveSettled(call: number, hadEffect: boolean): void {
    this.#leaves = this.#leaves.filter((each) => (hadEffect ? each >= call : each !== call));
  }
}
