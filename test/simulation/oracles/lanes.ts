import type { Actor, Answer, Written } from "../world/actor.js";
import type { Json } from "./model.js";
import type { OperationCall, OperationRecord } from "../world/program.js";
import { uniqueIds, type Ids } from "./operationOracle.js";

/** What a frame is in its lane, and of which kind: of two of one kind the newer decides. */
const KINDS: Readonly<Record<string, readonly [lane: string, kind: string]>> = {
  joinGroup: ["membership", "place"],
  leaveGroup: ["membership", "place"],
  setGroupState: ["membership", "state"],
  subscribeGroupState: ["presence", "place"],
  unsubscribeGroupState: ["presence", "place"],
};
/** The frame of each call that has a lane. */
export const TYPES: Readonly<Record<string, string>> = {
  join: "joinGroup",
  leave: "leaveGroup",
  state: "setGroupState",
  watch: "subscribeGroupState",
  unwatch: "unsubscribeGroupState",
};
/** Errors of calls that were turned away: they have never stood in a lane. */
const TURNED_AWAY: readonly unknown[] = ["TooManyPending", "AckIdInUse", "InvalidMessage"];
/** What a service says to whom it will never say anything else. */
const DENIALS: readonly string[] = ["Forbidden", "BadRequest"];
/** The pause before a refused operation is tried again, in ms; timers run in whole ms. */
const RETRY_DELAY = 1_000;
const GRAIN = 1;

/** One frame in a lane. */
interface Step extends Written {
  readonly type: string;
  readonly ackId: number;
  /** Whose it is; undefined: the client's own. */
  readonly owner: OperationRecord | undefined;
  /** Its id stands for others too, so nobody knows. */
  readonly unsure: boolean;
}

/** The calls and the frames of one lane. */
interface Lane {
  readonly group: string;
  /** Calls that have stood in it, in their order. */
  readonly calls: OperationRecord[];
  readonly steps: Step[];
}

/** What a client has had to say about each group, one after the other. Made when all is over. */
export class Lanes {
  readonly #actor: Actor;
  readonly #lanes = new Map<string, Lane>();
  readonly #unique: Ids;
  /** Answers by ack id, in the order in which they came. */
  readonly #answers = new Map<number, Answer[]>();
  /** Those in whose place newer ones were sent. */
  readonly #replaced = new Map<OperationRecord, OperationRecord>();
  /** Those that were replaced, and given up alone. */
  readonly #yielded = new Set<OperationRecord>();

  constructor(actor: Actor) {
    this.#actor = actor;
    this.#unique = uniqueIds(actor);
    const owners = new Map<number, OperationRecord>();
    for (const record of actor.program.operations) {
      const key = laneOf(record.call);
      if (key === undefined || !isTaken(record)) continue;
      this.#lane(key).calls.push(record);
      const ackId = record.result?.ackId ?? record.error?.ackId;
      if (ackId === undefined) continue;
      const other = owners.get(ackId);
      // The end of another one: that one was sent for both.
      const isReplaced = other?.settledAt === record.settledAt && laneOf(other?.call ?? record.call) === key;
      if (other !== undefined && (isReplaced || this.#unique.has(ackId))) this.#replaced.set(other, record);
      owners.set(ackId, record);
    }
    for (const written of actor.written) {
      const { message } = written;
      const key = laneOfFrame(message);
      const ackId = message["ackId"];
      if (key === undefined || typeof ackId !== "number") continue;
      const type = String(message["type"]);
      const unsure = !this.#unique.has(ackId);
      this.#lane(key).steps.push({
        ...written,
        type,
        ackId,
        owner: unsure ? undefined : owners.get(ackId),
        unsure,
      });
    }
    for (const lane of this.#lanes.values())
      for (const call of lane.calls) if (this.#hasYielded(call, lane)) this.#yielded.add(call);
    for (const answer of actor.heard) {
      const known = this.#answers.get(answer.ackId);
      if (known === undefined) this.#answers.set(answer.ackId, [answer]);
      else known.push(answer);
    }
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    const [, group = ""] = key.split(" ");
    if (lane === undefined) this.#lanes.set(key, (lane = { group, calls: [], steps: [] }));
    return lane;
  }

  /** Another one was sent in its place, even if it was given up before that one had ended. */
  isReplaced(record: OperationRecord): boolean {
    return this.#replaced.has(record) || this.#yielded.has(record);
  }

  #hasYielded(
    { call, error, moment, settledAt = Infinity }: OperationRecord,
    { calls, steps }: Lane,
  ): boolean {
    if (call.do !== "state" || error?.code !== "Aborted") return false;
    if (steps.some(({ ackId }) => ackId === error.ackId)) return false;
    return calls.some((other) => other.call.do === "state" && other.moment > moment && other.at <= settledAt);
  }

  /** When that frame went out, the call was still waiting for those before it in its lane. */
  waits(record: OperationRecord, behind: Written): boolean {
    const key = laneOf(record.call);
    const lane = key === undefined ? undefined : this.#lanes.get(key);
    if (lane === undefined) return false;
    const { at, moment, wire } = behind;
    const isHeldUp = lane.calls.some(
      (other) => other.op < record.op && !this.isReplaced(other) && (other.settledAt ?? Infinity) >= at,
    );
    if (isHeldUp) return true;
    const own = lane.steps.findLast(
      (step) => step.moment < moment && step.owner !== record && step.wire.connectionId === wire.connectionId,
    );
    if (own === undefined || own.owner !== undefined) return false;
    const { ackTimeoutInMs } = this.#actor.plan;
    // Whoever slept finds the answer only then.
    const isLate = !this.#actor.timeIsWrong && at > own.at + ackTimeoutInMs + RETRY_DELAY + 2 * GRAIN;
    return !isLate && !this.#isAnswered(own, behind);
  }

  /** A final answer had come by then. */
  #isAnswered({ ackId, moment }: Step, { moment: by, at }: Written): boolean {
    return this.#answersTo(ackId).some(
      (answer) =>
        answer.moment > moment &&
        answer.moment < by &&
        answer.name !== "InternalServerError" &&
        answer.at < at + GRAIN,
    );
  }

  #answersTo(ackId: number): readonly Answer[] {
    return this.#answers.get(ackId) ?? [];
  }

  check(failed: (reason: string) => void): void {
    for (const [record, newer] of this.#replaced) this.#checkReplaced(record, newer, failed);
    for (const [key, lane] of this.#lanes) {
      const fails = (reason: string): void => failed(`${key}: ${reason}`);
      this.#checkOrder(lane, fails);
      if (this.#actor.sendIsBroken) continue;
      this.#checkOneByOne(lane, fails);
      this.#checkGivenUp(lane, fails);
      this.#checkAskedAgain(lane, fails);
      this.#checkReason(lane, fails);
      this.#checkPrompt(lane, fails);
    }
  }

  /** It ends with the newer one, which says the same thing anew, and is never sent itself. */
  #checkReplaced(record: OperationRecord, newer: OperationRecord, failed: (reason: string) => void): void {
    const { op, call } = record;
    if (call.do !== "state" || newer.call.do !== "state" || call.group !== newer.call.group)
      return failed(`op ${op} has the ack id of op ${newer.op}`);
    if (
      record.settledAt !== newer.settledAt ||
      JSON.stringify(record.result) !== JSON.stringify(newer.result)
    )
      failed(`op ${op} was replaced by op ${newer.op}, and ends otherwise`);
    if (record.error?.code !== newer.error?.code)
      failed(`op ${op} was replaced by op ${newer.op}, and fails otherwise`);
    const isGivenUp = newer.error?.code === "Aborted" && record.signal?.aborted !== true;
    const { written, thrown } = this.#actor;
    // A socket that throws may have taken it nevertheless.
    const tries = [...written, ...thrown];
    if (isGivenUp && !tries.some(({ message }) => message["ackId"] === newer.error?.ackId))
      failed(`op ${op} was replaced by op ${newer.op}, which was never sent, and ends with it`);
    const isSent = this.#actor.written.some(
      ({ message, moment }) =>
        message["type"] === "setGroupState" && message["ackId"] === call.ackId && moment > record.moment,
    );
    if (
      call.ackId !== undefined &&
      call.ackId !== newer.result?.ackId &&
      this.#unique.has(call.ackId) &&
      isSent
    )
      failed(`op ${op} was replaced by op ${newer.op}, and sent`);
    const lane = this.#lanes.get(laneOf(call) ?? "");
    const between = lane?.calls.find(
      (other) =>
        other.op > op &&
        other.op < newer.op &&
        other.call.do !== "state" &&
        (other.settledAt ?? Infinity) > newer.at,
    );
    if (between !== undefined) failed(`op ${op} was replaced by op ${newer.op} past op ${between.op}`);
  }

  /** The calls of a lane go out in their order, each when the one before has ended. */
  #checkOrder({ calls, steps }: Lane, failed: (reason: string) => void): void {
    for (const { owner, at } of steps) {
      if (owner === undefined) continue;
      for (const other of calls) {
        if (other.op >= owner.op) break;
        if (!this.isReplaced(other) && (other.settledAt ?? Infinity) > at)
          failed(`op ${owner.op} goes out before op ${other.op} has ended`);
      }
    }
  }

  /** Never two on their way at once; the client's own pass what isn't on its way, and nothing passes them. */
  #checkOneByOne(lane: Lane, failed: (reason: string) => void): void {
    let last: Step | undefined;
    for (const step of lane.steps) {
      const before = last;
      last = step;
      if (before === undefined || before.ackId === step.ackId || before.unsure || step.unsure) continue;
      if (before.wire.connectionId !== step.wire.connectionId) continue;
      if (before.owner === undefined ? this.#hasEnded(lane, before, step) : isSettled(before.owner, step))
        continue;
      const passes = before.owner !== undefined && step.owner === undefined;
      if (!passes || this.#isOnItsWay(before, step))
        failed(`ack id ${step.ackId} goes out while ${before.ackId} is on its way`);
    }
  }

  /** Written on this transport, and neither refused nor out of time. */
  #isOnItsWay(before: Step, { wire, at, moment }: Step): boolean {
    if (before.wire !== wire || this.#isOutOfTime(before, at)) return false;
    return !this.#answersTo(before.ackId).some(
      (answer) => answer.moment > before.moment && answer.moment < moment,
    );
  }

  #isOutOfTime(step: Step, at: number): boolean {
    return this.#actor.timeIsWrong || at - step.at >= this.#actor.plan.ackTimeoutInMs;
  }

  /** One of the client's own had its answer, or no further try. */
  #hasEnded(lane: Lane, before: Step, step: Step): boolean {
    if (this.#isAnswered(before, step)) return true;
    // Nobody waits for what a client has asked by itself whose session another one has.
    if (this.#actor.handOver.isBetween(before.moment, step.moment)) return true;
    const tries = lane.steps.filter(
      ({ ackId, wire, moment }) =>
        ackId === before.ackId && wire.connectionId === before.wire.connectionId && moment < step.moment,
    );
    const isUsedUp = tries.length > this.#actor.plan.maxRetries;
    const isCalledOff = lane.calls.some(
      (call) =>
        kindOf(call.call) === KINDS[before.type]?.[1] &&
        call.moment < step.moment &&
        call.at >= (tries[0]?.at ?? 0),
    );
    return (isUsedUp || isCalledOff) && !this.#isOnItsWay(before, step);
  }

  /** A call of the same kind ends the tries of the client's own. */
  #checkGivenUp({ calls, steps }: Lane, failed: (reason: string) => void): void {
    const sent = new Map<number, Step>();
    for (const step of steps) {
      const before = sent.get(step.ackId);
      sent.set(step.ackId, step);
      if (before?.wire !== step.wire || step.owner !== undefined || step.unsure) continue;
      const call = calls.find(
        (each) =>
          kindOf(each.call) === KINDS[step.type]?.[1] &&
          each.moment > before.moment &&
          each.moment < step.moment,
      );
      if (call !== undefined) failed(`ack id ${step.ackId} is sent again, though op ${call.op} decides`);
    }
  }

  /** What the service has denied for good isn't asked again on that connection, unless something new has come. */
  #checkAskedAgain({ group, calls, steps }: Lane, failed: (reason: string) => void): void {
    const asked = new Set<number>();
    for (const step of steps) {
      const isAgain = asked.has(step.ackId);
      asked.add(step.ackId);
      if (isAgain || step.owner !== undefined || step.unsure || KINDS[step.type]?.[1] === "state") continue;
      const denied = steps.findLast(
        ({ type, wire, moment }) =>
          type === step.type && wire.connectionId === step.wire.connectionId && moment < step.moment,
      );
      const denial =
        denied &&
        this.#answersTo(denied.ackId).find(
          ({ moment, name }) => moment > denied.moment && moment < step.moment && DENIALS.includes(name),
        );
      if (denial === undefined) continue;
      const isNew =
        this.#actor.handOver.isBetween(denial.moment, step.moment) ||
        calls.some((call) => (call.settledAt ?? 0) >= denial.at && call.at <= step.at) ||
        steps.some(
          ({ type, moment }) => type !== step.type && moment > denial.moment && moment < step.moment,
        ) ||
        this.#actor.groups.hasComeSince(group, denied?.at ?? 0);
      if (!isNew) failed(`${group} is asked for again (${step.type}) after a refusal for good`);
    }
  }

  /** The client leaves by itself only where it may have entered. */
  #checkReason({ group, steps }: Lane, failed: (reason: string) => void): void {
    const asked = new Set<number>();
    for (const step of steps) {
      const isAgain = asked.has(step.ackId);
      asked.add(step.ackId);
      const isLeave = step.type === "leaveGroup" || step.type === "unsubscribeGroupState";
      if (!isLeave || isAgain || step.owner !== undefined || step.unsure) continue;
      const enters = steps.filter(
        ({ type, wire, moment }) =>
          moment < step.moment &&
          wire.connectionId === step.wire.connectionId &&
          (type === "joinGroup" || type === "subscribeGroupState"),
      );
      // Of several sendings one may have been executed before another was refused.
      const wasUnderWay =
        this.#actor.handOver.mayHaveAsked.has(group) ||
        this.#actor.program.operations.some(
          ({ call, handOvers }) => handOvers > 0 && "group" in call && call.group === group,
        ) ||
        enters.some(
          (enter) =>
            this.#actor.handOver.isBetween(enter.moment, step.moment) &&
            // Which subscriptions there were, and which were refused, isn't saved for sure.
            (step.type === "unsubscribeGroupState" || !this.#isAnswered(enter, step)),
        );
      if (wasUnderWay) continue;
      const mayBeIn = enters.some((enter) => {
        const { ackId, owner, unsure, moment: sentAt } = enter;
        const isAlone = enters.filter((each) => each.ackId === ackId).length === 1;
        const answer = this.#answersTo(ackId).find(({ moment }) => moment > sentAt && moment < step.moment);
        // A timer may fire, and a signal too, before an answer that has come meanwhile is read.
        const end = owner?.settledAt ?? Infinity;
        const isTimely =
          answer !== undefined &&
          (owner?.error === undefined || owner.error.code === "Refused"
            ? answer.at <= end
            : answer.at < end) &&
          (end < Infinity || !this.#isOutOfTime(enter, answer.at));
        return unsure || !isAlone || !isTimely || answer.name === "success" || answer.name === "Duplicate";
      });
      if (!mayBeIn) failed(`${group} is left (ack id ${step.ackId}), which was never entered`);
    }
  }

  /** Nothing waits in a lane whose first has ended. */
  #checkPrompt(lane: Lane, failed: (reason: string) => void): void {
    const { plan, timeIsWrong, written } = this.#actor;
    if (timeIsWrong) return;
    const seen = new Set<number>();
    for (const step of lane.steps) {
      const { owner, ackId, at, moment, wire, unsure, isUnhindered } = step;
      const isFirst = !seen.has(ackId);
      seen.add(ackId);
      if (!isFirst || owner === undefined || unsure || !isUnhindered) continue;
      const before = lane.calls.filter(({ op }) => op < owner.op);
      const last = lane.steps.findLast((other) => other.moment < moment);
      if (last !== undefined && last.owner === undefined && !this.#isAnswered(last, step)) continue;
      // What a call was answered after its end lets nobody go.
      const answers =
        last?.owner === undefined && last !== undefined
          ? this.#answersTo(last.ackId).filter((each) => each.moment < moment)
          : [];
      const since = written.find((each) => each.wire === wire)?.at ?? at;
      const due = Math.max(
        since,
        owner.at,
        ...before.map(({ settledAt = 0 }) => (settledAt <= at ? settledAt : 0)),
        ...answers.map((each) => each.at),
      );
      const patience = 2 * plan.latency[1] + GRAIN;
      if (at <= due + patience) continue;
      // Behind a burst it waits for one answer after the other, and each lets more of the burst out.
      const lastFrame = written.findLast((each) => each.wire === wire && each.moment < moment);
      if (at > (lastFrame?.at ?? 0) + patience)
        failed(`op ${owner.op} goes out ${at - due} ms after its turn has come`);
    }
  }
}

/** The lane of a call, if it has one. */
function laneOf(call: OperationCall): string | undefined {
  const type = TYPES[call.do];
  const [lane] = KINDS[type ?? ""] ?? [];
  return lane === undefined || !("group" in call) ? undefined : `${lane} ${call.group}`;
}

/** The lane of a frame, if it has one. */
export function laneOfFrame({ type, group }: Json): string | undefined {
  const [lane] = KINDS[String(type)] ?? [];
  return lane && `${lane} ${String(group)}`;
}

function kindOf(call: OperationCall): string | undefined {
  return KINDS[TYPES[call.do] ?? ""]?.[1];
}

/** It has stood in its lane; who leaves a group that has subscribers asks nobody. */
export function isTaken({ call, result, error, at, settledAt }: OperationRecord): boolean {
  if (call.abortAfter === -1 || TURNED_AWAY.includes(error?.code)) return false;
  // One that was taken has an id by then.
  const hasId = error?.ackId !== undefined && error.ackId !== call.ackId;
  if (error?.code === "NotStarted" && settledAt === at && !hasId) return false;
  return result === undefined || result.ackId !== undefined;
}

function isSettled({ settledAt = Infinity }: OperationRecord, { at }: Step): boolean {
  return settledAt <= at;
}
