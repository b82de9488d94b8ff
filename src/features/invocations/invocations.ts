import { AbortError } from "@azure/abort-controller";
import { toError, type ConnectionError } from "../../core/errors.js";
import { tryOrLog } from "../../core/log.js";
import { InvocationError, type InvocationErrorCode } from "./invocationError.js";
import type { InvokeEventOptions, InvokeEventResult } from "./models.js";
import type {
  InvokeMessage,
  InvokeResponseError,
  InvokeResponseMessage,
  WebPubSubDataType,
} from "../../core/models/messages.js";
import type { FeaturePort } from "../../core/feature.js";
import { checkNames } from "../../core/advice.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { checkSignal } from "../../core/util/checkSignal.js";
import { amount } from "../../core/util/checkOptions.js";
import { Timer } from "../../core/util/timer.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { encodeFrame, type Frame } from "../../core/session/frame.js";
import { idsAfter } from "../../core/session/idsAfter.js";
import { checkName, sendEventMessage, type MessageContent } from "../../core/session/operationMessage.js";

/** A call that waits to be sent or answered. */
type Invocation = {
  readonly message: InvokeMessage;
  frame: Frame;
  /** Gives it a new id, unless the application has chosen its id, and puts it behind the others. */
  readonly renumber: () => void;
  readonly answer: (result: InvokeEventResult) => void;
  readonly fail: Fail;
  /** Sets its timer. @param lostAt when its answer counts as lost; default: never */
  readonly setTimer: (lostAt?: number) => void;
};

/** Rejects an invocation. @param why in words, or the error that is its cause */
type Fail = (code: InvocationErrorCode, why: string | Error, details?: Details) => void;
type Details = { readonly errorDetail?: InvokeResponseError; readonly cause?: unknown };

/** The calls to the application's server that wait to be sent or answered. */
export class Invocations implements FeatureHooks {
  readonly name = "invocations";
  readonly receive: FeatureHooks["receive"] = { invokeResponse: (message) => this.#answered(message) };
  readonly #port: FeaturePort;
  /** In the order of the calls, by their ids. */
  readonly #unsent = new Map<string, Invocation>();
  /** Those that were handed to a socket: they may have been executed and are never sent again. */
  readonly #sent = new Map<string, Invocation>();
  /** Ids of invocations that were given up while the link was down. */
  #cancelled: string[] = [];
  #nextId = 1;

  constructor(port: FeaturePort) {
    this.#port = port;
  }

  get pending(): number {
    return this.#unsent.size + this.#sent.size;
  }

  invoke(
    event: string,
    content: MessageContent,
    dataType: WebPubSubDataType | undefined,
    options: InvokeEventOptions = {},
  ): Promise<InvokeEventResult> {
    return new Promise((resolve, reject) => {
      const { invocationId, timeoutInMs, abortSignal: signal } = options;
      const abortSignal = checkSignal(signal);
      const { refusal, settings } = this.#port;
      const { ackTimeoutInMs, environment, maxPendingOperations, protocol } = settings;
      let id = this.#chooseId(invocationId);
      if (refusal !== undefined) throw failure(id, "NotStarted", refusal);
      if (abortSignal?.aborted) throw failure(id, "Aborted", aborted());
      if (this.#unsent.has(id) || this.#sent.has(id))
        throw failure(id, "InvocationIdInUse", "Invocation id is already registered.");
      if (this.#unsent.size >= maxPendingOperations) {
        const message = `${maxPendingOperations} invocations are waiting already (maxPendingOperations).`;
        throw failure(id, "TooManyPending", message);
      }
      let message: InvokeMessage;
      const encode = (): Frame => encodeFrame(protocol, message);
      let told: ((error?: Error) => void) | undefined;
      let frame: Frame;
      let timeout: number;
      try {
        checkNames(settings, options, "invokeEvent", this);
        // The service can't answer with a longer id.
        checkName("invocationId", invocationId ?? id);
        timeout = amount("timeoutInMs", timeoutInMs, 0);
        message = invokeMessage(id, event, content, dataType);
        told = this.#port.observer?.submitted(message, false);
        frame = encode();
      } catch (thrown) {
        const error = failure(id, "InvalidMessage", toError(thrown));
        told?.(error);
        throw error;
      }
      const timer = new Timer(environment);
      const timeoutAt = environment.now() + (timeout || Infinity);
      const settle = (): void => {
        this.#unsent.delete(id);
        this.#sent.delete(id);
        unlisten();
        timer.clear();
        this.#port.settled();
      };
      const fail: Fail = (...why) => {
        settle();
        const error = failure(id, ...why);
        told?.(error);
        reject(error);
      };
      /** Its caller no longer waits for it, so it is cancelled at the service. */
      const giveUp: Fail = (...why) => {
        if (this.#sent.has(id)) this.#cancel(id);
        fail(...why);
      };
      const unlisten = whenAborted(abortSignal, () => giveUp("Aborted", aborted()));
      const setTimer = (lostAt = Infinity): void =>
        timer.at(Math.min(timeoutAt, lostAt), () => {
          if (timeoutAt <= lostAt) giveUp("Timeout", `No answer within ${timeout} ms (timeoutInMs).`);
          else
            giveUp(
              "ConnectionLost",
              `No answer within ${ackTimeoutInMs} ms (ackTimeoutInMs) of the recovery.`,
            );
        });
      const answer = (result: InvokeEventResult): void => {
        settle();
        told?.();
        resolve(result);
      };
      const renumber = (): void => {
        this.#unsent.delete(id);
        id = message.invocationId = this.#chooseId(invocationId);
        invocation.frame = encode();
        this.#unsent.set(id, invocation);
      };
      const invocation: Invocation = { message, frame, answer, fail, renumber, setTimer };
      this.#unsent.set(id, invocation);
      setTimer();
      this.#port.unlessStarted((why) => {
        if (this.#unsent.get(id) === invocation) fail("NotStarted", why);
      });
      this.#flush();
    });
  }

  save(): number {
    return this.#nextId;
  }

  /**
   * Answers to the calls of the earlier session, which have ended with it, must not be taken for those to new ones, nor
   * those to the calls of another client that resumes the same session.
   */
  restore(saved: unknown): void {
    const random = this.#port.settings.environment.random();
    this.#nextId = Math.max(this.#nextId, idsAfter(Number(saved), random) || 0);
    for (const { renumber } of [...this.#unsent.values()]) renumber();
  }

  onOpened(): void {
    // What was given up on the last connection has ended with it.
    this.#cancelled = [];
    this.#flush();
  }

  /** While the link is down only the caller's timeout counts; a recovery sets the other one again. */
  onSuspended(): void {
    for (const { setTimer } of this.#sent.values()) setTimer();
  }

  onRecovered(): void {
    for (const id of this.#cancelled.splice(0)) this.#cancel(id);
    const { ackTimeoutInMs, environment } = this.#port.settings;
    // An answer that was sent before the link broke may be lost, and nothing shows it.
    const lostAt = environment.now() + (ackTimeoutInMs || Infinity);
    for (const { setTimer } of this.#sent.values()) setTimer(lostAt);
    this.#flush();
  }

  onLost(cause: ConnectionError): void {
    const message = "Connection is disconnected before receiving invoke response from the service";
    for (const { fail } of this.#sent.values()) fail("ConnectionLost", message, { cause });
  }

  onStopped(cause: ConnectionError): void {
    for (const { fail } of [...this.#sent.values(), ...this.#unsent.values()]) fail("NotStarted", cause);
  }

  #answered({ invocationId, success, dataType, data, error }: InvokeResponseMessage): void {
    const invocation = this.#sent.get(invocationId);
    if (success === true) invocation?.answer({ invocationId, dataType, data });
    else if (success === false)
      invocation?.fail("Refused", error?.message ?? "Invocation failed.", { errorDetail: error });
    else invocation?.fail("InvalidResponse", "Unsupported invoke response frame.");
  }

  /** Writes the waiting invocations, in the order of the calls. */
  #flush(): void {
    for (const [id, invocation] of this.#unsent) {
      if (!this.#port.writable) return;
      this.#unsent.delete(id);
      this.#sent.set(id, invocation);
      try {
        this.#port.write(invocation.frame, undefined, { position: 0, message: invocation.message });
      } catch (thrown) {
        // Though the socket threw, the frame may have been sent, so it isn't sent again.
        invocation.fail("SendFailed", toError(thrown));
      }
    }
  }

  #chooseId(explicit: string | null | undefined): string {
    if (explicit === undefined || explicit === null) return String(this.#nextId++);
    // The client's ids are numbers: they continue after the largest that the application has used.
    const number = /^\d{1,15}$/.test(explicit) ? Number(explicit) : 0;
    this.#nextId = Math.max(this.#nextId, number + 1);
    return String(explicit);
  }

  #cancel(invocationId: string): void {
    if (!this.#port.writable) {
      this.#cancelled.push(invocationId);
      return;
    }
    // If that fails the service only does needless work.
    tryOrLog(this.#port.settings.logger, "cancel an invocation", () =>
      this.#port.write(this.#port.settings.protocol.writeMessage({ kind: "cancelInvocation", invocationId })),
    );
  }
}

function aborted(): Error {
  return new AbortError("Invocation cancelled by abortSignal.");
}

function failure(
  invocationId: string,
  code: InvocationErrorCode,
  why: string | Error,
  details?: Details,
): InvocationError {
  const [message, cause] = typeof why === "string" ? [why] : [why.message, why];
  return new InvocationError(message, { invocationId, code, cause, ...details });
}

export function invokeMessage(
  invocationId: string,
  event: string,
  content: MessageContent,
  dataType?: WebPubSubDataType,
): InvokeMessage {
  return { ...sendEventMessage(event, content, dataType), kind: "invoke", target: "event", invocationId };
}
