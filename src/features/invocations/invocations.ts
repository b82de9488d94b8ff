import { AbortError } from "@azure/abort-controller";
import { toError, type ConnectionError } from "../../core/errors.js";
import { tryOrLog } from "../../core/log.js";
import { InvocationError, type InvocationErrorCode, type InvocationErrorOptions } from "./invocationError.js";
import type { InvokeEventOptions, InvokeEventResult } from "./models.js";
import type { InvokeMessage, InvokeResponseMessage, WebPubSubDataType } from "../../core/models/messages.js";
import type { FeaturePort } from "../../core/feature.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { checkSignal } from "../../core/util/checkSignal.js";
import { amount } from "../../core/util/checkOptions.js";
import { Timer } from "../../core/util/timer.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { encodeFrame, type Frame } from "../../core/session/frame.js";
import {
  checkName,
  inferDataType,
  toData,
  type MessageContent,
} from "../../core/session/operationMessage.js";

type Invocation = {
  readonly id: string;
  readonly frame: Frame;
  /** Stops listening to the caller's signal. */
  readonly unlisten: () => void;
  readonly resolve: (result: InvokeEventResult) => void;
  readonly reject: (error: InvocationError) => void;
  /** It was handed to a socket, so it may have been executed and is never sent again. */
  sent: boolean;
  /** When it times out (absolute, in ms). */
  readonly timeoutAt: number;
  readonly onTimeout: () => void;
  readonly timer: Timer;
};

type Details = Omit<InvocationErrorOptions, "invocationId" | "code">;

/** The calls to the application's server that wait to be sent or answered. */
export class Invocations implements FeatureHooks {
  readonly receive: FeatureHooks["receive"] = { invokeResponse: (message) => this.#answered(message) };
  readonly #port: FeaturePort;
  readonly #byId = new Map<string, Invocation>();
  readonly #unsent = new Set<Invocation>();
  /** Ids of invocations that were given up while the link was down. */
  #cancelled: string[] = [];
  #nextId = 1;

  constructor(port: FeaturePort) {
    this.#port = port;
  }

  get pending(): number {
    return this.#byId.size;
  }

  async invoke(
    event: string,
    content: MessageContent,
    dataType: WebPubSubDataType | undefined,
    { invocationId, timeoutInMs, ...options }: InvokeEventOptions = {},
  ): Promise<InvokeEventResult> {
    const abortSignal = checkSignal(options.abortSignal);
    const id = this.#reserveId(invocationId);
    const { refusal } = this.#port;
    if (refusal !== undefined) throw failure(id, "NotStarted", refusal);
    if (abortSignal?.aborted) throw aborted(id);
    const { environment, maxPendingOperations, protocol } = this.#port.settings;
    if (this.#unsent.size >= maxPendingOperations) {
      const message = `${maxPendingOperations} invocations are waiting already (maxPendingOperations).`;
      throw failure(id, "TooManyPending", message);
    }
    let frame: Frame;
    let timeout: number;
    try {
      timeout = amount("timeoutInMs", timeoutInMs, 0);
      frame = encodeFrame(protocol, invokeMessage(id, event, content, dataType));
    } catch (thrown) {
      const cause = toError(thrown);
      throw failure(id, "InvalidMessage", cause.message, { cause });
    }
    return new Promise((resolve, reject) => {
      const invocation: Invocation = {
        id,
        frame,
        unlisten: whenAborted(abortSignal, () => this.#giveUp(invocation, aborted(id))),
        resolve,
        reject,
        sent: false,
        timeoutAt: environment.now() + (timeout || Infinity),
        onTimeout: () =>
          this.#giveUp(invocation, failure(id, "Timeout", `No answer within ${timeout} ms (timeoutInMs).`)),
        timer: new Timer(environment),
      };
      this.#byId.set(id, invocation);
      this.#unsent.add(invocation);
      invocation.timer.at(invocation.timeoutAt, invocation.onTimeout);
      this.#flush();
    });
  }

  onOpened(): void {
    this.#flush();
  }

  /** While the link is down only the caller's timeout counts; a recovery sets the other one again. */
  onSuspended(): void {
    for (const { sent, timer, timeoutAt, onTimeout } of this.#byId.values())
      if (sent) timer.at(timeoutAt, onTimeout);
  }

  onRecovered(): void {
    for (const id of this.#cancelled.splice(0)) this.#cancel(id);
    const { ackTimeoutInMs, environment } = this.#port.settings;
    // An answer that was sent before the link broke may be lost, and nothing shows it.
    const due = environment.now() + ackTimeoutInMs;
    for (const invocation of this.#byId.values()) {
      if (!invocation.sent) continue;
      // Set again, since the timer is late if the clock has jumped.
      if (ackTimeoutInMs === 0 || invocation.timeoutAt <= due) {
        invocation.timer.at(invocation.timeoutAt, invocation.onTimeout);
        continue;
      }
      const message = `No answer within ${ackTimeoutInMs} ms (ackTimeoutInMs) of the recovery.`;
      invocation.timer.at(due, () =>
        this.#giveUp(invocation, failure(invocation.id, "ConnectionLost", message)),
      );
    }
    this.#flush();
  }

  onLost(cause: ConnectionError): void {
    this.#cancelled = [];
    const message = "Connection is disconnected before receiving invoke response from the service";
    for (const invocation of this.#byId.values()) {
      if (invocation.sent)
        this.#reject(invocation, failure(invocation.id, "ConnectionLost", message, { cause }));
    }
  }

  onStopped(cause: ConnectionError): void {
    this.#cancelled = [];
    for (const invocation of this.#byId.values()) {
      this.#reject(invocation, failure(invocation.id, "NotStarted", cause.message, { cause }));
    }
  }

  #answered(message: InvokeResponseMessage): void {
    const invocation = this.#byId.get(message.invocationId);
    if (invocation?.sent !== true) return;
    const error = toFailure(message);
    if (error !== undefined) {
      this.#reject(invocation, error);
      return;
    }
    const { invocationId, dataType, data } = message;
    this.#settle(invocation);
    invocation.resolve({ invocationId, dataType, data });
  }

  /** Writes the waiting invocations, in the order of the calls. */
  #flush(): void {
    for (const invocation of this.#unsent) {
      if (!this.#port.writable) return;
      this.#unsent.delete(invocation);
      invocation.sent = true;
      try {
        this.#port.write(invocation.frame);
      } catch (thrown) {
        // Though the socket threw, the frame may have been sent, so it isn't sent again.
        const cause = toError(thrown);
        this.#reject(invocation, failure(invocation.id, "SendFailed", cause.message, { cause }));
      }
    }
  }

  #reserveId(explicit: string | null | undefined): string {
    if (explicit === undefined || explicit === null) return String(this.#nextId++);
    // The service can't answer with a longer id.
    if (typeof explicit !== "string" || explicit === "" || explicit.length > 1024) {
      throw failure(
        String(explicit),
        "InvalidMessage",
        "invocationId must be a string of 1 to 1024 characters.",
      );
    }
    if (this.#byId.has(explicit)) {
      throw failure(explicit, "InvocationIdInUse", "Invocation id is already registered.");
    }
    // The client's ids are numbers: they continue after the largest that the application has used.
    const number = /^\d{1,15}$/.test(explicit) ? Number(explicit) : 0;
    this.#nextId = Math.max(this.#nextId, number + 1);
    return explicit;
  }

  /** Rejects an invocation that its caller no longer waits for, and cancels it at the service. */
  #giveUp(invocation: Invocation, error: InvocationError): void {
    if (invocation.sent) this.#cancel(invocation.id);
    this.#reject(invocation, error);
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

  #reject(invocation: Invocation, error: InvocationError): void {
    this.#settle(invocation);
    invocation.reject(error);
  }

  #settle(invocation: Invocation): void {
    this.#byId.delete(invocation.id);
    this.#unsent.delete(invocation);
    invocation.unlisten();
    invocation.timer.clear();
    this.#port.settled();
  }
}

function toFailure({ invocationId, success, error }: InvokeResponseMessage): InvocationError | undefined {
  if (success === true) return undefined;
  if (success !== false)
    return failure(invocationId, "InvalidResponse", "Unsupported invoke response frame.");
  return failure(invocationId, "Refused", error?.message ?? "Invocation failed.", { errorDetail: error });
}

function aborted(id: string): InvocationError {
  const message = "Invocation cancelled by abortSignal.";
  return failure(id, "Aborted", message, { cause: new AbortError(message) });
}

function failure(
  invocationId: string,
  code: InvocationErrorCode,
  message: string,
  more: Details = {},
): InvocationError {
  return new InvocationError(message, { invocationId, code, ...more });
}

export function invokeMessage(
  invocationId: string,
  event: string,
  content: MessageContent,
  dataType: WebPubSubDataType = inferDataType(content),
): InvokeMessage {
  return {
    kind: "invoke",
    invocationId,
    target: "event",
    event: checkName("event", event),
    dataType,
    data: toData(content, dataType),
  };
}
