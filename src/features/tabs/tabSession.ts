import type { AckMessageError } from "../../core/models/messages.js";
import { Queue } from "../../core/util/queue.js";
import { numbered, writeAck } from "./tabFrames.js";

/**
 * What a tab may leave unacknowledged. The service keeps less for a connection (1,000 messages, 16 MB); but the worker
 * acknowledges at once, so that more can come at once than a busy page reads.
 */
const MAX_FRAMES = 10_000;
const MAX_SIZE = 16_000_000;
/** So many answers are remembered for a tab that asks again. */
const MAX_ANSWERS = 1_000;
/** A tab that doesn't acknowledge is ended as the service ends it. */
export const WINDOW_FULL = { code: 1008, reason: "The tab has left too many messages unacknowledged." };

/** Where a session's frames go while its tab is connected. */
export interface TabSocket {
  post(frame: string): void;
}

/** What is known of an operation by its ack id. */
export interface Answer {
  isPending: boolean;
  /** The service's answer said that it was executed. */
  isDone: boolean;
  /** The id under which the service knows it. */
  realAckId: number | undefined;
}

/** One tab's connection, over several sockets: numbers its messages and keeps them until they are acknowledged. */
export class TabSession {
  /** With it the tab recovers its connection. */
  readonly token: string;
  /** Unique among the sessions of a worker. */
  readonly index: number;
  readonly #onFull: () => void;
  #socket: TabSocket | undefined;
  #lastId = 0;
  readonly #unacknowledged = new Queue<{ readonly id: number; readonly frame: string }>();
  #size = 0;
  /** Frames without a sequence id that wait until the tab is back. */
  #held: string[] = [];
  /** By the tab's ack ids. */
  readonly #answers = new Map<number, Answer>();

  /** @param onFull called when the tab has left too much unacknowledged */
  constructor(token: string, index: number, onFull: () => void) {
    this.token = token;
    this.index = index;
    this.#onFull = onFull;
  }

  get socket(): TabSocket | undefined {
    return this.#socket;
  }

  /** The tab is connected, again or for the first time. */
  attach(socket: TabSocket): void {
    this.#socket = socket;
    const missed = this.#unacknowledged.drain();
    for (const each of missed) this.#unacknowledged.push(each);
    for (const { frame } of missed) socket.post(frame);
    for (const frame of this.#held.splice(0)) socket.post(frame);
  }

  detach(): void {
    this.#socket = undefined;
  }

  /** Posts a frame that has no sequence id. */
  post(frame: string): void {
    if (this.#socket === undefined) this.#held.push(frame);
    else this.#socket.post(frame);
  }

  /** Delivers a message, which the tab acknowledges. */
  deliver(body: string): void {
    const id = ++this.#lastId;
    const frame = numbered(body, id);
    this.#unacknowledged.push({ id, frame });
    this.#size += frame.length;
    if (this.#unacknowledged.size > MAX_FRAMES || this.#size > MAX_SIZE) this.#onFull();
    else this.#socket?.post(frame);
  }

  /** The tab has received everything up to a sequence id. */
  acknowledged(upTo: number): void {
    for (
      let next = this.#unacknowledged.peek();
      next && next.id <= upTo;
      next = this.#unacknowledged.peek()
    ) {
      this.#size -= next.frame.length;
      this.#unacknowledged.shift();
    }
  }

  /** Refuses an operation that isn't for the service. */
  refuse(ackId: number | undefined, error: AckMessageError): void {
    if (ackId !== undefined) this.post(writeAck(ackId, error));
  }

  /** What is known of an operation; undefined: the tab asks for it for the first time. */
  answer(ackId: number): Answer | undefined {
    return this.#answers.get(ackId);
  }

  /** An operation is on its way to the service. */
  asked(ackId: number): Answer {
    const answer = this.#answers.get(ackId) ?? { isPending: true, isDone: false, realAckId: undefined };
    answer.isPending = true;
    this.#answers.set(ackId, answer);
    // The oldest are forgotten, unless they are still to be answered.
    for (const [id, { isPending }] of this.#answers) {
      if (this.#answers.size <= MAX_ANSWERS || isPending) break;
      this.#answers.delete(id);
    }
    return answer;
  }

  /** @param error undefined: it was executed */
  answered(ackId: number, answer: Answer, error?: AckMessageError): void {
    answer.isPending = false;
    answer.isDone = error === undefined || error.name === "Duplicate";
    this.post(writeAck(ackId, error));
  }
}
