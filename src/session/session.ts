import type { AbortSignalLike } from "@azure/abort-controller";
import type { SessionPort } from "../connection/connection.js";
import type { TimerHandle } from "../environment/environment.js";
import { abortedOperation, SendMessageError, toError, type ConnectionError } from "../errors.js";
import { logger } from "../logger.js";
import type { WebPubSubClientEvents } from "../models/events.js";
import type { GroupDataMessage, ServerDataMessage, WebPubSubMessage } from "../models/messages.js";
import type { WebPubSubResult } from "../models/options.js";
import type { Settings } from "../options.js";
import { deferred } from "../util/deferred.js";
import type { Emitter } from "../util/emitter.js";
import { Memberships, type Operations } from "./memberships.js";
import type { OperationMessage } from "./operationMessage.js";
import { Outbox } from "./outbox.js";
import { SequenceTracker } from "./sequenceTracker.js";

/** How long a received message may go unacknowledged, in ms. */
const SEQUENCE_ACK_DELAY = 1_000;
const STOPPING = "The client is stopping.";
/** One frame holds at most 1 MB; the service closes the connection on a larger one. */
const MAX_FRAME_BYTES = 1 << 20;

/** The way to the socket. */
export interface Writer {
  readonly writable: boolean;
  write(frame: string | ArrayBuffer): void;
}

export interface SubmitOptions {
  readonly ackId?: number;
  readonly fireAndForget?: boolean;
  readonly abortSignal?: AbortSignalLike;
}

type Settlement = {
  readonly resolve: (result: WebPubSubResult) => void;
  readonly reject: (error: SendMessageError) => void;
};

/**
 * What lives longer than a socket: operations on their way, sequence ids and groups. Feeds the
 * connection with frames while it takes any.
 */
export class Session implements SessionPort, Operations {
  /** The groups: wanted, asked for, joined. */
  readonly memberships: Memberships;
  readonly #settings: Settings;
  readonly #emitter: Emitter<WebPubSubClientEvents>;
  readonly #outbox: Outbox;
  readonly #tracker = new SequenceTracker();
  #writer: Writer | undefined;
  /** Why nothing is accepted; undefined while it is. */
  #refusal: string | undefined = "The client is not started; call start() first.";
  #timer: TimerHandle;
  #timerDue = Infinity;
  #sequenceAckDue = Infinity;
  #onIdle: (() => void) | undefined;

  constructor(settings: Settings, emitter: Emitter<WebPubSubClientEvents>) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.memberships = new Memberships(settings, emitter, this);
    this.#outbox = new Outbox({
      ...settings,
      random: () => settings.environment.random(),
      onDue: (due) => this.#arm(due),
      onIdle: () => this.#onIdle?.(),
    });
  }

  /** The connection to write to; it is made with the session, so it comes second. */
  connectTo(writer: Writer): void {
    this.#writer = writer;
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  /**
   * Sends a message and resolves with its answer. What `build` throws rejects. `onSettled` is
   * called first, and at once.
   */
  submit(
    build: () => OperationMessage,
    options: SubmitOptions = {},
    onSettled?: (succeeded: boolean, error?: SendMessageError) => void,
  ): Promise<WebPubSubResult> {
    return new Promise((resolve, reject) => {
      this.#enqueue(build, options, false, {
        resolve: (result) => {
          onSettled?.(true);
          resolve(result);
        },
        reject: (error) => {
          onSettled?.(false, error);
          reject(error);
        },
      });
    });
  }

  submitOwn(build: () => OperationMessage, onSettled: (error?: SendMessageError) => void): void {
    this.#enqueue(build, {}, true, { resolve: () => onSettled(), reject: onSettled });
  }

  /**
   * Takes nothing new and waits until everything is settled, at most so long. Resolves to false if
   * the client has stopped by itself meanwhile.
   */
  async drain(timeoutInMs: number): Promise<boolean> {
    this.#refusal ??= STOPPING;
    if (this.#outbox.size > 0) {
      const { environment } = this.#settings;
      const { promise, resolve } = deferred<void>();
      const timer = environment.setTimer(resolve, timeoutInMs);
      const others = this.#onIdle;
      this.#onIdle = () => {
        others?.();
        resolve();
      };
      await promise;
      environment.clearTimer(timer);
    }
    return this.#refusal === STOPPING;
  }

  accepts(): void {
    this.#refusal = undefined;
  }

  begins(): void {
    this.#tracker.reset();
    this.memberships.begins();
    this.flush();
  }

  resumes(): void {
    this.#outbox.resume();
    // The last ack may have died with the socket; with it the service can skip its replay.
    if (this.#tracker.last !== undefined) this.#writeSequenceAck();
    this.flush();
  }

  interrupted(): void {
    this.#sequenceAckDue = Infinity;
  }

  ends(error: ConnectionError): void {
    this.memberships.ends();
    this.#outbox.sessionEnded(error);
    this.memberships.onChanged?.();
  }

  refuse(error: ConnectionError): void {
    this.#refusal = "The client is stopped; call start() first.";
    this.memberships.ends();
    this.#outbox.clear(error);
    this.#settings.environment.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerDue = Infinity;
    this.#onIdle?.();
    this.#onIdle = undefined;
    this.memberships.onChanged?.();
  }

  whenJoined(callback: () => void): void {
    this.memberships.whenJoined(callback);
  }

  receive(message: WebPubSubMessage, size: number): void {
    switch (message.kind) {
      case "ack":
        this.#outbox.answered(message, this.#settings.environment.now());
        return;
      case "groupData":
        if (this.#isNew(message, size)) this.#emitter.emit("group-message", { message });
        return;
      case "serverData":
        if (this.#isNew(message, size)) this.#emitter.emit("server-message", { message });
        return;
      default:
        logger.verbose(`Ignored a message of kind ${message.kind}`);
    }
  }

  #isNew({ sequenceId }: GroupDataMessage | ServerDataMessage, size: number): boolean {
    if (sequenceId === undefined || !this.#settings.protocol.isReliableSubProtocol) return true;
    const isNew = this.#tracker.accept(sequenceId, size);
    if (this.#tracker.isUrgent) {
      this.#writeSequenceAck();
    } else if (this.#sequenceAckDue === Infinity) {
      this.#sequenceAckDue = this.#settings.environment.now() + SEQUENCE_ACK_DELAY;
      this.#arm(this.#sequenceAckDue);
    }
    return isNew;
  }

  #writeSequenceAck(): void {
    this.#sequenceAckDue = Infinity;
    if (this.#writer?.writable !== true) return;
    const sequenceId = this.#tracker.take();
    if (sequenceId === undefined) return;
    try {
      this.#writer.write(this.#settings.protocol.writeMessage({ kind: "sequenceAck", sequenceId }));
    } catch (thrown) {
      // The next one covers it.
      logger.info(`A sequence ack could not be sent: ${toError(thrown).message}`);
    }
  }

  #enqueue(build: () => OperationMessage, options: SubmitOptions, isOwn: boolean, settle: Settlement): void {
    const { abortSignal, fireAndForget } = options;
    let ackId = options.ackId;
    try {
      if (this.#refusal !== undefined)
        throw new SendMessageError(this.#refusal, { ackId, code: "NotStarted" });
      if (abortSignal?.aborted) throw abortedOperation(ackId);
      const message = build();
      if (fireAndForget !== true) message.ackId = ackId = this.#outbox.reserveAckId(ackId);
      const frame = this.#encode(message);
      this.#outbox.add({
        ackId: message.ackId,
        frame,
        isRejoin: isOwn,
        signal: abortSignal,
        resolve: settle.resolve,
        reject: settle.reject,
      });
    } catch (thrown) {
      settle.reject(toSendError(thrown, ackId));
      return;
    }
    // The client's own are written together, before anything else.
    if (!isOwn) this.flush();
  }

  #encode(message: OperationMessage): string | ArrayBuffer {
    const frame = this.#settings.protocol.writeMessage(message);
    // A character is at most three bytes; only what may be too long is measured.
    if (typeof frame === "string" ? frame.length * 3 > MAX_FRAME_BYTES : frame.byteLength > MAX_FRAME_BYTES) {
      const bytes = typeof frame === "string" ? new TextEncoder().encode(frame).length : frame.byteLength;
      if (bytes > MAX_FRAME_BYTES) {
        throw new RangeError(
          `The frame has ${bytes} bytes; the service takes at most ${MAX_FRAME_BYTES} (1 MB).`,
        );
      }
    }
    return frame;
  }

  /** Writes what waits, while the socket takes it. */
  flush(): void {
    const writer = this.#writer;
    if (writer?.writable !== true) return;
    const now = this.#settings.environment.now();
    while (writer.writable) {
      const operation = this.#outbox.takeNext(now);
      if (operation === undefined) return;
      try {
        writer.write(operation.frame);
      } catch (thrown) {
        this.#outbox.writeFailed(operation, now, toError(thrown));
        continue;
      }
      this.#outbox.written(operation);
    }
  }

  /** One timer serves everything here; it is set to the earliest thing due. */
  #arm(due: number): void {
    if (due >= this.#timerDue) return;
    const { environment } = this.#settings;
    environment.clearTimer(this.#timer);
    this.#timerDue = due;
    this.#timer = environment.setTimer(() => this.#tick(), Math.max(0, due - environment.now()));
  }

  #tick(): void {
    const now = this.#settings.environment.now();
    this.#timerDue = Infinity;
    if (this.#sequenceAckDue <= now) this.#writeSequenceAck();
    this.#outbox.tick(now, this.#writer?.writable === true);
    this.flush();
    const outboxDue = this.#outbox.nextDue(this.#writer?.writable === true);
    this.#arm(Math.min(this.#sequenceAckDue, outboxDue));
  }
}

function toSendError(thrown: unknown, ackId: number | undefined): SendMessageError {
  if (thrown instanceof SendMessageError) return thrown;
  const cause = toError(thrown);
  return new SendMessageError(cause.message, { ackId, code: "InvalidMessage", cause });
}
