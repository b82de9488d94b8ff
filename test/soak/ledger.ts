/** What one receiver has of one sender. */
interface Line {
  /** The first that came. */
  first: number;
  last: number;
  /** Numbers below `last` that haven't come; none: there are none. */
  holes: Set<number> | undefined;
}

interface Receiver {
  readonly lines: Map<string, Line>;
  /** What is due: sent to a group while this receiver's connection was one of its members. */
  readonly due: Set<string>;
  member: boolean;
}

/** How far back a hole is remembered: its own size must not look like a leak of what is tested. */
const MEMORY = 60;
/** So many of the messages that were sent again are remembered. */
const RESENT_MEMORY = 1_000;

/**
 * Counts every message at every receiver. Promised is: on one connection id each comes once and in order. What was on
 * its way to a connection that ended for good may be missing; what was sent again on a new connection of its sender
 * may come twice or late. Both are counted too, by themselves.
 */
export class Ledger {
  received = 0;
  lost = 0;
  doubled = 0;
  reordered = 0;
  /** Excused: their receiver's connection was replaced. */
  missedByNewConnection = 0;
  /** Excused: sent again on a new connection of the sender. */
  resent = 0;
  readonly examples: string[] = [];
  readonly #receivers = new Map<string, Receiver>();
  /** What came twice or late, by message, until it is known whether that was sent again. */
  readonly #suspects = new Map<string, { what: "doubled" | "reordered"; receiver: string }[]>();
  readonly #resent = new Set<string>();
  readonly #unordered: ReadonlySet<string>;

  /** @param unordered senders whose messages may overtake one another: the service refuses some for a while */
  constructor(unordered: ReadonlySet<string>) {
    this.#unordered = unordered;
  }

  /** A new connection stands and its group is joined. */
  joined(receiver: string): void {
    this.#of(receiver).member = true;
  }

  /** A connection has ended for good. */
  left(receiver: string): void {
    const entry = this.#of(receiver);
    entry.member = false;
    this.missedByNewConnection += entry.due.size;
    entry.due.clear();
    // What comes late on the next connection was sent again: others see whether it came twice.
    entry.lines.clear();
  }

  sends(sender: string, number: number, receivers: readonly string[]): void {
    for (const receiver of receivers) {
      const entry = this.#of(receiver);
      if (entry.member) entry.due.add(`${sender} ${number}`);
    }
  }

  /** Its sender knows what became of it. */
  settled(
    sender: string,
    number: number,
    outcome: "sent" | "resent" | "failed",
    receivers: readonly string[],
  ): void {
    const message = `${sender} ${number}`;
    if (outcome === "resent") {
      this.#resent.add(message);
      for (const oldest of this.#resent) {
        if (this.#resent.size <= RESENT_MEMORY) break;
        this.#resent.delete(oldest);
      }
    }
    this.#judge(message, outcome === "resent");
    if (outcome === "failed") for (const receiver of receivers) this.#of(receiver).due.delete(message);
  }

  receives(receiver: string, sender: string, number: number): void {
    this.received++;
    const { lines, due } = this.#of(receiver);
    due.delete(`${sender} ${number}`);
    let line = lines.get(sender);
    if (line === undefined) lines.set(sender, (line = { first: number, last: number - 1, holes: undefined }));
    if (number > line.last) {
      // What is refused again and again may come late by any number, and is no second copy for that.
      const oldest = this.#unordered.has(sender) ? 0 : number - MEMORY;
      for (let hole = Math.max(line.last + 1, oldest); hole < number; hole++)
        (line.holes ??= new Set()).add(hole);
      line.last = number;
      for (const hole of line.holes ?? []) {
        if (hole > oldest) break;
        line.holes?.delete(hole);
      }
    } else if (line.holes?.delete(number) === true || number < line.first) {
      if (!this.#unordered.has(sender)) this.#suspect(receiver, sender, number, "reordered");
    } else this.#suspect(receiver, sender, number, "doubled");
    if (line.holes?.size === 0) line.holes = undefined;
  }

  /** The service numbers what it sends to one user: on one connection id no number is left out. */
  receivesFromService(receiver: string, connectionId: string, number: number): void {
    this.received++;
    const { lines } = this.#of(receiver);
    const line = lines.get(connectionId);
    if (line !== undefined && number !== line.last + 1) {
      const what = number > line.last ? "lost" : "doubled";
      this[what]++;
      this.#example(`${what}: ${number} of the service at ${receiver}, after ${line.last}`);
    }
    lines.set(connectionId, { first: number, last: number, holes: undefined });
  }

  /** How much is still due. */
  get due(): number {
    let due = 0;
    for (const entry of this.#receivers.values()) due += entry.due.size;
    return due;
  }

  dueAt(receiver: string): number {
    return this.#of(receiver).due.size;
  }

  /** What is due now never comes; what came twice without a reason is wrong. */
  close(): void {
    for (const [receiver, { due }] of this.#receivers) {
      this.lost += due.size;
      for (const message of due) this.#example(`lost: ${message} at ${receiver}`);
    }
    for (const message of [...this.#suspects.keys()]) this.#judge(message, this.#resent.has(message));
  }

  #suspect(receiver: string, sender: string, number: number, what: "doubled" | "reordered"): void {
    const message = `${sender} ${number}`;
    const known = this.#suspects.get(message);
    if (known === undefined) this.#suspects.set(message, [{ what, receiver }]);
    else known.push({ what, receiver });
    if (this.#resent.has(message)) this.#judge(message, true);
  }

  /** It is known now whether the message was sent again. */
  #judge(message: string, resent: boolean): void {
    for (const { what, receiver } of this.#suspects.get(message) ?? []) {
      if (resent) this.resent++;
      else {
        this[what]++;
        this.#example(`${what}: ${message} at ${receiver}`);
      }
    }
    this.#suspects.delete(message);
  }

  #example(text: string): void {
    if (this.examples.length < 10) this.examples.push(text);
  }

  #of(receiver: string): Receiver {
    let entry = this.#receivers.get(receiver);
    if (entry === undefined) {
      entry = { lines: new Map(), due: new Set(), member: false };
      this.#receivers.set(receiver, entry);
    }
    return entry;
  }
}
