import type { Diagnostics } from "./diagnostics.js";
import type { Environment, Timer } from "./environment.js";
import type { Hub } from "./hub.js";
import type { Interference } from "./interference.js";
import { keptResponseInMs, maxKeptResponseBytes, maxKeptResponses, maxRunningInvocations } from "./limits.js";
import type { Invoke, InvokeResponse, OperationError, Payload } from "./messages.js";
import { payloadSize } from "./payloadSize.js";
import type { Session } from "./session.js";
import { type Upstream, type UserEventAnswer, ask } from "./upstream.js";

const noHandler: OperationError = { name: "NotFound", message: "No event handler takes this event." };

const handlerFailed: OperationError = { name: "InternalServerError", message: "The event handler failed." };

const tooMany: OperationError = {
  name: "InternalServerError",
  message: `More than ${maxRunningInvocations} invocations of this connection are running.`,
};

/** An invocation without content reaches the handler as an empty text. */
const noContent: Payload = { dataType: "text", text: "" };

interface Running {
  readonly controller: AbortController;
  /** A fault delays the answer. */
  timer?: Timer;
}

interface Kept {
  readonly response: InvokeResponse;
  readonly bytes: number;
  readonly at: number;
}

/** The invocations of one connection id. */
interface Ledger {
  readonly running: Map<string, Running>;
  /** Answers that a lost transport may have swallowed, oldest first. */
  readonly kept: Map<string, Kept>;
  keptBytes: number;
}

/**
 * Brings questions of clients to the application and its answers back. Invocations run side by side: none waits for
 * another one, or for a user event.
 */
export class Invocations {
  readonly #environment: Environment;
  readonly #upstream: Upstream;
  readonly #interference: Interference;
  readonly #diagnostics: Diagnostics;
  readonly #ledgers = new WeakMap<Session, Ledger>();

  constructor(ports: {
    readonly environment: Environment;
    readonly upstream: Upstream;
    readonly interference: Interference;
    readonly diagnostics: Diagnostics;
  }) {
    this.#environment = ports.environment;
    this.#upstream = ports.upstream;
    this.#interference = ports.interference;
    this.#diagnostics = ports.diagnostics;
  }

  /** A repeat of one that is running is not started again: the one answer is for both. */
  invoke(hub: Hub, session: Session, invoke: Invoke): void {
    const { invocationId } = invoke;
    let ledger = this.#ledgers.get(session);
    if (ledger === undefined)
      this.#ledgers.set(session, (ledger = { running: new Map(), kept: new Map(), keptBytes: 0 }));
    if (ledger.running.has(invocationId)) return;
    // An id may be used again after its answer, which must not be taken for the new one.
    forget(ledger, invocationId);
    if (ledger.running.size >= maxRunningInvocations) {
      this.#respond(session, ledger, {
        kind: "invokeResponse",
        invocationId,
        payload: undefined,
        error: tooMany,
      });
      return;
    }
    const running: Running = { controller: new AbortController() };
    ledger.running.set(invocationId, running);
    const { signal } = running.controller;
    const payload = invoke.payload ?? noContent;
    void ask(
      this.#upstream,
      { ...session.newEvent(), eventName: invoke.event, payload, metadata: invoke.metadata, invocationId },
      signal,
    ).then((answer) => {
      if (!signal.aborted) this.#answered(hub, session, ledger, running, invoke, answer);
    });
  }

  /** The client doesn't want the answer any more. */
  cancel(session: Session, invocationId: string): void {
    const ledger = this.#ledgers.get(session);
    if (ledger === undefined) return;
    forget(ledger, invocationId);
    const running = ledger.running.get(invocationId);
    ledger.running.delete(invocationId);
    if (running !== undefined) stop(running);
  }

  /**
   * Unsettled: the session has a new transport, so the answers that the old one may have lost are sent again. Those
   * that did arrive are no harm: a client has no such invocation any more.
   */
  resumed(session: Session): void {
    const ledger = this.#ledgers.get(session);
    if (ledger === undefined) return;
    this.#forgetOld(ledger);
    for (const { response } of ledger.kept.values()) session.control(response);
  }

  /** Nobody waits for the answers any more. */
  ended(session: Session): void {
    const ledger = this.#ledgers.get(session);
    for (const running of ledger?.running.values() ?? []) stop(running);
  }

  #answered(
    hub: Hub,
    session: Session,
    ledger: Ledger,
    running: Running,
    { invocationId, event }: Invoke,
    answer: UserEventAnswer,
  ): void {
    const response = this.#response(hub, session, invocationId, event, answer);
    const hold = this.#interference.holdsInvocation(session, event);
    // An invocation that is never answered goes on until it is cancelled.
    if (hold === "swallow") return;
    const send = () => {
      ledger.running.delete(invocationId);
      this.#respond(session, ledger, response);
    };
    if (hold === undefined) send();
    else running.timer = this.#environment.setTimer(send, hold);
  }

  #response(
    hub: Hub,
    session: Session,
    invocationId: string,
    event: string,
    answer: UserEventAnswer,
  ): InvokeResponse {
    const response = (payload: Payload | undefined, error?: OperationError): InvokeResponse => ({
      kind: "invokeResponse",
      invocationId,
      payload,
      error,
    });
    switch (answer.kind) {
      case "unhandled":
        return response(undefined, noHandler);
      case "failed": {
        const message = `The handler of event ${JSON.stringify(event)} failed: ${answer.reason}`;
        const { connectionId } = session;
        this.#diagnostics({ level: "warning", hub: hub.name, connectionId, message, cause: answer.cause });
        return response(undefined, handlerFailed);
      }
      case "handled":
        if (answer.connectionState !== undefined) session.connectionState = answer.connectionState;
        return response(answer.reply?.payload);
    }
  }

  #respond(session: Session, ledger: Ledger, response: InvokeResponse): void {
    session.control(response);
    if (session.buffer === undefined) return;
    const kept = {
      response,
      bytes: response.payload === undefined ? 0 : payloadSize(response.payload),
      at: this.#environment.now(),
    };
    ledger.kept.set(response.invocationId, kept);
    ledger.keptBytes += kept.bytes;
    this.#forgetOld(ledger);
  }

  #forgetOld(ledger: Ledger): void {
    const now = this.#environment.now();
    for (const [id, { at }] of ledger.kept) {
      // The newest one stays however large it is: it may be the one that somebody waits for.
      const fits =
        ledger.kept.size === 1 ||
        (ledger.kept.size <= maxKeptResponses && ledger.keptBytes <= maxKeptResponseBytes);
      if (fits && now - at < keptResponseInMs) return;
      forget(ledger, id);
    }
  }
}

function forget(ledger: Ledger, invocationId: string): void {
  ledger.keptBytes -= ledger.kept.get(invocationId)?.bytes ?? 0;
  ledger.kept.delete(invocationId);
}

function stop({ controller, timer }: Running): void {
  timer?.cancel();
  controller.abort();
}
