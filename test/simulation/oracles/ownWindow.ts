/** A quarter of the service's window: what the client promises not to exceed by what it sends itself. */
const MOST_MESSAGES = 250;
const MOST_BYTES = 4_000_000;

/** Messages that a connection has sent itself, and has not yet acknowledged when they came back. */
export class OwnWindow {
  #messages: { readonly sequenceId: number; readonly bytes: number }[] = [];
  #bytes = 0;
  #last = 0;

  /** @returns what is wrong with it, if anything is */
  add(sequenceId: number, bytes: number): string | undefined {
    // A replay adds nothing.
    if (!(sequenceId > this.#last)) return undefined;
    this.#last = sequenceId;
    this.#messages.push({ sequenceId, bytes });
    this.#bytes += bytes;
    const { length } = this.#messages;
    if (length > MOST_MESSAGES) return `${length} messages`;
    return this.#bytes > MOST_BYTES ? `${this.#bytes} bytes` : undefined;
  }

  acknowledged(upTo: number): void {
    const first = this.#messages.findIndex(({ sequenceId }) => sequenceId > upTo);
    const done = this.#messages.splice(0, first < 0 ? Infinity : first);
    for (const { bytes } of done) this.#bytes -= bytes;
  }
}
