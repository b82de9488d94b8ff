import type { ActorEnvironment } from "../world/actorEnvironment.js";
import type { Clock } from "../world/clock.js";
import type { Json } from "./model.js";
import type { Wire } from "../world/wire.js";

/** A quarter of the service's window would be 250: the client promises far less. */
const MOST_UNACKNOWLEDGED = 65;
/** A quarter of the window would be 4 MB. */
const MOST_UNACKNOWLEDGED_BYTES = 1_100_000;
/** The client acknowledges within a second. */
const LONGEST_DELAY = 1_001;

/** Whether a client acknowledges what it has received: never more, soon enough, never too much at once. */
export class SequenceCheck {
  readonly #environment: ActorEnvironment;
  readonly #clock: Clock;
  readonly #failed: (reason: string) => void;
  #connectionId: string | undefined;
  #wire: Wire | undefined;
  #received = 0;
  #acknowledged = 0;
  #bytes = 0;
  #owedSince = Infinity;

  constructor(environment: ActorEnvironment, clock: Clock, failed: (reason: string) => void) {
    this.#environment = environment;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Time or socket are not what they should be: nothing is late because of it. */
  disturbed(): void {
    this.#owedSince = Infinity;
  }

  /** The largest sequence id that has come on a connection; Infinity: that isn't known any more. */
  receivedOn(connectionId: string | undefined): number {
    return connectionId === this.#connectionId ? this.#received : Infinity;
  }

  /** An older session goes on: its last sequence id is acknowledged next. */
  restores(sequenceId: number, connectionId = this.#connectionId): void {
    this.#connectionId = connectionId;
    this.#received = this.#acknowledged = sequenceId;
    this.#owedSince = Infinity;
  }

  received(wire: Wire, message: Json, bytes: number): void {
    if (wire.connectionId !== this.#connectionId) {
      this.#connectionId = wire.connectionId;
      this.#received = this.#acknowledged = this.#bytes = 0;
    }
    if (wire !== this.#wire) {
      this.#wire = wire;
      this.#owedSince = Infinity;
    }
    this.check();
    const { sequenceId } = message as { sequenceId?: number };
    if (sequenceId === undefined) return;
    // What came before this one has been handled by now.
    const owed = this.#received - this.#acknowledged;
    const isOwed = this.#owedSince !== Infinity && wire.alive;
    if (owed >= MOST_UNACKNOWLEDGED && isOwed) this.#failed(`${owed} messages are unacknowledged`);
    if (this.#bytes >= MOST_UNACKNOWLEDGED_BYTES && isOwed)
      this.#failed(`${this.#bytes} bytes are unacknowledged`);
    this.#bytes += bytes;
    if (this.#owedSince === Infinity && wire.socket.throws === 0) this.#owedSince = this.#clock.now;
    this.#received = Math.max(this.#received, sequenceId);
  }

  acknowledged(wire: Wire, { sequenceId }: { sequenceId?: number } & Json): void {
    if (sequenceId === undefined || wire.connectionId !== this.#connectionId)
      return this.#failed("a sequence ack went to another connection");
    if (sequenceId > this.#received) {
      this.#failed(`sequence ack ${sequenceId}, but only ${this.#received} was received`);
    }
    if (sequenceId < this.#acknowledged) this.#failed("a sequence ack went backwards");
    this.check();
    this.#acknowledged = sequenceId;
    this.#bytes = 0;
    this.#owedSince = Infinity;
  }

  /** Whether an ack is overdue. */
  check(): void {
    if (this.#wire?.alive !== true || this.#environment.frozenUntil > this.#clock.now) this.disturbed();
    const late = this.#clock.now - this.#owedSince;
    if (late > LONGEST_DELAY) this.#failed(`a sequence ack is due since ${late} ms`);
  }

  /** Whether everything received is acknowledged. */
  get settled(): boolean {
    return this.#acknowledged === this.#received;
  }
}
