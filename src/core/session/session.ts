import type { Sent } from "../connection/clientObserver.js";
import type { LinkPort, SessionPort } from "../connection/sessionPort.js";
import { totalDelay } from "../connection/retryPolicy.js";
import { abortedOperation, SendMessageError, toError, type ConnectionError } from "../errors.js";
import { readJsonSequenceId } from "../codec/jsonReader.js";
import { tryOrLog } from "../log.js";
import type { CoreClientEvents } from "../models/events.js";
import type { WebPubSubMessage } from "../models/messages.js";
import type { OnRestored, WebPubSubResult } from "../models/options.js";
import type { Settings } from "../options.js";
import { checkSignal } from "../util/checkSignal.js";
import type { Emitter } from "../util/emitter.js";
import { report } from "../util/report.js";
import { safely } from "../util/safely.js";
import { Timer } from "../util/timer.js";
import { encodeFrame, type Frame } from "./frame.js";
import { Memberships } from "./memberships.js";
import type { OperationMessage } from "../models/messages.js";
import type { NewOperation, Operation } from "./operation.js";
import type { Course, InternalCourse, Operations, SubmitOptions } from "./operations.js";
import { Outbox } from "./outbox.js";
import type { SavedContent, SavedOperation } from "../models/savedSession.js";
import { base64ToBytes } from "../savedSession.js";
import type { Suspect } from "./suspect.js";
import { SequenceTracker } from "./sequenceTracker.js";
import type { FeatureHooks } from "./featureHooks.js";
import { Features } from "./features.js";

/** How long a received message may go unacknowledged, in ms. */
const SEQUENCE_ACK_DELAY = 1_000;
const STOPPING = "The client is stopping.";

/**
 * What lives longer than a socket: pending operations, sequence ids and groups. Writes frames while the
 * link accepts them.
 */
export class Session implements SessionPort, Operations {
  /** The groups that are wanted, requested or joined. */
  readonly memberships: Memberships;
  readonly #settings: Settings;
  readonly #emitter: Emitter<CoreClientEvents>;
  /** Made for the first operation; a client that only listens needs none. */
  #outbox: Outbox | undefined;
  readonly #tracker = new SequenceTracker();
  readonly #features = new Features();
  /** Makes the features that may have saved something. */
  makeFeatures: (() => void) | undefined;
  #link: LinkPort | undefined;
  /** The suspect whose frame was written last, when all others were read. */
  #alone: Suspect | undefined;
  /** The operation that is submitted again after it was saved. */
  #restored: SavedOperation | undefined;
  /** Why operations aren't accepted; undefined while they are. */
  #refusal: string | undefined;
  #isStarted = false;
  /** How long a call waits for `start`, in ms. */
  #patience: number | undefined;
  /** Those of the calls on a client that isn't started. */
  readonly #beforeStart = new Set<Timer>();
  readonly #timer: Timer;
  #timerDue = Infinity;
  readonly #sequenceAckTimer: Timer;
  #onIdle: (() => void) | undefined;

  constructor(settings: Settings, emitter: Emitter<CoreClientEvents>) {
    this.#settings = settings;
    this.#emitter = emitter;
    this.#timer = new Timer(settings.environment);
    this.#sequenceAckTimer = new Timer(settings.environment);
    this.memberships = new Memberships(settings, emitter, this, this.#features);
    this.#features.add(this.memberships.table, false);
  }

  #makeOutbox(): Outbox {
    const { environment } = this.#settings;
    return (this.#outbox ??= new Outbox({
      ...this.#settings,
      random: () => environment.random(),
      onDue: (due) => this.#arm(due),
      onIdle: () => this.settled(),
      onAborted: () => this.onRoom(),
    }));
  }

  /** Sets the link to write to. Its connection needs the session to be made, so it is set afterwards. */
  connectTo(link: LinkPort): void {
    this.#link = link;
  }

  /** Adds a feature, in any state. */
  add(hooks: FeatureHooks): void {
    this.#features.add(hooks, this.memberships.live);
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  get writable(): boolean {
    return this.#link?.writable === true;
  }

  write(frame: Frame, suspect?: Suspect, sent?: Sent): void {
    const link = this.#link;
    this.#alone = link?.isAllRead === true ? suspect : undefined;
    link?.write(frame, sent, suspect !== undefined);
  }

  hasRoom(suspect?: Suspect): boolean {
    return this.#link?.hasRoom(suspect !== undefined) === true;
  }

  settled(): void {
    if (this.#onIdle && this.pending === 0) this.#onIdle();
  }

  submit(
    build: () => OperationMessage,
    options: SubmitOptions = {},
    course: Course = {},
  ): Promise<WebPubSubResult> {
    return new Promise((resolve, reject) => {
      this.#enqueue(build, options ?? {}, course ?? {}, false, (error, unknown, result) => {
        if (course?.onSettled) this.#features.call(course.onSettled, error, unknown);
        if (error) reject(error);
        else resolve(result as WebPubSubResult);
      });
    });
  }

  submitInternal(build: () => OperationMessage, course: InternalCourse): void {
    this.#enqueue(build, {}, course, true, (error, unknown) =>
      this.#features.call(course.onSettled, error, unknown),
    );
  }

  drain(onIdle: () => void): void {
    this.#refusal ??= STOPPING;
    this.#onIdle = onIdle;
    this.settled();
  }

  accept(): void {
    this.#isStarted = true;
    for (const timer of this.#beforeStart) timer.clear();
    this.#beforeStart.clear();
  }

  /** If the client is stopped, calls back unless it is started within the total time of `messageRetryOptions`. */
  unlessStarted(refuse: (why: string) => void): void {
    if (this.#isStarted) return;
    const { environment, messageRetry } = this.#settings;
    const timer = new Timer(environment);
    timer.after((this.#patience ??= totalDelay(messageRetry)), () => {
      this.#beforeStart.delete(timer);
      refuse("The client is not started; call start().");
    });
    this.#beforeStart.add(timer);
  }

  onOpened(): void {
    this.#alone = undefined;
    this.#tracker.reset();
    this.memberships.open(this.#settings.autoRejoinGroups);
    this.flush();
    this.#features.tell("onOpened");
  }

  onRecovered(): void {
    this.#alone = undefined;
    this.#outbox?.resume();
    // The last ack may have been lost with the socket; with it the service can skip what has arrived.
    if (this.#tracker.last !== undefined) this.#writeSequenceAck();
    this.flush();
    this.#features.tell("onRecovered");
  }

  onRoom(): void {
    // It has been read, so it isn't what a later 1007 is about.
    if (this.#link?.isAllRead === true) this.#alone = undefined;
    do {
      this.flush();
      this.#features.tell("onRoom");
    } while (this.#link?.relax() === true);
  }

  /** A suspect that was alone on its way is the culprit. Otherwise all that is unread are suspects. */
  onDeclined(error: ConnectionError): void {
    const link = this.#link as LinkPort;
    const culprit = link.isAllRead ? undefined : this.#alone;
    if (culprit) return culprit.onDeclined(error);
    this.#outbox?.declined((position) => link.isRead(position));
    this.#features.tell("onDeclined");
  }

  onSuspended(): void {
    this.#sequenceAckTimer.clear();
    this.#features.tell("onSuspended");
  }

  onLost(error: ConnectionError): void {
    this.memberships.onLost();
    this.#outbox?.sessionEnded(error);
    this.#features.tell("onLost", error);
    this.#features.lost = error;
    this.#features.tell("onGroupChanged");
  }

  onStopped(error: ConnectionError): void {
    this.#refusal = undefined;
    this.#isStarted = false;
    this.memberships.onLost();
    this.#outbox?.clear(error);
    this.#timer.clear();
    this.#timerDue = Infinity;
    this.#sequenceAckTimer.clear();
    this.#features.tell("onStopped", error);
    this.#features.restore({});
    this.#onIdle = undefined;
    this.#features.tell("onGroupChanged");
  }

  save(isExact: boolean): SavedContent {
    // What is first used after a snapshot must be numbered otherwise by who resumes it.
    this.makeFeatures?.();
    return {
      sequenceId: this.#tracker.last,
      nextAckId: 1,
      operations: [],
      ...this.#outbox?.save(isExact),
      features: this.#features.save(isExact),
    };
  }

  /** Goes on with what another session has saved, as if its connection were recovered soon. */
  restore(saved: SavedContent, onRestored: OnRestored | undefined): void {
    const { protocol } = this.#settings;
    this.makeFeatures?.();
    this.#tracker.reset(saved.sequenceId);
    this.memberships.live = true;
    this.#features.restore(saved.features);
    const calls: (() => unknown)[] = [];
    const add = (): void => {
      for (const operation of saved.operations) {
        this.#restored = operation;
        const message = base64ToBytes(operation.message);
        const { ackId } = message;
        const options = ackId === undefined ? { fireAndForget: true } : { ackId };
        const result = this.#features.submitAgain(message, options) ?? this.submit(() => message, options);
        // Without somebody who listens a failure isn't an unhandled one.
        result.catch(() => undefined);
        if (onRestored) calls.push(() => onRestored(message, result));
      }
      this.#restored = undefined;
    };
    this.#makeOutbox().restore(saved, add, (message) => encodeFrame(protocol, message));
    // They see a connection whose link is down.
    this.#features.tell("onOpened");
    this.memberships.open(true);
    // Last, since the application may do anything: send, or stop the client.
    for (const call of calls) safely(call, (thrown) => report("onRestored failed:", thrown))(undefined);
  }

  whenJoined(callback: () => void): void {
    this.memberships.whenJoined(callback);
  }

  receive(message: WebPubSubMessage, size: number): void {
    const { kind } = message;
    if (kind === "ack") {
      const outbox = this.#outbox;
      if (!outbox) return;
      this.#link?.answered(outbox.answered(message, this.#settings.environment.now()));
      if (outbox.takeReleased()) this.onRoom();
      return;
    }
    if ("sequenceId" in message && !this.#isNew(message.sequenceId, size)) return;
    if (kind === "groupData") this.#emitter.emit("group-message", { message });
    else if (kind === "serverData") this.#emitter.emit("server-message", { message });
    this.#features.receive(message, size);
  }

  skipped(frame: Frame, size: number): void {
    let sequenceId: number | undefined;
    try {
      sequenceId = (this.#settings.protocol.readSequenceId ?? readJsonSequenceId)(frame);
    } catch {
      // What can't be read is logged already, and has no id.
    }
    this.#isNew(sequenceId, size);
  }

  /** How many things are under way that a draining stop waits for. */
  get pending(): number {
    return (this.#outbox?.size ?? 0) + this.#features.pending;
  }

  #isNew(sequenceId: number | undefined, size: number): boolean {
    if (sequenceId === undefined || !this.#settings.protocol.isReliableSubProtocol) return true;
    const isNew = this.#tracker.accept(sequenceId, size);
    if (this.#tracker.isUrgent) {
      this.#writeSequenceAck();
    } else {
      this.#owesSequenceAck();
    }
    return isNew;
  }

  /** It has its own timer, which a clock jump can't delay. */
  #owesSequenceAck(): void {
    const timer = this.#sequenceAckTimer;
    if (!timer.isSet) timer.after(SEQUENCE_ACK_DELAY, () => this.#writeSequenceAck());
  }

  #writeSequenceAck(): void {
    this.#sequenceAckTimer.clear();
    const sequenceId = this.#tracker.last;
    if (sequenceId === undefined || !this.writable) return;
    const write = (): void =>
      this.#link?.write(this.#settings.protocol.writeMessage({ kind: "sequenceAck", sequenceId }));
    if (tryOrLog(this.#settings.logger, "send a sequence ack", write)) this.#tracker.take();
    else this.#owesSequenceAck();
  }

  #enqueue(
    build: () => OperationMessage,
    options: SubmitOptions,
    { call, lane, replaceable, maxRetries }: Course,
    internal: boolean,
    settle: NewOperation["settle"],
  ): void {
    const { fireAndForget } = options;
    let ackId = options.ackId ?? undefined;
    try {
      if (typeof options !== "object") throw new TypeError("options must be an object.");
      const signal = checkSignal(options.abortSignal);
      if (this.#refusal !== undefined)
        throw new SendMessageError(this.#refusal, { ackId, code: "NotStarted" });
      if (signal?.aborted) throw abortedOperation(ackId);
      const message = build();
      if (!internal) this.#settings.advice?.checkNames(options, call ?? message.kind, this);
      const outbox = this.#makeOutbox();
      if (fireAndForget !== true) message.ackId = ackId = outbox.reserveAckId(ackId);
      const told = this.#link?.observer?.submitted(message, internal);
      if (told) {
        const given = settle;
        settle = (error, ...more) => {
          told(error);
          given(error, ...more);
        };
      }
      const taken: { operation?: Operation } = {};
      // Before the operation is taken, since the application's own clock may throw.
      this.unlessStarted((why) => taken.operation && outbox.refuse(taken.operation, why));
      taken.operation = outbox.add({
        message,
        isNumbered: options.ackId === undefined && fireAndForget !== true,
        restored: this.#restored,
        frame: encodeFrame(this.#settings.protocol, message),
        lane: lane && `${lane} ${"group" in message ? message.group : ""}`,
        replaceable,
        internal,
        maxRetries,
        signal,
        settle,
      });
    } catch (thrown) {
      settle(toSendError(thrown, ackId), false);
      return;
    }
    // Internal operations are written together, with the next `flush`.
    if (!internal) this.flush();
  }

  /** Writes the waiting operations, while the socket accepts them. */
  flush(): void {
    const link = this.#link;
    const outbox = this.#outbox;
    if (!outbox || link?.writable !== true) return;
    const now = this.#settings.environment.now();
    for (;;) {
      const suspect = outbox.nextSuspect;
      if (!this.hasRoom(suspect)) return;
      const operation = outbox.takeNext(now);
      if (!operation) return;
      try {
        this.write(operation.frame, suspect, operation);
      } catch (thrown) {
        outbox.writeFailed(operation, now, toError(thrown));
        continue;
      }
      outbox.written(operation);
    }
  }

  /** One timer serves all deadlines of operations; it is set to the earliest. */
  #arm(due: number): void {
    // An overdue timer was held up by sleep and may be late by as much again, so it is set again.
    if (due >= this.#timerDue && this.#timerDue >= this.#settings.environment.now()) return;
    this.#timerDue = Math.min(due, this.#timerDue);
    this.#timer.at(this.#timerDue, () => this.#tick());
  }

  #tick(): void {
    const now = this.#settings.environment.now();
    this.#timerDue = Infinity;
    this.#outbox?.tick(now, this.writable);
    this.flush();
    this.#arm(this.#outbox?.nextDue(this.writable) ?? Infinity);
  }
}

function toSendError(thrown: unknown, ackId: number | undefined): SendMessageError {
  if (thrown instanceof SendMessageError) return thrown;
  const cause = toError(thrown);
  return new SendMessageError(cause.message, { ackId, code: "InvalidMessage", cause });
}
