import type { OperationMessage } from "../../../src/core/models/messages.js";
import type { SavedSession } from "../../../src/core/models/savedSession.js";
import type { Actor } from "./actor.js";
import type { OperationCall, OperationRecord } from "./program.js";

/** A session as it was saved, and what was so then. */
export interface Saved {
  readonly text: string;
  readonly at: number;
  readonly connectionId: string | undefined;
  readonly droppedAt: number;
  /** So many messages of the connection had been delivered. */
  readonly from: number;
  /** Groups that had subscribers. */
  readonly held: readonly string[];
}

/** Two clients that hold one session, from when the second one resumes what the first one has saved. */
export class TwoHolders {
  readonly actors: readonly [first: Actor, second: Actor];
  readonly saved: Saved;
  /** Numbers and ack ids of the operations that both have. */
  readonly #common = new Set<string>();

  constructor(first: Actor, second: Actor, saved: Saved) {
    this.actors = [first, second];
    this.saved = saved;
    for (const actor of this.actors) {
      actor.isStale = true;
      actor.holders = this;
    }
    const { operations, numbered } = second.program;
    for (const record of first.program.operations) {
      const { call, settledAt = Infinity } = record;
      if (call.do !== "send" && call.do !== "event" && settledAt <= saved.at)
        operations.push({ ...record, isInherited: true });
    }
    let op = 0;
    for (const { message } of (JSON.parse(saved.text) as SavedSession).operations) {
      const data = (message as { data?: unknown }).data as { op?: number } | undefined;
      // Others are told by their ack id, and stand in between.
      op = data?.op ?? op + 0.001;
      const record = restorable(message, op, second);
      operations.push(record);
      this.#common.add(`ack ${message.ackId}`);
      if (data?.op === undefined) continue;
      numbered.set(op, record);
      this.#common.add(`op ${op}`);
    }
  }

  /** Both have it. */
  isCommon(op: number, ackId: number | undefined): boolean {
    return this.#common.has(`op ${op}`) || this.#common.has(`ack ${ackId}`);
  }

  other(actor: Actor): Actor {
    const [first, second] = this.actors;
    return actor === first ? second : first;
  }

  /** What one of them does about a group, the other doesn't know. */
  isUnsure(group: string, isAboutStates: boolean): boolean {
    const { at, connectionId } = this.saved;
    return this.actors.some(
      ({ client, groups, program }) =>
        groups.knows(group) ||
        // News of states come to who has the link.
        (isAboutStates && client.connectionId === connectionId) ||
        program.operations.some(
          ({ call, error, settledAt = Infinity }) =>
            "group" in call &&
            call.group === group &&
            call.do !== "send" &&
            (isAboutStates || call.do === "join" || call.do === "leave") &&
            (settledAt >= at || error !== undefined),
        ),
    );
  }
}

/** An operation that another client has called. */
function restorable(message: OperationMessage, op: number, actor: Actor): OperationRecord {
  return {
    op,
    call: callOf(message),
    at: -Infinity,
    moment: ++actor.moment,
    stateAtCall: "Stopped",
    connectionAtCall: undefined,
    signal: undefined,
    isSuspended: true,
    handOvers: 0,
    isBetween: false,
    sessionsBefore: 0,
    isForgotten: false,
    isHeld: undefined,
    isInherited: false,
    rivals: [],
    result: undefined,
    error: undefined,
    ackId: message.ackId,
    settledAt: undefined,
  };
}

function callOf(message: OperationMessage): OperationCall {
  const forget = message.ackId === undefined;
  switch (message.kind) {
    case "sendToGroup":
      return {
        do: "send",
        group: message.group,
        forget,
        noEcho: message.noEcho,
        ttl: message.ttlSeconds,
      };
    case "sendEvent":
      return { do: "event", forget };
    case "setGroupState":
      return { do: "state", group: message.group, value: message.state?.["is"] };
    case "joinGroup":
      return { do: "join", group: message.group };
    case "leaveGroup":
      return { do: "leave", group: message.group };
    case "subscribeGroupState":
      return { do: "watch", group: message.group };
    case "unsubscribeGroupState":
      return { do: "unwatch", group: message.group };
  }
}
