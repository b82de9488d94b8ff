import type { Diagnostics } from "./diagnostics.js";
import type { Hub } from "./hub.js";
import type { Interference } from "./interference.js";
import { maxStateSubscriptions, maxWaitingEvents } from "./limits.js";
import type { Operation, OperationError, SendEvent, SetGroupState } from "./messages.js";
import { groupStateProblem } from "./names.js";
import type { Session } from "./session.js";
import { closeCodes } from "./transport.js";
import { type Upstream, ask } from "./upstream.js";

/** What a client may want to do with a group, and the permission that it needs. */
const permissions = { join: "joinLeaveGroup", leave: "joinLeaveGroup", "send to": "sendToGroup" } as const;
type Deed = keyof typeof permissions;

/** Undefined: executed. */
type Outcome = OperationError | undefined;

const noHandler: OperationError = {
  name: "InternalServerError",
  message: "No event handler or event listener takes this event.",
};

const handlerFailed: OperationError = { name: "InternalServerError", message: "The event handler failed." };

const notMember: OperationError = {
  name: "BadRequest",
  message: "Only a member of the group can have a state in it.",
};

const tooManySubscriptions: OperationError = {
  name: "BadRequest",
  message: `A connection can subscribe to the states of ${maxStateSubscriptions} groups.`,
};

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
        if (session.codec.bare === true) session.end(error.message, closeCodes.internalError);
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
      message: `Message with ack-id: ${ackId} has been processed`,
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
        done(this.#permitted(session, "join", operation.group, () => hub.join(session, operation.group)));
        return;
      case "leaveGroup":
        done(this.#permitted(session, "leave", operation.group, () => hub.leave(session, operation.group)));
        return;
      case "sendToGroup":
        done(
          this.#permitted(session, "send to", operation.group, () => {
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
        return;
      case "setGroupState":
        done(this.#setState(hub, session, operation));
        return;
      case "subscribeGroupState":
        this.#subscribe(hub, session, operation.group, done);
        return;
      case "unsubscribeGroupState":
        hub.states.unsubscribe(session, operation.group);
        done(undefined);
    }
  }

  /** Unsettled: a state reaches others, so it needs the permission to send to the group; clearing needs none. */
  #setState(hub: Hub, session: Session, { group, state }: SetGroupState): Outcome {
    if (state === undefined) {
      hub.states.clear(session, group);
      return undefined;
    }
    if (!session.groups.has(group)) return notMember;
    const problem = groupStateProblem(state);
    if (problem !== undefined) return { name: "BadRequest", message: `Invalid state: ${problem}.` };
    return this.#permitted(session, "send to", group, () => hub.states.set(session, group, state));
  }

  /** Unsettled: who may join the group may know its states, without being a member. The ack comes first. */
  #subscribe(hub: Hub, session: Session, group: string, done: (outcome: Outcome) => void): void {
    if (!session.permissions.allows("joinLeaveGroup", group)) {
      done(forbidden("join", group));
    } else if (!hub.states.subscribe(session, group)) {
      done(tooManySubscriptions);
    } else {
      done(undefined);
      hub.states.sendSnapshot(session, group);
    }
  }

  #permitted(session: Session, deed: Deed, group: string, act: () => void): Outcome {
    if (!session.permissions.allows(permissions[deed], group)) return forbidden(deed, group);
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
    const { event: eventName, payload: content, metadata: about } = event;
    const asked = { ...session.newEvent(), eventName, payload: content, metadata: about };
    const answer = await ask(this.#upstream, asked);
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
}

function forbidden(deed: Deed, group: string): OperationError {
  return { name: "Forbidden", message: `The client does not have permission to ${deed} group '${group}'.` };
}
