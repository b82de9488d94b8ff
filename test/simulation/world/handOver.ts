import type { OperationMessage } from "../../../src/core/models/messages.js";
import type { WebPubSubResult } from "../../../src/core/models/options.js";
import type { SavedSession } from "../../../src/core/models/savedSession.js";
import type { Actor } from "./actor.js";
import type { Json } from "../oracles/model.js";
import type { Call, DoubleCall, RevertCall, SuspendCall } from "../plans/plan.js";
import { SharedDelivery } from "../oracles/sharedDelivery.js";
import { surelyIn, surelySays } from "../oracles/surelyIn.js";
import { TwoHolders, type Saved } from "./twoHolders.js";
import type { World } from "./world.js";

/** What a program whose session is on its way to the next client doesn't call. */
const NOT_MEANWHILE: readonly string[] = [
  "start",
  "stop",
  "suspend",
  "revert",
  "double",
  "retain",
  "release",
];
/** What one of two that hold one session doesn't do. */
const NOT_OF_TWO: readonly string[] = ["suspend", "revert", "double"];
/** How long groups may have been held after their subscribers have gone, in ms. */
const LONGEST_HOLD = 6_000;

/** How the program's session goes from one client to the next, and what is promised of that. */
export class HandOver {
  /** One client has suspended it, and none has resumed it yet. */
  isUnderWay = false;
  /** The client that goes is still stopping, or its page ends with that: there is none yet that could be called. */
  #isEnding = false;
  /** How often a client has gone on with a session. */
  count = 0;
  /** Another client is about to resume the session too. */
  isDoubling = false;
  /** The session that was resumed last. */
  #saved: Saved | undefined;
  /** Groups about which an older session that goes on may be wrong: who is in, and who says or hears what there. */
  readonly unsure = new Set<string>();
  readonly unsureStates = new Set<string>();
  /** Groups whose joins may have waited for a recovery, so that nobody has seen them, when a session was suspended. */
  readonly mayHaveAsked = new Set<string>();
  /** When each happened, in the order of all that happens to the program. */
  readonly #moments: number[] = [];
  /** The connection that was handed over, and the groups that it is in, as both sides know. */
  #connectionId: string | undefined;
  #groups = new Set<string>();
  /** The moment of the last hand-over of an older session, whose client doesn't know what it is in. */
  #revertedAt = 0;
  /** Those in which it says something about itself. */
  #states = new Set<string>();
  readonly #actor: Actor;
  readonly #world: World;

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
  }

  /** The client that was asked then isn't the one that is asked now. */
  isBetween(moment: number, later: number): boolean {
    return this.#moments.some((each) => each > moment && each < later);
  }

  /** Whether the program may call that now. */
  allows({ do: what }: Call): boolean {
    if (this.#isEnding) return false;
    if (this.#actor.holders !== undefined && NOT_OF_TWO.includes(what)) return false;
    return !this.isUnderWay || !NOT_MEANWHILE.includes(what);
  }

  suspend({ pause, by, subscribes }: SuspendCall): void {
    const actor = this.#actor;
    const { client, program, streams, invocations, grammar, groups, punctuality } = actor;
    const { state, connectionId } = client;
    this.#trace(() => `suspends while ${state}`);
    if (state === "Stopped" || state === "Stopping") {
      if (client.suspend() !== undefined) this.#failed(`has a session to suspend while ${state}`);
      return;
    }
    this.isUnderWay = true;
    if (state === "Recovering") for (const group of groups.held) this.mayHaveAsked.add(group);
    this.#moments.push(++actor.moment);
    this.#groups = surelyIn(actor, connectionId, this.#revertedAt);
    this.#states = surelySays(actor, connectionId, this.#revertedAt);
    this.#connectionId = connectionId;
    program.suspends();
    streams.suspends();
    invocations.suspends();
    groups.pauses();
    grammar.suspends();
    punctuality.suspends(state);
    const context = this.#context();
    this.#isEnding = by === "another";
    const session = JSON.stringify(client.suspend());
    this.#isEnding = false;
    if (session !== undefined) this.#saved = { ...context, text: session };
    if (session === undefined) return this.#failed(`has no session to suspend while ${state}`);
    if (client.state !== "Stopped") this.#failed(`is ${client.state} after suspend()`);
    if (by === "another") actor.begins();
    this.#world.clock.after(pause, () =>
      actor.soon(() => {
        actor.groups.moves(subscribes === true);
        this.#resume(session);
      }),
    );
  }

  /** What happens after the snapshot is unknown to who goes on with it. */
  revert({ age, ends, pause, subscribes }: RevertCall): void {
    const actor = this.#actor;
    const { client, program, punctuality, moment } = actor;
    const { clock, backend } = this.#world;
    const { connectionId, state } = client;
    const text = JSON.stringify(client.snapshot());
    if (text === undefined) return;
    const at = clock.now;
    const streams = actor.streams.open;
    this.#trace(() => `takes a snapshot while ${state}`);
    const session = connectionId === undefined ? undefined : backend.model.sessions.get(connectionId);
    // Nothing has come yet for who has gone on with an older one.
    const { mayRepeat } = actor;
    const isYoung = mayRepeat !== undefined && mayRepeat.connectionId === connectionId;
    const from = Math.min(session?.delivered ?? 0, isYoung ? mayRepeat.from : Infinity);
    const droppedAt = state === "Connected" ? at : punctuality.droppedAt;
    const goOn = (): void => {
      actor.isStale = this.isUnderWay = true;
      this.#isEnding = false;
      this.#groups.clear();
      this.#states.clear();
      this.#revertedAt = actor.moment;
      this.#connectionId = connectionId;
      for (const { call, at: calledAt, settledAt = Infinity } of program.operations)
        if (call.do !== "send" && call.do !== "event" && (calledAt >= at || settledAt >= at)) {
          this.unsureStates.add(call.group);
          if (call.do === "join" || call.do === "leave") this.unsure.add(call.group);
        }
      for (const group of actor.groups.changedSince(at - LONGEST_HOLD)) this.unsure.add(group);
      actor.begins();
      clock.after(pause, () =>
        actor.soon(() => {
          punctuality.droppedAt = droppedAt;
          const upTo = Math.max(isYoung ? mayRepeat.upTo : 0, actor.sequence.receivedOn(connectionId));
          actor.mayRepeat = { connectionId, from, upTo };
          const { sequenceId = 0 } = JSON.parse(text) as SavedSession;
          if (connectionId !== undefined && actor.plan.reliable) actor.sequence.restores(sequenceId);
          actor.groups.moves(subscribes === true);
          this.#resume(text, moment);
        }),
      );
    };
    clock.after(age, () =>
      actor.soon(() => {
        const isOver = client.state === "Stopped" || client.state === "Stopping";
        const isDoubled = actor.holders !== undefined;
        if (actor.client !== client || this.isUnderWay || isOver || isDoubled) return;
        if (ends === "stops") program.call({ do: "stop" });
        this.isUnderWay = true;
        this.#moments.push(++actor.moment);
        actor.groups.pauses();
        if (ends === "stops") {
          this.#isEnding = true;
          return this.#afterStop(goOn);
        }
        this.#trace(() => `dies while ${client.state}`);
        program.suspends();
        actor.streams.suspends(streams);
        actor.invocations.suspends();
        actor.grammar.suspends();
        this.#isEnding = true;
        client.suspend();
        goOn();
      }),
    );
  }

  /** What is so when a session is saved. */
  #context(): Omit<Saved, "text"> {
    const { client, groups, mayRepeat, punctuality } = this.#actor;
    const { clock, backend } = this.#world;
    const { connectionId, state } = client;
    const { delivered = 0 } = backend.model.sessions.get(connectionId ?? "") ?? {};
    const isYoung = mayRepeat !== undefined && mayRepeat.connectionId === connectionId;
    return {
      at: clock.now,
      connectionId,
      droppedAt: state === "Connected" ? clock.now : punctuality.droppedAt,
      from: isYoung ? Math.min(delivered, mayRepeat.from) : delivered,
      held: groups.held,
    };
  }

  /** Another client resumes what this one goes on with. */
  double({ of, age }: DoubleCall): void {
    const context = this.#context();
    const text = JSON.stringify(this.#actor.client.snapshot());
    const saved = of === "value" ? this.#saved : text === undefined ? undefined : { ...context, text };
    if (saved === undefined || this.isDoubling) return;
    this.isDoubling = true;
    this.#world.clock.after(age, () =>
      this.#actor.soon(() => {
        this.isDoubling = false;
        const second = this.#world.double(this.#actor);
        this.#groups.clear();
        this.#states.clear();
        second.handOver.holds(saved, this.#actor);
      }),
    );
  }

  /** Resumes the session of another client, which goes on too. */
  holds(saved: Saved, first: Actor): void {
    const { text, connectionId, droppedAt, from, held } = saved;
    const actor = this.#actor;
    this.#trace(() => `holds the session of ${first.name} too`);
    actor.holders = new TwoHolders(first, actor, saved);
    actor.groups.inherits(held);
    actor.punctuality.droppedAt = droppedAt;
    const { sequenceId = 0 } = JSON.parse(text) as SavedSession;
    const session = this.#world.backend.model.sessions.get(connectionId ?? "");
    if (session !== undefined && actor.plan.reliable) {
      actor.sequence.restores(sequenceId, connectionId);
      const { mayRepeat } = first;
      const isYoung = mayRepeat !== undefined && mayRepeat.connectionId === connectionId;
      session.shared = new SharedDelivery(session.delivered);
      session.shared.joins(first.name, isYoung ? mayRepeat.from : session.delivered);
      session.shared.joins(actor.name, from);
    }
    this.#connectionId = connectionId;
    this.#resume(text);
  }

  #afterStop(then: () => void): void {
    if (this.#actor.client.state === "Stopped") return then();
    this.#world.clock.after(50, () => this.#actor.soon(() => this.#afterStop(then)));
  }

  /** What the program does about a group decides. */
  calls(call: Call): void {
    if (call.do === "state") this.#states.delete(call.group);
    if ((call.do === "join" || call.do === "leave" || call.do === "unsubscribe") && "group" in call) {
      this.#groups.delete(call.group);
      this.#states.delete(call.group);
    }
  }

  /** Nobody sees a leave and a join, or another state, of who was there before and is there afterwards. */
  writes(connectionId: string | undefined, { type, group }: Json): void {
    if (connectionId !== this.#connectionId) return;
    if (type === "setGroupState" && this.#states.has(String(group)))
      this.#failed(`says something about itself in ${String(group)} again, where it is known`);
    if (!this.#groups.has(String(group))) return;
    if (type === "joinGroup") this.#failed(`joins ${String(group)} again, which its connection is in`);
    if (type !== "leaveGroup") return;
    this.#groups.delete(String(group));
    if (isWanted(this.#actor, String(group))) this.#failed(`leaves ${String(group)}, which it still wants`);
  }

  /** @param until of an older session: what came later isn't in it */
  #resume(text: string, until = Infinity): void {
    const { program, plan, grammar, punctuality, invocations } = this.#actor;
    // What was called meanwhile is the next client's.
    if (invocations.records.some(({ isSuspended, settledAt }) => isSuspended && settledAt === undefined))
      this.#failed("goes on with a session, and an invocation of before has no end");
    this.isUnderWay = false;
    this.count++;
    // Whoever comes when the leave is asked for already, comes too late.
    for (const group of this.#groups) if (!isWanted(this.#actor, group)) this.#groups.delete(group);
    const moment = this.#moments.at(-1) ?? 0;
    for (const { op, settledAt, isSuspended, isBetween, moment: calledAt } of program.operations)
      if (settledAt === undefined && !isSuspended && !isBetween && calledAt < moment)
        this.#failed(`op ${op} wasn't ended by suspend()`);
    const session = JSON.parse(text) as SavedSession;
    const connectionId = plan.reliable ? this.#connectionId : undefined;
    grammar.resumes(connectionId);
    punctuality.resumes();
    let last = 0;
    program.resume(session, connectionId !== undefined, (operation, result) => {
      const op = this.#restored(operation, result, until);
      if (op < last && this.#actor.holders === undefined)
        this.#failed(`op ${op} was restored behind op ${last}`);
      last = op;
    });
    for (const record of program.operations) {
      if (!record.isSuspended) continue;
      if (until === Infinity) this.#failed(`op ${record.op} wasn't restored`);
      // It has ended with its client.
      record.isSuspended = false;
      record.settledAt = this.#world.clock.now;
    }
  }

  /** @returns the number of the call */
  #restored(operation: OperationMessage, result: Promise<WebPubSubResult>, until: number): number {
    const { program } = this.#actor;
    const number = ((operation as { data?: unknown }).data as { op?: number } | undefined)?.op;
    // Of states that were set one after the other the newest went out for all.
    const records = program.operations.filter(
      ({ op, isSuspended, result: its, error, moment: calledAt, ackId }) =>
        (until === Infinity ? isSuspended : calledAt < until + 1) &&
        (number === undefined ? (its?.ackId ?? error?.ackId ?? ackId) === operation.ackId : op === number),
    );
    const isState = operation.kind === "setGroupState";
    const last = records.at(isState ? -1 : 0);
    if (last === undefined) {
      this.#failed(`something was restored that wasn't suspended: ${JSON.stringify(operation)}`);
      return Infinity;
    }
    for (const record of isState ? records : records.slice(0, 1)) {
      this.#trace(() => `op ${record.op} is restored`);
      program.restored(record, result);
    }
    return last.op;
  }

  #trace(line: () => string): void {
    this.#world.trace(this.#actor.name, line);
  }

  #failed(reason: string): void {
    this.#world.failed(`${this.#actor.name}: ${reason}`);
  }
}

function isWanted({ program, groups }: Actor, group: string): boolean {
  return program.wishes(group) || groups.holds(group) === true || groups.isKept(group, true);
}
