import type { OnStateChangedArgs } from "../../../src/core/models/events.js";
import type { Actor } from "../world/actor.js";
import { checkFrame } from "./frameCheck.js";
import { TYPES } from "./lanes.js";
import { operationKey, type Json } from "./model.js";
import { fingerprint } from "./operationOracle.js";
import type { OperationRecord } from "../world/program.js";
import { REJOIN_PATIENCE } from "./punctuality.js";
import type { Wire } from "../world/wire.js";
import { wasUnsent } from "./unsent.js";
import type { World } from "../world/world.js";

/** Whether a client does what it should at the moment it does it. */
export class Conduct {
  readonly #actor: Actor;
  readonly #world: World;
  readonly #failed: (reason: string) => void;
  /** The connection that has been used, and what was joined on it before. */
  #begunOn: Wire["connectionId"];
  readonly #rejoined = new Set<string>();
  /** Ack ids that were refused for good, by connection id, and when. */
  readonly #refused = new Map<Wire["connectionId"], Map<number, number>>();
  /** What each ack id stands for, by connection id. */
  readonly #meanings: Map<string, string>;
  /** Numbered operations that a socket has taken. */
  readonly #taken = new Set<string>();

  /** @param first that of another client that holds the session too: no id stands for two things */
  constructor(actor: Actor, world: World, failed: (reason: string) => void, first?: Conduct) {
    this.#meanings = first === undefined ? new Map<string, string>() : first.#meanings;
    this.#actor = actor;
    this.#world = world;
    this.#failed = failed;
  }

  stateChanged({ state, previousState, attempt = 0, code, reason, error }: OnStateChangedArgs): void {
    const { maxReconnects } = this.#actor.plan;
    if (state === "Connecting" && reason !== undefined)
      this.#failed(`begins an attempt with the last words of another one: ${reason}`);
    if (state !== "Recovering" && maxReconnects >= 0 && attempt > maxReconnects + 1)
      this.#failed(`makes attempt ${attempt} to connect, of ${maxReconnects + 1}`);
    if (previousState !== "Connected" || (state !== "Recovering" && state !== "Disconnected")) return;
    const { disturbed, environment, sendIsBroken, wires } = this.#actor;
    const { closeCode, farewell } = wires.at(-1) ?? {};
    if (code !== closeCode || !(error instanceof Error) || (farewell !== undefined && !reason))
      this.#failed(`lost by code ${closeCode}, tells ${code}, ${reason}, ${String(error)}`);
    // A probe after a sleep that can't be sent is as good as unanswered. One answer that waits behind the
    // timer is waited for, not a second one.
    if (wires.at(-1)?.healthy === true && !(disturbed && sendIsBroken) && !environment.isCatchingUp)
      this.#failed("gave up a connection that works");
  }

  connects(wire: Wire, previous: Wire | undefined): void {
    if (!wire.isRecovery || this.#actor.disturbed) return;
    if (previous?.closeCode === 1008) this.#failed("tries to recover after close code 1008");
  }

  /** The groups were joined before it was said that all is well. */
  connected(connectionId: string): void {
    const { plan, name, punctuality, isStale } = this.#actor;
    if (isStale) return;
    const { connectedAt, wantedSince } = punctuality;
    if (!plan.autoRejoinGroups || this.#world.clock.now - connectedAt >= REJOIN_PATIENCE) return;
    const session = this.#world.backend.model.sessions.get(connectionId);
    for (const group of this.#wishes(wantedSince)) {
      if (session?.alive === true && !session.groups.has(group))
        this.#failed(`connected before ${name} was in ${group} again`);
    }
  }

  /** The first words on a new connection: the groups are joined before anything is sent to them. */
  #begins(wire: Wire, { type, group }: Json): void {
    if (type === "joinGroup") this.#rejoined.add(String(group));
    if (type === "ping" || type === "joinGroup") return;
    this.#begunOn = wire.connectionId;
    const { plan, sendIsBroken } = this.#actor;
    if (plan.autoRejoinGroups && !this.#actor.isStale && !sendIsBroken && !wire.isRecovery)
      for (const wish of this.#wishes(this.#world.clock.now))
        if (!this.#rejoined.has(wish)) this.#failed(`sends before ${wish} is joined again`);
    this.#rejoined.clear();
  }

  /** The groups that a connection which stands since then must join by itself. */
  #wishes(since: number): Set<string> {
    const { program, rejoinFailures, groups } = this.#actor;
    const wishes = new Set<string>();
    // Nothing new is begun while a stop waits for what is pending.
    if (program.lives.some(({ kind, settledAt }) => kind === "stop" && settledAt === undefined))
      return wishes;
    const unsettled = new Set<string>();
    for (const record of program.operations) {
      const { call, result, settledAt } = record;
      if (call.do !== "join" && call.do !== "leave") continue;
      // What is under way, or was settled on this connection, is not for the rejoining.
      if (settledAt === undefined || settledAt >= since) unsettled.add(call.group);
      else if (call.do === "leave") {
        // Where it is uncertain, nothing is asked of the client.
        if (wasUnsent(this.#actor, record) !== true) wishes.delete(call.group);
      } else if (result !== undefined && call.ackId === undefined) wishes.add(call.group);
    }
    for (const group of groups.heldSince(since)) wishes.add(group);
    for (const failure of rejoinFailures) wishes.delete(failure.group);
    for (const group of unsettled) wishes.delete(group);
    return wishes;
  }

  /** The service has said no for good. */
  refused(wire: Wire, ackId: number): void {
    const known = this.#refused.get(wire.connectionId);
    const { now } = this.#world.clock;
    if (known === undefined) this.#refused.set(wire.connectionId, new Map([[ackId, now]]));
    else known.set(ackId, now);
  }

  writes(wire: Wire, message: Json): void {
    const ackId = message["ackId"] as number | undefined;
    if (wire.received === 0 && message["type"] !== "ping")
      this.#failed("writes before the connection is proved");
    const wrong = checkFrame(this.#actor, message);
    if (wrong !== undefined) this.#failed(wrong);
    if (wire.connectionId !== this.#begunOn) this.#begins(wire, message);
    const key = operationKey(this.#actor.user, message);
    const isFirst = !this.#taken.has(key);
    this.#taken.add(key);
    if (ackId === undefined) return;
    // The refusal itself may prove a recovery, which sends everything again first.
    const refusedAt = this.#refused.get(wire.connectionId)?.get(ackId) ?? Infinity;
    if (!isFirst && !this.#actor.isStale && refusedAt < this.#world.clock.now && this.#isAutomatic(ackId))
      this.#failed(`ack id ${ackId} was refused for good, but is sent again`);
    const place = `${wire.connectionId} ${ackId}`;
    const meaning = fingerprint(message);
    const taken = this.#meanings.get(place);
    if (taken === undefined) this.#meanings.set(place, meaning);
    else if (taken !== meaning && this.#isAutomatic(ackId, message))
      this.#failed(`ack id ${ackId} stood for ${taken}, now for ${meaning}`);
  }

  /** No more wait unsent than may, and as many may. */
  calls(record: OperationRecord): void {
    const { maxPendingOperations: most } = this.#actor.plan;
    if (most > 100 || this.#world.plan.steps.some(({ what }) => what.do === "sendThrows")) return;
    const { numbered, others } = this.#waiting(record);
    // A refusal settles a little later.
    this.#world.clock.after(0, () => {
      const now = this.#waiting(undefined, false).numbered;
      if (now > most) this.#failed(`${now} operations wait unsent`);
      if (record.error?.code === "TooManyPending" && numbered + others < most)
        this.#failed(`op ${record.op} is one too many after ${numbered + others} that wait, of ${most}`);
    });
  }

  /** How many sends and events wait unsent, and how many other operations may. */
  #waiting(but?: OperationRecord, isRestoredToo = true): { numbered: number; others: number } {
    const count = { numbered: 0, others: 0 };
    for (const record of this.#actor.program.operations) {
      const { op, settledAt, call, isSuspended, handOvers } = record;
      if (settledAt !== undefined || record === but || isSuspended) continue;
      // As many go on as there were.
      if (handOvers > 0 && !isRestoredToo) continue;
      if ((call.do !== "send" && call.do !== "event") || handOvers > 0) count.others++;
      else if (!this.#taken.has(`op ${op}`)) count.numbered++;
    }
    return count;
  }

  /** @param message left out: any with this id */
  #isAutomatic(ackId: number, message?: Json): boolean {
    const meaning = message && fingerprint(message);
    const isChosen = ({ call, op }: OperationRecord): boolean => {
      if (call.ackId !== ackId) return false;
      if (meaning === undefined) return true;
      return meaning === `op ${op}` || ("group" in call && meaning === `${TYPES[call.do]} ${call.group}`);
    };
    // Who holds the session too doesn't know who has chosen it.
    const { holders = { actors: [this.#actor] } } = this.#actor;
    return !holders.actors.some(({ program }) => program.operations.some(isChosen));
  }
}
