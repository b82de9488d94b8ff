import { EPOCH } from "../world/backend.js";
import type { SharedDelivery } from "./sharedDelivery.js";
import { OwnWindow } from "./ownWindow.js";
import type { Wire } from "../world/wire.js";
import type { Surroundings } from "../world/surroundings.js";

export type Json = Record<string, unknown>;

/** A message that a connection must get. */
export interface Owed {
  readonly id: number;
  /** From then on the service may have dropped it; Infinity: never. */
  readonly expiresAt: number;
  /** Who has sent it, and to which group: nobody and none for the server. */
  readonly from?: string;
  readonly group?: string;
}

/** What one connection id is and owes, by the contract. */
export interface ModelSession {
  readonly connectionId: string;
  readonly user: string;
  readonly groups: Set<string>;
  readonly executedAckIds: Set<number>;
  /** What was forbidden stays so when it is sent again. */
  readonly forbidden: Set<string>;
  /** Events that the handler has: their ack ids, none for those without. */
  readonly handling: Map<number, number | undefined>;
  /** Every data message for this connection, in order. */
  readonly owed: Owed[];
  /** How many of them the client has delivered to its listeners. */
  delivered: number;
  /** Several clients have resumed it: who has got what. */
  shared: SharedDelivery | undefined;
  /** Messages that were delivered when their time was over: it may have been a later copy of the same message. */
  readonly expiredDelivered: Set<number>;
  /** Sends, joins and leaves of this connection in the order of their execution: `op`, or the ack id below 0. */
  readonly executed: string[];
  readonly handledEvents: number[];
  /** The largest sequence id that the client has acknowledged. */
  acknowledged: number;
  /** Whose states it wants to know. */
  readonly watched: Set<string>;
  /** When it has said that it wants them no more. */
  readonly unwatchedAt: Map<string, number>;
  /** The largest sequence id that was on its way to the client. */
  saidUpTo: number;
  /** What the service keeps of the connection's own messages until they are acknowledged. */
  readonly ownWindow: OwnWindow;
  wire: Wire | undefined;
  /** When the last transport was lost, if none has followed. */
  lostAt: number;
  readonly reliable: boolean;
  alive: boolean;
}

/** A stream, as far as the service has it. */
export interface ModelStream {
  readonly streamId: string;
  readonly publisher: ModelSession;
  readonly group: string;
  /** Who has been in the group since its start. */
  readonly audience: Set<ModelSession>;
  /** So many fragments were taken. */
  accepted: number;
}

/** So many states may be set within one ms. */
const UPDATES_AT_ONCE = 10;

/** How long a session without a transport is kept, in ms. */
const RECOVERY_WINDOW = 30_000;

/** Ids of messages that answer an operation. */
export const REPLY = 1_000_000;

/**
 * What a service that keeps the contract would have done with the frames that the real one got. It
 * is written apart from both and knows nothing of either.
 */
export class Model {
  readonly sessions = new Map<string, ModelSession>();
  /** Where each operation was executed: connection ids by operation. */
  readonly executions = new Map<string, string[]>();
  /** By connection id and stream id. */
  readonly streams = new Map<string, ModelStream>();
  /** How often each invocation reached the handler's end. */
  readonly invoked = new Map<number, number>();
  /** Operations that were refused at least once. */
  readonly refusedOps = new Set<string>();
  readonly #world: Surroundings;
  /** When messages expire that do, by their number. */
  readonly #expiry = new Map<number, number>();
  #refusal: string | undefined;
  /** What is being heard has been executed before, or is being executed. */
  #isRepeat = false;
  /** What is being heard needs a permission that may have been taken away; who may not leave is in for good. */
  mayBeForbidden = false;
  /** What is being heard was forbidden before. */
  staysForbidden = false;
  #published = 0;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  began(connectionId: string, user: string, reliable: boolean): void {
    this.sessions.set(connectionId, {
      connectionId,
      user,
      groups: new Set(),
      executedAckIds: new Set(),
      forbidden: new Set(),
      handling: new Map(),
      owed: [],
      delivered: 0,
      shared: undefined,
      expiredDelivered: new Set(),
      executed: [],
      handledEvents: [],
      acknowledged: 0,
      watched: new Set(),
      unwatchedAt: new Map(),
      saidUpTo: 0,
      ownWindow: new OwnWindow(),
      wire: undefined,
      lostAt: Infinity,
      reliable,
      alive: true,
    });
  }

  attached(connectionId: string, wire: Wire): void {
    const session = this.sessions.get(connectionId);
    if (session?.alive !== true) return;
    session.wire = wire;
    session.lostAt = Infinity;
  }

  /** A transport is gone; `tell` lets the service know. */
  closed(wire: Wire, code: number, tell: () => void): void {
    const session = wire.connectionId === undefined ? undefined : this.sessions.get(wire.connectionId);
    const isCurrent = session?.alive === true && session.wire === wire;
    if (isCurrent) session.lostAt = this.#world.clock.now;
    tell();
    if (!isCurrent) return;
    const goodbye = code === 1000;
    if (goodbye === session.alive && session.reliable)
      this.#world.failed(`close code ${code}: the service ${goodbye ? "keeps" : "forgets"} the session`);
    if (session.wire === wire) session.wire = undefined;
  }

  /** A recovery was turned away. */
  turnedAway(connectionId: string | undefined): void {
    if (connectionId !== undefined && this.sessions.get(connectionId)?.alive === true)
      this.#world.failed("the service turns a recovery of a living session away");
  }

  /** A frame leaves the service. */
  says(wire: Wire, message: Json, bytes: number): void {
    const session = wire.connectionId === undefined ? undefined : this.sessions.get(wire.connectionId);
    if (session !== undefined && this.#isOwn(session, message)) {
      const why = session.ownWindow.add(Number(message["sequenceId"]), bytes);
      if (why !== undefined && wire.isUnhindered)
        this.#world.failed(`${session.user} fills its window: ${why}`);
    }
    if (session !== undefined) this.#checkNews(session, message);
    const op = (message["data"] as { op?: number } | undefined)?.op;
    if (op !== undefined && (this.#expiry.get(op) ?? Infinity) <= this.#world.clock.now)
      this.#world.failed(`message ${op} comes although it has expired`);
    if (Number(message["sequenceId"]) <= (session?.acknowledged ?? 0))
      this.#world.failed(`message ${String(message["sequenceId"])} was acknowledged, but comes again`);
  }

  /** Whether a message, or a fragment, comes back to its sender. Protobuf doesn't tell who that is. */
  #isOwn({ user }: ModelSession, { from, fromUserId, stream, data }: Json): boolean {
    if (from !== "group") return false;
    if (fromUserId !== undefined) return fromUserId === user;
    const streamId = (stream as { streamId?: string } | undefined)?.streamId;
    return this.#world.actors.some(
      ({ user: its, program, streams }) =>
        its === user &&
        (streamId === undefined
          ? program.numbered.has((data as { op: number }).op)
          : streams.sent.some((sent) => sent.streamId === streamId)),
    );
  }

  /** States are told to those who want to know. A replay may bring what was wanted once. */
  #checkNews(session: ModelSession, { type, group, sequenceId, items }: Json): void {
    const isReplay = typeof sequenceId === "number" && sequenceId <= session.saidUpTo;
    if (typeof sequenceId === "number") session.saidUpTo = Math.max(session.saidUpTo, sequenceId);
    if (type !== "groupStateUpdate" || isReplay || session.watched.has(String(group))) return;
    // What came up before, without a way to tell it, comes later. The service counts updates within one ms on.
    const until = EPOCH + (session.unwatchedAt.get(String(group)) ?? -Infinity) + UPDATES_AT_ONCE;
    if ((items as { readonly updatedAt: number }[]).every(({ updatedAt }) => updatedAt <= until)) return;
    this.#world.failed(`${session.user} is told the states of ${String(group)}, which it doesn't want`);
  }

  ended(connectionId: string, reason = ""): void {
    const session = this.sessions.get(connectionId);
    if (session === undefined) return;
    const waited = this.#world.clock.now - session.lostAt;
    if (reason.includes("in time") && !(waited >= RECOVERY_WINDOW))
      this.#world.failed(`the service gave a session up after ${waited} ms`);
    session.alive = false;
    session.wire = undefined;
    session.groups.clear();
    for (const { audience } of this.streams.values()) audience.delete(session);
  }

  /** The service has lost its memory. */
  forgetAll(): void {
    for (const id of this.sessions.keys()) this.ended(id);
  }

  /** What is being heard, an operation, a stream's start or a fragment, is refused by a fault. */
  refused(name: string): void {
    this.#refusal = name;
  }

  /** A frame reaches the service; `receive` gives it to the real one. */
  hears(wire: Wire, message: Json, receive: () => void): void {
    const session = wire.connectionId === undefined ? undefined : this.sessions.get(wire.connectionId);
    const listens = session?.alive === true && session.wire === wire;
    this.#refusal = undefined;
    this.#isRepeat = session !== undefined && isRepeat(session, message);
    this.staysForbidden = session?.forbidden.has(identityOf(message)) === true;
    this.mayBeForbidden =
      !this.#isRepeat && (message["type"] === "joinGroup" || message["type"] === "sendToGroup");
    // Executed once more, on another connection, it begins to live anew.
    if (message["type"] === "sendToGroup")
      this.#expiry.delete((message["data"] as { op?: number } | undefined)?.op ?? 0);
    const handed =
      listens && session !== undefined && message["type"] === "event" && this.#handed(session, message);
    receive();
    if (!listens || session === undefined) return;
    switch (message["type"]) {
      case "sendToGroup":
        if (message["stream"] === undefined) this.#execute(session, message);
        else this.#startStream(session, message);
        return;
      case "streamData":
        this.#takeFragment(session, message);
        return;
      case "joinGroup":
      case "leaveGroup":
      case "setGroupState":
      case "subscribeGroupState":
      case "unsubscribeGroupState":
        this.#execute(session, message);
        return;
      case "event":
        if (this.#refusal === undefined) return;
        this.refusedOps.add(keyOf(session, message));
        if (handed) session.handling.delete((message["data"] as { op: number }).op);
        return;
      case "sequenceAck":
        session.acknowledged = Math.max(session.acknowledged, Number(message["sequenceId"]));
        session.ownWindow.acknowledged(session.acknowledged);
        return;
      default:
    }
  }

  /** The handler has taken an event. @returns the reply's JSON, if one is wanted */
  eventHandled(connectionId: string, op: number, reply: boolean): string | undefined {
    const key = `op ${op}`;
    const session = this.sessions.get(connectionId);
    const ackId = session?.handling.get(op);
    this.#record(key, connectionId, ackId);
    session?.handledEvents.push(op);
    if (ackId !== undefined) session?.executedAckIds.add(ackId);
    session?.handling.delete(op);
    if (!reply) return undefined;
    if (session?.alive === true) session.owed.push({ id: REPLY + op, expiresAt: Infinity });
    return JSON.stringify({ op: REPLY + op });
  }

  /** The handler has taken an invocation. @returns the answer's JSON */
  invocationHandled(op: number): string {
    this.invoked.set(op, (this.invoked.get(op) ?? 0) + 1);
    return JSON.stringify({ op: REPLY + op });
  }

  eventFailed(connectionId: string, op: number): void {
    this.refusedOps.add(`op ${op}`);
    this.sessions.get(connectionId)?.handling.delete(op);
  }

  /** The server publishes. @returns the message's JSON */
  published(group: string, ttlSeconds: number, filling?: string): string {
    const op = -++this.#published;
    this.#owe({ id: op, group, expiresAt: this.#end(op, ttlSeconds) });
    return JSON.stringify({ op, filling });
  }

  /** An event may reach the handler at once. Returns whether it is a new one. */
  #handed({ handling }: ModelSession, message: Json): boolean {
    const { op } = message["data"] as { op: number };
    if (handling.has(op)) return false;
    handling.set(op, message["ackId"] as number | undefined);
    return true;
  }

  #execute(session: ModelSession, message: Json): void {
    const key = keyOf(session, message);
    const group = String(message["group"]);
    const ackId = message["ackId"] as number | undefined;
    if (this.#refusal !== undefined) {
      this.refusedOps.add(key);
      if (this.#refusal === "Forbidden") session.forbidden.add(identityOf(message));
      return;
    }
    if (this.#isRepeat) return;
    if (!isAllowed(session, message, group)) {
      this.refusedOps.add(key);
      return;
    }
    if (ackId !== undefined) session.executedAckIds.add(ackId);
    session.executed.push(key);
    this.#record(key, session.connectionId, ackId);
    if (message["type"] === "subscribeGroupState") session.watched.add(group);
    else if (message["type"] === "unsubscribeGroupState") {
      session.watched.delete(group);
      session.unwatchedAt.set(group, this.#world.clock.now);
    } else if (message["type"] === "joinGroup") session.groups.add(group);
    else if (message["type"] === "leaveGroup") {
      session.groups.delete(group);
      for (const stream of this.streams.values()) if (stream.group === group) stream.audience.delete(session);
    } else if (message["type"] === "sendToGroup") {
      const { op } = message["data"] as { op: number };
      const expiresAt = this.#end(op, Number(message["ttlSeconds"] ?? 0));
      this.#owe(
        { id: op, from: session.user, group, expiresAt },
        message["noEcho"] === true ? session : undefined,
      );
    }
  }

  #startStream(session: ModelSession, message: Json): void {
    const group = String(message["group"]);
    const { streamId } = message["stream"] as { streamId: string };
    const key = `${session.connectionId} ${streamId}`;
    if (
      this.#refusal !== undefined ||
      !group.startsWith("open") ||
      (this.streams.get(key)?.accepted ?? 0) > 0
    )
      return;
    const audience = new Set<ModelSession>();
    for (const member of this.sessions.values())
      if (member.groups.has(group) && !(member === session && message["noEcho"] === true))
        audience.add(member);
    this.streams.set(key, { streamId, publisher: session, group, audience, accepted: 0 });
  }

  #takeFragment({ connectionId }: ModelSession, message: Json): void {
    const stream = this.streams.get(`${connectionId} ${String(message["streamId"])}`);
    if (stream === undefined || this.#refusal !== undefined) return;
    if (message["streamSequenceId"] === stream.accepted + 1) stream.accepted++;
  }

  #owe(owed: Owed & { readonly group: string }, but?: ModelSession): void {
    for (const session of this.sessions.values())
      if (session !== but && session.groups.has(owed.group)) session.owed.push(owed);
  }

  /** When a message with this time to live expires; 0 is for ever. */
  #end(op: number, ttlSeconds: number): number {
    if (ttlSeconds === 0) return Infinity;
    const end = this.#world.clock.now + ttlSeconds * 1_000;
    this.#expiry.set(op, end);
    return end;
  }

  #record(key: string, connectionId: string, ackId: number | undefined): void {
    const at = this.executions.get(key);
    if (at === undefined) this.executions.set(key, [connectionId]);
    else {
      // What has no ack id nobody can tell from its repetition by who has an older session, or the same.
      const user = this.sessions.get(connectionId)?.user;
      const mayRepeat =
        this.#world.mayRepeat?.(key) === true ||
        (ackId === undefined && this.#world.actors.some((actor) => actor.user === user && actor.isStale));
      if (at.includes(connectionId) && !mayRepeat) {
        this.#world.failed(`${key} was executed twice on connection ${connectionId.slice(0, 4)}`);
      }
      at.push(connectionId);
    }
  }
}

/** What a session's clients are still to get. */
export function owedBy({ shared, owed, delivered }: ModelSession): Owed[] {
  return shared?.missing(owed) ?? owed.slice(delivered);
}

function isRepeat({ executedAckIds, handling }: ModelSession, message: Json): boolean {
  const ackId = message["ackId"] as number | undefined;
  if (ackId === undefined) return false;
  return executedAckIds.has(ackId) || [...handling.values()].includes(ackId);
}

/** The same for a message and its repeats. */
function identityOf({ type, group, ackId }: Json): string {
  return `${String(type)} ${String(group)} ${String(ackId)}`;
}

/** A member may say something about itself; taking it back and not listening any more are free. */
function isAllowed({ groups }: ModelSession, message: Json, group: string): boolean {
  if (message["type"] === "unsubscribeGroupState") return true;
  if (message["type"] !== "setGroupState") return group.startsWith("open");
  return message["state"] === undefined || groups.has(group);
}

/** Sends and events carry their number, the others are known by who sent them with which ack id. */
function keyOf(session: ModelSession, message: Json): string {
  return operationKey(session.user, message);
}

export function operationKey(user: string, message: Json): string {
  const data = message["data"] as { op?: number } | undefined;
  return data?.op === undefined ? `${user} ack ${String(message["ackId"])}` : `op ${data.op}`;
}
