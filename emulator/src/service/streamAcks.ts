import type { Environment } from "./environment.js";
import type { Hub } from "./hub.js";
import type { Interference } from "./interference.js";
import {
  maxBackpressureInMs,
  maxUnacknowledgedBytes,
  maxUnacknowledgedMessages,
  streamAckBytes,
  streamAckDelayInMs,
  streamAckFragments,
} from "./limits.js";
import type { Session } from "./session.js";
import type { OpenStream } from "./streamTable.js";

/** Tells publishers what was taken, in batches, and slows down those that are too fast for their receivers. */
export class StreamAcks {
  readonly #environment: Environment;
  readonly #interference: Interference;

  constructor(environment: Environment, interference: Interference) {
    this.#environment = environment;
    this.#interference = interference;
  }

  /** A fragment was taken: its ack waits for more of them. */
  taken(hub: Hub, session: Session, stream: OpenStream): void {
    if (stream.pendingFragments < streamAckFragments && stream.pendingBytes < streamAckBytes)
      this.soon(hub, session, stream);
    else if (stream.ackHold === undefined) this.due(hub, session, stream);
  }

  /** An ack goes out with the next batch. */
  soon(hub: Hub, session: Session, stream: OpenStream): void {
    this.#later(hub, session, stream, streamAckDelayInMs);
  }

  /** An ack is due: sends it, unless a receiver is far behind or a fault holds it. */
  due(hub: Hub, session: Session, stream: OpenStream): void {
    stream.ackTimer?.cancel();
    stream.ackTimer = undefined;
    // The first one only says that the stream is open.
    if (stream.expected > 1 && this.#isCongested(hub, session, stream)) {
      stream.ackHold = "receivers";
      this.soon(hub, session, stream);
      return;
    }
    const hold = this.#interference.holdsStreamAck(session, stream.id);
    if (hold === undefined) this.#send(session, stream);
    else if (hold === "swallow") stream.acknowledged();
    else {
      stream.ackHold = "fault";
      this.#later(hub, session, stream, hold);
    }
  }

  #later(hub: Hub, session: Session, stream: OpenStream, delayInMs: number): void {
    stream.ackTimer ??= this.#environment.setTimer(() => {
      stream.ackTimer = undefined;
      if (stream.ackHold === "fault") this.#send(session, stream);
      else this.due(hub, session, stream);
    }, delayInMs);
  }

  /** Acks are cumulative and never go back: also a late one says what is expected now. */
  #send(session: Session, stream: OpenStream): void {
    stream.acknowledged();
    session.control({ kind: "streamAck", streamId: stream.id, expectedSequenceId: stream.expected });
  }

  /**
   * Unsettled. A stream must not drive its receivers over the edge of their windows: with one half full no ack is
   * sent, so that the publisher's own window fills and it waits; but not for long, others want to hear it too.
   */
  #isCongested(hub: Hub, session: Session, stream: OpenStream): boolean {
    if (!receiverIsBehind(hub, stream.group, stream.noEcho ? session : undefined)) {
      stream.congestedSince = undefined;
      return false;
    }
    const now = this.#environment.now();
    stream.congestedSince ??= now;
    return now - stream.congestedSince < maxBackpressureInMs;
  }
}

/** @param except doesn't receive. */
function receiverIsBehind(hub: Hub, group: string, except: Session | undefined): boolean {
  for (const receiver of hub.members(group)) {
    const { buffer } = receiver;
    if (buffer === undefined || receiver === except) continue;
    if (buffer.count > maxUnacknowledgedMessages / 2 || buffer.bytes > maxUnacknowledgedBytes / 2)
      return true;
  }
  return false;
}
