import type { AbortSignalLike } from "@azure/abort-controller";
import { toError, type ConnectionError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import { tryOrLog } from "../../core/log.js";
import type {
  SendToGroupMessage,
  StreamAckMessage,
  StreamClosedMessage,
  StreamDataMessage,
  StreamEndError,
  StreamEndMessage,
  StreamNackMessage,
  WebPubSubDataType,
} from "../../core/models/messages.js";
import type { StreamContent } from "./models.js";
import { encodeFrame, type Frame } from "../../core/session/frame.js";
import { inferDataType, toData } from "../../core/session/operationMessage.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { Timer } from "../../core/util/timer.js";
import { Delivery } from "./delivery.js";
import { aborted, fromWire, GroupStreamError } from "./groupStreamError.js";

/** The service's idle timeout for streams that don't set one, in ms. */
const SERVICE_IDLE_TIMEOUT = 300_000;

/** Options of a stream, with all defaults filled in. */
export interface OutboundStreamOptions {
  readonly startTimeoutInMs: number;
  readonly closeTimeoutInMs: number;
  readonly maxUnackedFragments: number;
  readonly maxUnackedBytes: number;
}

/** One stream to a group, from its start until the service has closed it. */
export class OutboundStream {
  readonly id: string;
  /** Called once at the end, with the error if the stream was open and failed. */
  onClosed: ((error?: GroupStreamError) => void) | undefined;
  /** Called once when the id may be used again, after `onClosed`. */
  onGone: (() => void) | undefined;
  readonly #port: FeaturePort;
  readonly #startFrame: Frame;
  readonly #opening = deferred<void>();
  readonly #closeTimeoutInMs: number;
  readonly #createDelivery: () => Delivery;
  #delivery: Delivery | undefined;
  #phase: "starting" | "open" | "ending" | "closed" = "starting";
  /** The start was written on the current connection id. */
  #started = false;
  readonly #timer: Timer;
  /** The frame that ends a stream which this side has given up; the service's answer is awaited. */
  #farewell: Frame | undefined;
  #closing: Deferred<void> | undefined;
  #failure: GroupStreamError | undefined;

  /** @throws what the codec throws */
  constructor(start: SendToGroupMessage, options: OutboundStreamOptions, port: FeaturePort) {
    const { settings } = port;
    const { streamId, idleTimeoutInMs = SERVICE_IDLE_TIMEOUT } = start.stream ?? { streamId: "" };
    const { startTimeoutInMs, closeTimeoutInMs } = options;
    this.id = streamId;
    this.#closeTimeoutInMs = closeTimeoutInMs;
    this.#port = port;
    this.#startFrame = encodeFrame(settings.protocol, start);
    // A codec that can't encode fragments throws here, before anything is sent.
    const keepAliveFrame = encodeFrame(settings.protocol, { kind: "streamData", streamId });
    this.#timer = new Timer(settings.environment);
    this.#timer.after(startTimeoutInMs, () => {
      const message = `No answer within ${startTimeoutInMs} ms (startTimeoutInMs).`;
      this.giveUp(this.#error("Timeout", message));
    });
    this.#createDelivery = () =>
      new Delivery(
        {
          ...options,
          aliveInMs: idleTimeoutInMs / 3,
          keepAliveFrame,
          renumber: ({ message }, streamSequenceId) => this.#encode({ ...message, streamSequenceId }),
          onCloseTimeout: () => {
            const message = `No answer within ${closeTimeoutInMs} ms (closeTimeoutInMs).`;
            this.#close(this.#error("Timeout", message));
          },
        },
        port,
      );
  }

  /** Settles with the service's answer to the start. */
  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  get isEnding(): boolean {
    return this.#phase === "ending";
  }

  /** Resolves when the fragment has a place in the window. */
  write(
    content: StreamContent,
    dataType: WebPubSubDataType = inferDataType(content),
    signal?: AbortSignalLike,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const delivery = this.#checkOpen(signal);
      const message: StreamDataMessage = {
        kind: "streamData",
        streamId: this.id,
        streamSequenceId: delivery.following,
        dataType,
        data: this.#checked(() => toData(content, dataType)),
      };
      // A fragment without content is a keep-alive.
      if (content === undefined) throw this.#error("InvalidMessage", "A fragment can't be undefined.");
      const frame = this.#encode(message);
      if (delivery.fits(frame)) {
        delivery.push(frame);
        resolve();
      } else if (delivery.isCrowded) {
        throw this.#error("TooManyPending", "Too many fragments are waiting already; await write().");
      } else {
        delivery.wait({ message, frame, resolve, reject, signal });
      }
    });
  }

  /** Resolves when the service has closed the stream. */
  finish(error: StreamEndError | undefined, signal?: AbortSignalLike): Promise<void> {
    return new Promise((resolve, reject) => {
      const delivery = this.#checkOpen(signal);
      const frame = this.#encode({ kind: "streamEnd", streamId: this.id, error });
      const unlisten = whenAborted(signal, () => reject(aborted(this.id)));
      this.#phase = "ending";
      this.#closing = deferred();
      void this.#closing.promise.then(resolve, reject).then(unlisten);
      delivery.end(frame);
    });
  }

  /** The opening has timed out, or its caller has aborted it. */
  giveUp(error: GroupStreamError): void {
    if (this.#phase !== "starting") return;
    this.#disown(error);
  }

  onOpened(): void {
    if (this.#phase !== "starting" || !this.#port.writable) return;
    try {
      this.#started = true;
      this.#port.write(this.#startFrame);
    } catch (thrown) {
      const cause = toError(thrown);
      this.#close(this.#error("SendFailed", cause.message, cause));
    }
  }

  onRecovered(): void {
    // Repeating a start before any fragment does no harm, and its answer may be lost.
    this.onOpened();
    this.#sendFarewell();
    this.#delivery?.onRecovered();
  }

  onRoom(): void {
    this.#delivery?.onRoom();
  }

  onLost(cause: ConnectionError): void {
    const isKnown = this.#started;
    this.#started = false;
    // If the start was written, the end of the old connection also ends the stream for its receivers.
    if (this.#phase === "starting" && !isKnown) return;
    const message = "Stream session aborted because the connection cannot be recovered.";
    this.#close(this.#error("ConnectionLost", message, cause));
    this.#vanish();
  }

  onStopped(cause: ConnectionError): void {
    this.#close(this.#error("NotStarted", "Stream session aborted because client is stopping.", cause));
    this.#vanish();
  }

  acknowledged({ expectedSequenceId: expected }: StreamAckMessage): void {
    if (!this.#isHeard) return;
    if (this.#phase === "starting" && expected === 1) {
      this.#phase = "open";
      this.#timer.clear();
      this.#delivery = this.#createDelivery();
      this.#opening.resolve();
    } else if (this.#delivery?.acknowledge(expected) !== true) {
      this.#violated(expected, "ack");
    }
  }

  refused({ name, message, expectedSequenceId: expected }: StreamNackMessage): void {
    if (!this.#isHeard) return;
    this.#port.settings.logger.info(`Stream ${this.id}: fragment ${expected} is missing (${name})`);
    if (this.#delivery === undefined) this.#close(fromWire(this.id, { name, message }));
    else if (!this.#delivery.refused(expected)) this.#violated(expected, "nack");
  }

  closed({ error }: StreamClosedMessage): void {
    if (!this.#started) return;
    // The answer to a repeated end, from a service that has already closed the stream.
    const isOver = error?.name === "StreamNotFound" && this.#delivery?.isOver === true;
    this.#close(error && !isOver ? fromWire(this.id, error) : undefined);
    this.#vanish();
  }

  get #isHeard(): boolean {
    return this.#started && this.#phase !== "closed";
  }

  #checkOpen(signal: AbortSignalLike | undefined): Delivery {
    if (this.#phase !== "open" || this.#delivery === undefined) throw this.#completed();
    if (signal?.aborted) throw aborted(this.id);
    return this.#delivery;
  }

  #completed(): GroupStreamError {
    return this.#error("Completed", `Stream '${this.id}' is completed.`, this.#failure);
  }

  #error(code: string, message: string, cause?: Error): GroupStreamError {
    return new GroupStreamError(code, this.id, message, { cause });
  }

  #encode(message: StreamDataMessage | StreamEndMessage): Frame {
    return this.#checked(() => encodeFrame(this.#port.settings.protocol, message));
  }

  #checked<T>(make: () => T): T {
    try {
      return make();
    } catch (thrown) {
      const cause = toError(thrown);
      throw this.#error("InvalidMessage", cause.message, cause);
    }
  }

  #violated(expected: number, what: string): void {
    const { oldest, next } = this.#delivery ?? { oldest: 1, next: 1 };
    const message = `Invalid sequence id ${expected} for ${what}. Expected range [${oldest}, ${next}].`;
    this.#disown(this.#error("ProtocolViolation", message), "ProtocolViolation");
  }

  /** Gives the stream up and makes the service end it. Until that is done, the id stays in use. */
  #disown(error: GroupStreamError, userErrorCode?: string): void {
    if (this.#started) {
      const { message } = error;
      // Called by timers and signals, so it must not throw.
      tryOrLog(this.#port.settings.logger, "end a stream", () => {
        this.#farewell = this.#encode({
          kind: "streamEnd",
          streamId: this.id,
          error: { message, userErrorCode },
        });
      });
    }
    this.#close(error);
    this.#sendFarewell();
  }

  #sendFarewell(): void {
    if (this.#farewell === undefined || !this.#port.writable) return;
    try {
      this.#port.write(this.#farewell);
    } catch (thrown) {
      // The stream ends by its idle timeout then.
      this.#port.settings.logger.info(`Stream ${this.id} could not be ended: ${toError(thrown).message}`);
    }
  }

  #close(error?: GroupStreamError): void {
    if (this.#phase === "closed") return;
    const wasOpen = this.#delivery !== undefined;
    this.#phase = "closed";
    this.#failure = error;
    this.#timer.clear();
    this.#delivery?.close(error ?? this.#completed());
    if (!wasOpen) this.#opening.reject(error ?? this.#completed());
    if (error === undefined) this.#closing?.resolve();
    else this.#closing?.reject(error);
    this.onClosed?.(wasOpen ? error : undefined);
    if (this.#farewell === undefined) this.#vanish();
    else this.#timer.after(this.#closeTimeoutInMs, () => this.#vanish());
  }

  #vanish(): void {
    this.#farewell = undefined;
    this.#timer.clear();
    this.onGone?.();
    this.onGone = undefined;
  }
}
