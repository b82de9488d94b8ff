import type { Environment } from "./environment.js";
import type { Hub } from "./hub.js";
import type { Interference } from "./interference.js";
import { maxOpenStreams } from "./limits.js";
import type {
  OperationError,
  Payload,
  StartStream,
  StreamData,
  StreamEnd,
  StreamMessage,
  StreamNackName,
  StreamPosition,
} from "./messages.js";
import { payloadSize } from "./payloadSize.js";
import type { Session } from "./session.js";
import { StreamAcks } from "./streamAcks.js";
import { type ClosedStream, OpenStream } from "./streamTable.js";

/** Longest time that a timer can take, in milliseconds. */
const maxTimerInMs = 2 ** 31 - 1;

/** What ends a stream, as its subscribers are told; other reasons are none of their business: `Cancelled`. */
const subscriberNames = ["IdleTimeout", "InternalServerError", "Forbidden", "Cancelled"];

const forbidden: OperationError = {
  name: "Forbidden",
  message: "This connection has no permission sendToGroup for the group.",
};

/** Carries the end of a stream: a client that reads no message without content still learns of it. */
const noContent: Payload = { dataType: "text", text: "" };

/** Streams to groups: keeps their fragments in order, acknowledges them, and ends what has lost its publisher. */
export class Streams {
  readonly #environment: Environment;
  readonly #interference: Interference;
  readonly #acks: StreamAcks;

  constructor(environment: Environment, interference: Interference) {
    this.#environment = environment;
    this.#interference = interference;
    this.#acks = new StreamAcks(environment, interference);
  }

  received(hub: Hub, session: Session, message: StreamMessage): void {
    if (message.kind === "startStream") {
      this.#start(hub, session, message);
      return;
    }
    const stream = session.streams.open.get(message.streamId);
    if (stream === undefined) {
      this.#remind(session, message.streamId);
      return;
    }
    if (!session.permissions.allows("sendToGroup", stream.group)) {
      this.#close(hub, session, stream, forbidden);
      return;
    }
    stream.startedOn = undefined;
    switch (message.kind) {
      case "streamData":
        this.#data(hub, session, stream, message);
        return;
      case "streamKeepAlive":
        stream.lastActivity = this.#environment.now();
        this.#acks.soon(hub, session, stream);
        return;
      case "streamEnd":
        this.#end(hub, session, stream, message);
    }
  }

  /** Closes open streams from the service's side. @returns how many. */
  closeAll(hub: Hub, session: Session, error: OperationError, streamId?: string): number {
    const streams = [...session.streams.open.values()].filter(
      ({ id }) => streamId === undefined || id === streamId,
    );
    for (const stream of streams) this.#close(hub, session, stream, error);
    return streams.length;
  }

  /** The session waits for its recovery: its streams pause, and with them their idle timeouts. */
  paused(session: Session): void {
    for (const stream of session.streams.open.values()) stream.cancelTimers();
  }

  /** The session has a new transport: tells what the old one may have lost. */
  resumed(hub: Hub, session: Session): void {
    for (const stream of session.streams.open.values()) {
      stream.cancelTimers();
      stream.forgetGap();
      stream.ackHold = undefined;
      stream.lastActivity = this.#environment.now();
      this.#watchIdle(hub, session, stream);
      this.#acks.due(hub, session, stream);
    }
    // Those that the client was told of on a lost transport wait until it asks: their ids may be in use again.
    for (const [id, closed] of session.streams.closed) {
      if (closed.toldOn === undefined) this.#tellClosed(session, id, closed);
    }
  }

  /** Unsettled: subscribers hear `Cancelled` when the publisher's session is gone. */
  ended(hub: Hub, session: Session): void {
    for (const stream of [...session.streams.open.values()]) {
      stream.cancelTimers();
      session.streams.open.delete(stream.id);
      this.#publishEnd(hub, session, stream, { name: "Cancelled", message: "The publisher is gone." });
    }
  }

  #start(hub: Hub, session: Session, start: StartStream): void {
    const { streamId } = start;
    // The start was sent again in a recovery, by a publisher that has heard of neither the opening nor the end.
    // Unsettled: it hears of the end; opened once more, its receivers would have two streams of one id.
    const closed = session.streams.closedStream(streamId);
    if (closed?.startedOn !== undefined && closed.startedOn !== session.transport) {
      closed.startedOn = session.transport;
      this.#tellClosed(session, streamId, closed);
      return;
    }
    const previous = session.streams.open.get(streamId);
    const refusal = this.#refusal(session, start, previous);
    if (refusal !== undefined) {
      this.#refuse(hub, session, streamId, refusal);
      return;
    }
    // A repeated start of a stream without fragments: its ack was lost with a transport.
    previous?.cancelTimers();
    const stream = new OpenStream(start, this.#environment.now());
    stream.startedOn = session.transport;
    session.streams.add(stream);
    this.#watchIdle(hub, session, stream);
    this.#acks.due(hub, session, stream);
  }

  #refusal(
    session: Session,
    { group, streamId }: StartStream,
    previous: OpenStream | undefined,
  ): OperationError | undefined {
    if (!session.permissions.allows("sendToGroup", group)) return forbidden;
    // Unsettled: the stream that has the id ends too, else both sides would take its messages for the other's.
    if (previous !== undefined && (previous.group !== group || previous.expected > 1))
      return { name: "BadRequest", message: "A stream with this id is open already." };
    if (previous === undefined && session.streams.open.size >= maxOpenStreams)
      return { name: "BadRequest", message: `This connection has ${maxOpenStreams} open streams already.` };
    return this.#interference.refusesStream(session, streamId);
  }

  #data(hub: Hub, session: Session, stream: OpenStream, { streamSequenceId, payload }: StreamData): void {
    switch (stream.judge(streamSequenceId)) {
      case "late":
        return;
      case "gap":
        this.#nack(session, stream, "InvalidSequenceId", `Fragment ${stream.expected} is missing.`);
        return;
      case "duplicate":
        stream.lastActivity = this.#environment.now();
        this.#acks.soon(hub, session, stream);
        return;
      case "expected":
        break;
    }
    const nack = this.#interference.nacksFragment(session, stream.id, stream.expected);
    if (nack !== undefined) {
      stream.refuse();
      this.#nack(session, stream, nack, "A scripted fault refused the fragment.");
      return;
    }
    stream.lastActivity = this.#environment.now();
    const position = { streamId: stream.id, streamSequenceId: stream.expected };
    stream.take(payloadSize(payload));
    this.#publish(hub, session, stream, payload, position);
    // The publisher may have been its own slow receiver.
    if (session.streams.open.get(stream.id) !== stream) return;
    this.#acks.taken(hub, session, stream);
  }

  #end(hub: Hub, session: Session, stream: OpenStream, { error }: StreamEnd): void {
    // Unsettled. An end has no number of its own: behind a gap it would cut off what is about to come again.
    if (error === undefined && stream.hasGap) return;
    const end = error === undefined ? undefined : { ...error, name: "UserError" };
    this.#finish(hub, session, stream, undefined, end);
  }

  #close(hub: Hub, session: Session, stream: OpenStream, error: OperationError): void {
    const name = subscriberNames.includes(error.name) ? error.name : "Cancelled";
    this.#finish(hub, session, stream, error, { ...error, name });
  }

  /** Subscribers first: whoever is told that it ended finds that it did. */
  #finish(
    hub: Hub,
    session: Session,
    stream: OpenStream,
    error: OperationError | undefined,
    toldSubscribers: NonNullable<StreamPosition["end"]>["error"],
  ): void {
    stream.cancelTimers();
    const closed = { error, expected: stream.expected, startedOn: stream.startedOn, toldOn: undefined };
    session.streams.close(stream.id, closed);
    this.#publishEnd(hub, session, stream, toldSubscribers);
    this.#tellClosed(session, stream.id, closed);
  }

  /** Tells that there will be no such stream, and closes it if there is one. */
  #refuse(hub: Hub, session: Session, streamId: string, error: OperationError): void {
    const stream = session.streams.open.get(streamId);
    if (stream !== undefined) {
      this.#close(hub, session, stream, error);
      return;
    }
    const closed = { error, expected: 1, startedOn: undefined, toldOn: undefined };
    session.streams.close(streamId, closed);
    this.#tellClosed(session, streamId, closed);
  }

  /**
   * Something came for a stream that isn't open. The publisher is told how it ended, once on each transport: what
   * else comes was on its way before.
   */
  #remind(session: Session, streamId: string): void {
    let closed = session.streams.closedStream(streamId);
    if (closed === undefined) {
      const error = { name: "StreamNotFound", message: "This connection has no such stream." };
      closed = { error, expected: 1, startedOn: undefined, toldOn: undefined };
      session.streams.close(streamId, closed);
    }
    if (closed.toldOn !== session.transport) this.#tellClosed(session, streamId, closed);
  }

  #tellClosed(session: Session, streamId: string, closed: ClosedStream): void {
    closed.toldOn = session.transport;
    const { error, expected } = closed;
    // The last ack may have been due still, or was lost.
    if (error === undefined) session.control({ kind: "streamAck", streamId, expectedSequenceId: expected });
    session.control({ kind: "streamClosed", streamId, error });
  }

  #nack(session: Session, { id, expected }: OpenStream, name: StreamNackName, message: string): void {
    session.control({ kind: "streamNack", streamId: id, name, message, expectedSequenceId: expected });
  }

  /** One timer at a time: it looks when the last sign of life was, and sleeps again if that is not long ago. */
  #watchIdle(hub: Hub, session: Session, stream: OpenStream): void {
    const left = stream.lastActivity + stream.idleTimeoutInMs - this.#environment.now();
    if (left <= 0) {
      const message = `Nothing came for ${stream.idleTimeoutInMs} ms.`;
      this.#close(hub, session, stream, { name: "IdleTimeout", message });
      return;
    }
    stream.idleTimer = this.#environment.setTimer(
      () => this.#watchIdle(hub, session, stream),
      Math.min(left, maxTimerInMs),
    );
  }

  #publishEnd(
    hub: Hub,
    session: Session,
    stream: OpenStream,
    error: NonNullable<StreamPosition["end"]>["error"],
  ): void {
    this.#publish(hub, session, stream, noContent, {
      streamId: stream.id,
      streamSequenceId: stream.expected,
      end: error === undefined ? {} : { error },
    });
  }

  #publish(hub: Hub, session: Session, from: OpenStream, payload: Payload, stream: StreamPosition): void {
    const { group, metadata, noEcho } = from;
    hub.publish(
      { kind: "groupData", group, fromUserId: session.userId, payload, metadata, stream },
      { excluded: noEcho ? [session.connectionId] : undefined },
    );
  }
}
