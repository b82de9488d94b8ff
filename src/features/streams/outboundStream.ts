import type { AbortSignalLike } from "@azure/abort-controller";
import { toError, type ConnectionError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import { tryOrLog } from "../../core/log.js";
import type {
  SendToGroupMessage,
  StartStreamOptions,
  StreamAckMessage,
  StreamClosedMessage,
  StreamDataMessage,
  StreamEndError,
  StreamEndMessage,
  StreamNackMessage,
  WebPubSubDataType,
} from "../../core/models/messages.js";
import type { GroupStreamWriteOptions, StreamContent } from "./models.js";
import { encodeFrame, type Frame } from "../../core/session/frame.js";
import type { Suspect } from "../../core/session/suspect.js";
import { inferDataType, toData } from "../../core/session/operationMessage.js";
import { checkSignal } from "../../core/util/checkSignal.js";
import { checkNames } from "../../core/advice.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { Timer } from "../../core/util/timer.js";
import { Delivery } from "./delivery.js";
import { aborted, checked, fromWire, GroupStreamError } from "./groupStreamError.js";

/** Starts a stream. */
export type StartMessage = SendToGroupMessage & { readonly stream: StartStreamOptions };

/** Options of a stream, with all defaults filled in. */
export interface OutboundStreamOptions {
  readonly idleTimeoutInMs: number;
  readonly startTimeoutInMs: number;
  readonly closeTimeoutInMs: number;
  readonly maxUnackedFragments: number;
  readonly maxUnackedBytes: number;
}

/** One stream to a group, from its start until the service has closed it. */
export class OutboundStream {
  readonly id: string;
  /** Called when the stream was open and fails. */
  onFailed: ((error: GroupStreamError) => void) | undefined;
  /** Why it has failed. */
  failure: GroupStreamError | undefined;
  readonly #options: OutboundStreamOptions;
  readonly #port: FeaturePort;
  readonly #startFrame: Frame;
  readonly #delivery: Delivery;
  readonly #onGone: () => void;
  readonly #opening = deferred<void>();
  #closing: Deferred<void> | undefined;
  /** `waiting`: for a connection. `starting`: the start was written on this one, and is unanswered. */
  #phase: "waiting" | "starting" | "open" | "ending" | "closed" = "waiting";
  /** The start is to be written. */
  #isDue = false;
  /** Once the service expects this fragment, the stream is no suspect any more. */
  #suspectUntil = 0;

  /**
   * @param onGone called when the id may be used again
   * @throws what the codec throws
   */
  constructor(start: StartMessage, options: OutboundStreamOptions, port: FeaturePort, onGone: () => void) {
    const { protocol } = port.settings;
    const { streamId } = start.stream;
    this.#options = options;
    this.id = streamId;
    this.#port = port;
    this.#onGone = onGone;
    this.#startFrame = encodeFrame(protocol, start);
    // A codec that can't encode fragments throws here, before anything is sent.
    const keepAlive = encodeFrame(protocol, { kind: "streamData", streamId });
    this.#delivery = new Delivery(options, port, keepAlive, () =>
      this.#close(this.#noAnswer("closeTimeoutInMs")),
    );
  }

  /** Resolves when the service has confirmed the stream. */
  async open(signal: AbortSignalLike | undefined): Promise<void> {
    const giveUp = (error: GroupStreamError): void => {
      if (this.#isNew) this.#disown(error);
    };
    const unlisten = whenAborted(signal, () => giveUp(aborted(this.id)));
    const timer = new Timer(this.#port.settings.environment);
    timer.after(this.#options.startTimeoutInMs, () => giveUp(this.#noAnswer("startTimeoutInMs")));
    this.#port.unlessStarted((why) => giveUp(this.#error("NotStarted", why)));
    this.onOpened();
    try {
      await this.#opening.promise;
    } finally {
      unlisten();
      timer.clear();
    }
  }

  /** The service hasn't answered the start. */
  get #isNew(): boolean {
    return this.#phase === "waiting" || this.#phase === "starting";
  }

  /** The service may know it. */
  get isKnown(): boolean {
    return this.#phase !== "waiting";
  }

  get isEnding(): boolean {
    return this.#phase === "ending";
  }

  /** Resolves when the fragment has a place in the window. */
  write(
    content: StreamContent,
    dataType: WebPubSubDataType = inferDataType(content),
    options?: GroupStreamWriteOptions,
  ): Promise<void> {
    return this.#call(options, (call) => {
      // A fragment without content is a keep-alive.
      if (content === undefined) throw this.#error("InvalidMessage", "A fragment can't be undefined.");
      if (this.#delivery.fragments.isCrowded)
        throw this.#error("TooManyPending", "Too many fragments are waiting already; await write().");
      const data = checked(this.id, () => toData(content, dataType));
      this.#delivery.write(call, (streamSequenceId) =>
        this.#encode({ kind: "streamData", streamId: this.id, streamSequenceId, dataType, data }),
      );
    });
  }

  /** Resolves when the service has closed the stream. */
  finish(error: StreamEndError | undefined, options?: GroupStreamWriteOptions): Promise<void> {
    return this.#call(options, (call) => {
      const frame = this.#encode({ kind: "streamEnd", streamId: this.id, error });
      this.#phase = "ending";
      this.#closing = call;
      this.#delivery.end(frame);
    });
  }

  /** If a frame of the stream may be declined again. */
  get suspect(): Suspect | undefined {
    return this.#delivery.suspect;
  }

  /** It was open in an earlier session, and can't go on in this one. */
  abandon(): void {
    this.#opening.promise.catch(() => undefined);
    this.#phase = "open";
    this.#disown(this.#error("Cancelled", "The publisher's client was suspended."));
  }

  onOpened(): void {
    this.#isDue = this.#isNew;
    this.#start();
  }

  #start(): void {
    const { suspect } = this;
    if (!this.#isDue || !this.#port.writable || (suspect && !this.#port.hasRoom(suspect))) return;
    try {
      this.#isDue = false;
      this.#phase = "starting";
      this.#port.write(this.#startFrame, suspect);
    } catch (thrown) {
      const cause = toError(thrown);
      this.#close(this.#error("SendFailed", cause.message, cause));
    }
  }

  onRecovered(): void {
    // Repeating a start before any fragment does no harm, and its answer may be lost.
    this.onOpened();
    this.#delivery.onRecovered();
  }

  onRoom(): void {
    this.#start();
    this.#delivery.flush();
  }

  onDeclined(): void {
    if (this.#phase !== "starting" && !this.#delivery.isUnanswered) return;
    this.#suspectUntil = this.isEnding ? Infinity : this.#delivery.fragments.next;
    this.#delivery.suspect = { onDeclined: (cause) => this.#declined(cause) };
  }

  /** Ends the stream. Where the service knows it, its receivers are told, unless that is what was declined. */
  #declined(cause: ConnectionError): void {
    const message = "The service has declined a frame of the stream twice (close code 1007).";
    const error = this.#error("Refused", message, cause);
    if (this.#phase === "starting" || this.#phase === "closed") this.#close(error);
    else this.#disown(error);
  }

  onLost(cause: ConnectionError): void {
    // If the start was written, the end of the old connection also ends the stream for its receivers.
    if (this.#phase === "waiting") return;
    const message = "Stream session aborted because the connection cannot be recovered.";
    this.#close(this.#error("ConnectionLost", message, cause));
  }

  onStopped(cause: ConnectionError): void {
    this.#close(this.#error("NotStarted", "Stream session aborted because client is stopping.", cause));
  }

  /** The service says which fragment it expects; with a nack it has refused another one, or the start. */
  answered(message: StreamAckMessage | StreamNackMessage): void {
    const { expectedSequenceId: expected } = message;
    const isRefusal = message.kind === "streamNack";
    if (this.#phase === "waiting" || this.#phase === "closed") return;
    if (isRefusal)
      this.#port.settings.logger.info(`Stream ${this.id}: fragment ${expected} is missing (${message.name})`);
    if (expected >= this.#suspectUntil) this.#delivery.suspect = undefined;
    if (this.#phase !== "starting") {
      if (this.#delivery.answered(expected, isRefusal)) return;
    } else if (isRefusal) {
      return this.#close(fromWire(this.id, message));
    } else if (expected === 1) {
      this.#phase = "open";
      this.#delivery.open();
      return this.#opening.resolve();
    }
    const { oldest, next } = this.#delivery.fragments;
    const range = `Expected range [${oldest}, ${next}].`;
    const words = `Invalid sequence id ${expected} for ${isRefusal ? "nack" : "ack"}. ${range}`;
    this.#disown(this.#error("ProtocolViolation", words), "ProtocolViolation");
  }

  closed({ error }: StreamClosedMessage): void {
    if (this.#phase === "waiting") return;
    // The answer to a repeated end, from a service that has already closed the stream.
    const isOver = error?.name === "StreamNotFound" && this.#delivery.isOver;
    if (error && !isOver) return this.#close(fromWire(this.id, error));
    this.#closing?.resolve();
    this.#close();
  }

  /** A call on the open stream; its caller's signal ends the wait. */
  async #call(
    options: GroupStreamWriteOptions | undefined,
    begin: (call: Deferred<void>) => void,
  ): Promise<void> {
    checkNames(this.#port.settings, options, "a stream's writer", this);
    const signal = checkSignal(options?.abortSignal);
    if (this.#phase !== "open") throw this.#completed();
    if (signal?.aborted) throw aborted(this.id);
    const call = deferred<void>();
    const unlisten = whenAborted(signal, () => {
      this.#delivery.fragments.takeBack(call);
      call.reject(aborted(this.id));
    });
    try {
      begin(call);
      await call.promise;
    } finally {
      unlisten();
    }
  }

  #completed(): GroupStreamError {
    return this.#error("Completed", `Stream '${this.id}' is completed.`, this.failure);
  }

  #error(code: string, message: string, cause?: Error): GroupStreamError {
    return new GroupStreamError(code, this.id, message, { cause });
  }

  #noAnswer(option: "startTimeoutInMs" | "closeTimeoutInMs"): GroupStreamError {
    return this.#error("Timeout", `No answer within ${this.#options[option]} ms (${option}).`);
  }

  #encode(message: StreamDataMessage | StreamEndMessage): Frame {
    return checked(this.id, () => encodeFrame(this.#port.settings.protocol, message));
  }

  /** Gives the stream up and makes the service end it. Until that is done, the id stays in use. */
  #disown(error: GroupStreamError, userErrorCode?: string): void {
    const { message } = error;
    const { isKnown } = this;
    this.#settle(error);
    // Called by timers and signals, so it must not throw.
    const isTold =
      isKnown &&
      tryOrLog(this.#port.settings.logger, "end a stream", () =>
        this.#delivery.end(
          this.#encode({ kind: "streamEnd", streamId: this.id, error: { message, userErrorCode } }),
        ),
      );
    if (!isTold) this.#onGone();
  }

  #close(error?: GroupStreamError): void {
    this.#settle(error);
    this.#onGone();
  }

  /** Ends the stream for the application. */
  #settle(error?: GroupStreamError): void {
    const failure = error ?? this.#completed();
    this.#delivery.close(failure);
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.failure = error;
    this.#opening.reject(failure);
    this.#closing?.reject(failure);
    if (error !== undefined) this.onFailed?.(error);
    this.#port.settled();
  }
}
