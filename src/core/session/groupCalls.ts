/** A call that came before all calls of this session. */
export const BEFORE_ALL = 0.5;

/** The application's calls about a group, numbered in their order: whether it wants to be in the group. */
export class GroupCalls {
  #last = 0;
  /** The last `enter` that was acknowledged. */
  #entered = 0;
  /** The last `leave` that counts, and those behind it that aren't settled. */
  #leaves: number[] = [];

  /** The number of a new call. */
  next(): number {
    return ++this.#last;
  }

  /** The application wants to be in the group. */
  get wish(): boolean {
    return this.#entered > (this.#leaves.at(-1) ?? 0);
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
