import type { Diagnostics } from "./diagnostics.js";
import type { Hub } from "./hub.js";
import type { Interference } from "./interference.js";
import { maxWaitingEvents } from "./limits.js";
import type { Operation, OperationError, SendEvent } from "./messages.js";
import type { Permission } from "./permissions.js";
import type { Session } from "./session.js";
import type { Upstream, UserEventAnswer } from "./upstream.js";

/** Undefined: executed. */
type Outcome = OperationError | undefined;

const noHandler: OperationError = {
  name: "InternalServerError",
  message: "No event handler or event listener takes this event.",
};

const handlerFailed: OperationError = { name: "InternalServerError", message: "The event handler failed." };

const tooManyEvents: OperationError = {
  name: "InternalServerError",
  message: `More than ${maxWaitingEvents} events of this connection are waiting for the event handler.`,
};

/** Executes what clients ask for: permission, deed, ack. */
export class Operations {
  readonly #upstream: Upstream;
  readonly #interference: Interference;
  readonly #diagnostics: Diagnostics;
  /** User events that wait for an earlier one of the same connection. */
  readonly #waitingEvents = new WeakMap<Session, (() => void)[]>();

  constructor(upstream: Upstream, interference: Interference, diagnostics: Diagnostics) {
    this.#upstream = upstream;
    this.#interference = interference;
    this.#diagnostics = diagnostics;
  }

  execute(hub: Hub, session: Session, operation: Operation): void {
    const { ackId } = operation;
    if (ackId === undefined) {
      this.#start(hub, session, operation, (error) => {
        if (error === undefined) return;
        const message = `${operation.kind} without ackId was not executed: ${error.name}: ${error.message}`;
        this.#diagnostics({ level: "warning", hub: hub.name, connectionId: session.connectionId, message });
      });
      return;
    }
    const refusal = this.#interference.refusesOperation(session);
    if (refusal !== undefined) {
      session.answer(ackId, refusal);
      return;
    }
    const duplicate = {
      name: "Duplicate",
      message: `The operation with ackId ${ackId} was already executed.`,
    };
    switch (session.acks.begin(ackId)) {
      case "executing":
        return;
      case "executed":
        session.answer(ackId, duplicate);
        return;
      case "new":
        this.#start(hub, session, operation, (error) => {
          const repeats = session.acks.finish(ackId, error === undefined);
          session.answer(ackId, error);
          for (let i = 0; i < repeats; i++) session.answer(ackId, error ?? duplicate);
        });
    }
  }

  #start(hub: Hub, session: Session, operation: Operation, done: (outcome: Outcome) => void): void {
    switch (operation.kind) {
      case "joinGroup":
        done(
          this.#permitted(session, "joinLeaveGroup", operation.group, () =>
            hub.join(session, operation.group),
          ),
        );
        return;
      case "leaveGroup":
        done(
          this.#permitted(session, "joinLeaveGroup", operation.group, () =>
            hub.leave(session, operation.group),
          ),
        );
        return;
      case "sendToGroup":
        done(
          this.#permitted(session, "sendToGroup", operation.group, () => {
            const { group, payload, metadata, ttlSeconds, noEcho } = operation;
            hub.publish(
              { kind: "groupData", group, fromUserId: session.userId, payload, metadata },
              { ttlSeconds, excluded: noEcho ? [session.connectionId] : undefined },
            );
          }),
        );
        return;
      case "event":
        this.#event(hub, session, operation, done);
    }
  }

  #permitted(session: Session, permission: Permission, group: string, act: () => void): Outcome {
    if (!session.permissions.allows(permission, group)) {
      return { name: "Forbidden", message: `This connection has no permission ${permission} for the group.` };
    }
    act();
    return undefined;
  }

  /**
   * Unsettled: events of one connection reach the handler one after the other, in the order they were sent; other
   * operations overtake a slow handler.
   */
  #event(hub: Hub, session: Session, event: SendEvent, done: (outcome: Outcome) => void): void {
    const next = () => {
      void this.#handle(hub, session, event)
        .then(done)
        .finally(() => this.#eventHandled(session));
    };
    const waiting = this.#waitingEvents.get(session);
    if (waiting === undefined) {
      this.#waitingEvents.set(session, []);
      next();
    } else if (waiting.length < maxWaitingEvents) waiting.push(next);
    else done(tooManyEvents);
  }

  /** Goes on also when the session has ended: what the service took in reaches the handler. */
  #eventHandled(session: Session): void {
    const next = this.#waitingEvents.get(session)?.shift();
    if (next === undefined) this.#waitingEvents.delete(session);
    else next();
  }

  /** Never rejects. */
  async #handle(hub: Hub, session: Session, event: SendEvent): Promise<Outcome> {
    const answer = await this.#ask(session, event);
    if (answer.kind === "unhandled") return noHandler;
    if (answer.kind === "failed") {
      const message = `The handler of event ${JSON.stringify(event.event)} failed: ${answer.reason}`;
      const { cause } = answer;
      this.#diagnostics({
        level: "warning",
        hub: hub.name,
        connectionId: session.connectionId,
        message,
        cause,
      });
      return handlerFailed;
    }
    if (answer.connectionState !== undefined) session.connectionState = answer.connectionState;
    if (answer.reply !== undefined) {
      const { payload, metadata } = answer.reply;
      hub.send([session], { kind: "serverData", payload, metadata });
    }
    return undefined;
  }

  async #ask(session: Session, event: SendEvent): Promise<UserEventAnswer> {
    const { payload, metadata } = event;
    try {
      return await this.#upstream.userEvent({ ...session.origin, eventName: event.event, payload, metadata });
    } catch (error) {
      return { kind: "failed", reason: String(error), cause: error };
    }
  }
}
