/**
 * Counts streams at every receiver. Promised is: a stream that its sender has ended reaches everyone whole who has been
 * in the group on one connection id since before it was opened.
 */
export class StreamLedger {
  readonly #members = new Set<string>();
  /** By stream: who is yet to get the whole of it, and whether its sender knows that it has ended. */
  readonly #open = new Map<string, { readonly due: Set<string>; isEnded: boolean }>();

  /** A new connection stands and its group is joined. */
  joined(receiver: string): void {
    this.#members.add(receiver);
  }

  /** A connection has ended for good. */
  left(receiver: string): void {
    this.#members.delete(receiver);
    for (const stream of this.#open.keys()) this.arrived(stream, receiver);
  }

  /** A stream is about to be opened. */
  opens(stream: string, receivers: readonly string[]): void {
    const due = new Set(receivers.filter((receiver) => this.#members.has(receiver)));
    this.#open.set(stream, { due, isEnded: false });
  }

  /** Its sender knows what became of it. */
  settled(stream: string, outcome: "ended" | "failed"): void {
    const entry = this.#open.get(stream);
    if (entry === undefined) return;
    entry.isEnded = true;
    if (outcome === "failed" || entry.due.size === 0) this.#open.delete(stream);
  }

  /** A receiver has the whole of it, or needn't get it any more. */
  arrived(stream: string, receiver: string): void {
    const entry = this.#open.get(stream);
    if (entry === undefined) return;
    entry.due.delete(receiver);
    if (entry.isEnded && entry.due.size === 0) this.#open.delete(stream);
  }

  /** What has ended and hasn't arrived: the streams and who misses them. */
  get due(): readonly string[] {
    const due: string[] = [];
    for (const [stream, entry] of this.#open)
      if (entry.isEnded) for (const receiver of entry.due) due.push(`stream ${stream} at ${receiver}`);
    return due;
  }
}
