import type { Timer } from "./environment.js";
import { defaultStreamIdleTimeoutInMs, maxClosedStreams } from "./limits.js";
import type { OperationError, StartStream, Uint64 } from "./messages.js";
import type { Transport } from "./transport.js";

/** What to do with a fragment by its number. `late`: belongs to what was refused already, nothing is said again. */
export type Verdict = "expected" | "duplicate" | "gap" | "late";

/** One open stream of a connection. */
export class OpenStream {
  readonly id: string;
  readonly group: string;
  readonly noEcho: boolean;
  readonly metadata: StartStream["metadata"];
  readonly idleTimeoutInMs: number;
  /** The number of the next fragment. */
  expected = 1;
  /** When the publisher last gave a sign of life. */
  lastActivity: number;
  /** Where its start came, until something came after it: then the publisher knows that the stream is open. */
  startedOn: Transport | undefined;
  idleTimer: Timer | undefined;
  /** Fragments and bytes taken since the last ack. */
  pendingFragments = 0;
  pendingBytes = 0;
  ackTimer: Timer | undefined;
  /** The next ack waits for its timer alone, however much comes in meanwhile. */
  ackHold: "receivers" | "fault" | undefined;
  /** Since when acks are held back for receivers that are behind. */
  congestedSince: number | undefined;
  /** The last fragment refused after a gap; undefined: there is no gap. */
  #refused: Uint64 | undefined;

  constructor(start: StartStream, now: number) {
    this.id = start.streamId;
    this.group = start.group;
    this.noEcho = start.noEcho;
    this.metadata = start.metadata;
    this.idleTimeoutInMs = start.idleTimeoutInMs ?? defaultStreamIdleTimeoutInMs;
    this.lastActivity = now;
  }

  /** Whether a fragment was refused and has not come again. */
  get hasGap(): boolean {
    return this.#refused !== undefined;
  }

  /**
   * Judges a fragment. After a gap only the first one is worth a nack: those right behind it were on their way
   * before the publisher could know.
   */
  judge(sequenceId: Uint64): Verdict {
    if (sequenceId < this.expected) return "duplicate";
    if (sequenceId === this.expected) return "expected";
    const follows = this.#refused !== undefined && BigInt(sequenceId) === BigInt(this.#refused) + 1n;
    this.#refused = sequenceId;
    return follows ? "late" : "gap";
  }

  /** The expected fragment is not taken. */
  refuse(): void {
    this.#refused = this.expected;
  }

  /** The expected fragment is taken. */
  take(bytes: number): void {
    this.#refused = undefined;
    this.expected++;
    this.pendingFragments++;
    this.pendingBytes += bytes;
  }

  /** An ack went out, or was lost. */
  acknowledged(): void {
    this.ackHold = undefined;
    this.pendingFragments = this.pendingBytes = 0;
  }

  /** After a recovery the publisher sends again what was not acknowledged: nothing is late any more. */
  forgetGap(): void {
    this.#refused = undefined;
  }

  cancelTimers(): void {
    this.idleTimer?.cancel();
    this.ackTimer?.cancel();
    this.idleTimer = this.ackTimer = undefined;
  }
}

/** How a stream ended, for a publisher that may not have heard of it. */
export interface ClosedStream {
  readonly error: OperationError | undefined;
  /** The number of the fragment that would have been next. */
  readonly expected: number;
  /** It was open, and nothing but its start has come, here: the publisher may not know, and start it again elsewhere. */
  startedOn: Transport | undefined;
  /** The transport on which the publisher was told. */
  toldOn: Transport | undefined;
}

/** The streams of one connection id. */
export class StreamTable {
  readonly open = new Map<string, OpenStream>();
  readonly #closed = new Map<string, ClosedStream>();

  get closed(): Iterable<[string, ClosedStream]> {
    return this.#closed;
  }

  closedStream(id: string): ClosedStream | undefined {
    return this.#closed.get(id);
  }

  add(stream: OpenStream): void {
    this.#closed.delete(stream.id);
    this.open.set(stream.id, stream);
  }

  /** Of too many closed streams the oldest are forgotten. */
  close(id: string, closed: ClosedStream): void {
    this.open.delete(id);
    this.#closed.delete(id);
    this.#closed.set(id, closed);
    if (this.#closed.size <= maxClosedStreams) return;
    for (const oldest of this.#closed.keys()) {
      this.#closed.delete(oldest);
      return;
    }
  }
}
