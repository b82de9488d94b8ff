import { SendMessageError } from "../../../src/core/errors.js";
import type { OnRestored, WebPubSubResult } from "../../../src/core/models/options.js";
import type { SavedSession } from "../../../src/core/models/savedSession.js";
import type { WebPubSubClientState } from "../../../src/core/models/events.js";
import type { Actor } from "./actor.js";
import type { Call } from "../plans/plan.js";
import { knownStates } from "../oracles/stateOracle.js";
import { Signal } from "./signal.js";
import type { World } from "./world.js";

export type OperationCall = Exclude<
  Call,
  {
    do:
      | "start"
      | "stop"
      | "subscribe"
      | "unsubscribe"
      | "retain"
      | "release"
      | "stream"
      | "invoke"
      | "suspend"
      | "revert"
      | "double";
  }
>;

/** One call of an operation and how it ended. */
export interface OperationRecord {
  readonly op: number;
  readonly call: OperationCall;
  readonly at: number;
  readonly moment: number;
  readonly stateAtCall: WebPubSubClientState;
  readonly connectionAtCall: string | undefined;
  signal: Signal | undefined;
  /** The client it was called on has ended with its session suspended, and no other has told of it yet. */
  isSuspended: boolean;
  /** How often that has happened. */
  handOvers: number;
  /** It was called between two clients, before the next one went on with so many sessions. */
  readonly isBetween: boolean;
  readonly sessionsBefore: number;
  /** It has failed before its client went on with the session. */
  isForgotten: boolean;
  /** The group had subscribers; undefined: on the page before, for all that is known. */
  readonly isHeld: boolean | undefined;
  /** It was called on, and ended with, another client whose session this one holds too. */
  readonly isInherited: boolean;
  /** Its ack id, where another client has chosen it. */
  readonly ackId?: number | undefined;
  /** Those that aren't settled at the time of the call and have the ack id that it brings. */
  readonly rivals: readonly OperationRecord[];
  result: WebPubSubResult | undefined;
  error: SendMessageError | undefined;
  settledAt: number | undefined;
}

/** One call of `start` or `stop`. */
export interface LifeRecord {
  readonly kind: "start" | "stop";
  readonly at: number;
  readonly stateAtCall: WebPubSubClientState;
  readonly signal: Signal | undefined;
  readonly frozenFor: number;
  readonly allowedInMs: number;
  readonly drainInMs: number;
  readonly keepsTrying: boolean;
  /** It goes on with the connection of a saved session. */
  readonly resumes: boolean;
  /** The client was suspended meanwhile. */
  isSuspended: boolean;
  error: Error | undefined;
  settledAt: number | undefined;
}

/** The application: calls the client and keeps a record of every call. */
export class Program {
  readonly operations: OperationRecord[] = [];
  /** Sends and events by their number. */
  readonly numbered = new Map<number, OperationRecord>();
  readonly lives: LifeRecord[] = [];
  /** The program has started the client and not stopped it. */
  wanted = false;
  readonly #actor: Actor;
  readonly #world: World;
  #newestStart: LifeRecord | undefined;

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
  }

  /** Operations and lives without an end. */
  get pending(): number {
    let count = 0;
    for (const { settledAt } of this.operations) if (settledAt === undefined) count++;
    for (const { settledAt } of this.lives) if (settledAt === undefined) count++;
    return count + this.#actor.streams.pending + this.#actor.invocations.pending;
  }

  /** Operations of the client's own that wait for their answer on this connection. */
  get ownPending(): number {
    const { written, answered, client } = this.#actor;
    // After that long the client has tried again, or given up.
    const recent = this.#world.clock.now - this.#actor.plan.ackTimeoutInMs - 5_000;
    const waits = ({ wire, message, at }: (typeof written)[number]): boolean => {
      const ackId = message["ackId"] as number | undefined;
      if (at < recent || ackId === undefined || wire.connectionId !== client.connectionId) return false;
      if (answered.has(ackId)) return false;
      // An explicit id may have been the client's own before, or be so again.
      return !this.operations.some(
        (record) =>
          ackId === (record.result?.ackId ?? record.error?.ackId ?? record.call.ackId) &&
          at >= record.at &&
          at <= (record.settledAt ?? Infinity),
      );
    };
    return written.filter(waits).length;
  }

  /** By its options the client may end by itself. */
  get mayStopByItself(): boolean {
    const { autoReconnect, maxReconnects } = this.#actor.plan;
    return !autoReconnect || maxReconnects >= 0;
  }

  /** The client says that it is stopped. */
  stopped(): void {
    if (this.wanted && !this.mayStopByItself) this.#world.failed(`${this.#actor.name} stopped by itself`);
    this.wanted = false;
    this.#actor.retention.stopped();
    this.#actor.groups.stopped();
    this.#world.stopped(this.#actor);
  }

  /** The client is started otherwise than by a call of `start`. */
  begins(): void {
    this.wanted = true;
    this.#newestStart = undefined;
  }

  call(call: Call): void {
    const { groups, retention, handOver } = this.#actor;
    const { state } = this.#actor.client;
    if (!handOver.allows(call)) return;
    if (call.do === "suspend") return handOver.suspend(call);
    if (call.do === "revert") return handOver.revert(call);
    if (call.do === "double") return handOver.double(call);
    handOver.calls(call);
    const isLife = call.do === "start" || call.do === "stop";
    if (!isLife && (state === "Stopped" || state === "Stopping"))
      this.#actor.askedUnstartedAt = this.#world.clock.now;
    if (isLife) this.#live(call);
    else if (call.do === "subscribe") groups.subscribe(call.group, call.loop);
    else if (call.do === "unsubscribe") groups.unsubscribe(call.group);
    else if (call.do === "retain") retention.retain();
    else if (call.do === "release") retention.release();
    else if (call.do === "stream") this.#actor.streams.send(call, this.#signal(call.abortAfter));
    else if (call.do === "invoke") this.#actor.invocations.invoke(call, this.#signal(call.abortAfter));
    else if (call.do === "send") for (let i = 0; i < (call.times ?? 1); i++) this.#operate(call);
    else this.#operate(call);
  }

  /** The client is about to be suspended. */
  suspends(): void {
    this.wanted = false;
    for (const life of this.lives) life.isSuspended ||= life.settledAt === undefined;
  }

  /** Goes on with what the client before has suspended. */
  resume(session: SavedSession, hasConnection: boolean, onRestored: OnRestored): void {
    this.#live({ do: "start" }, { resume: session, onRestored }, hasConnection);
  }

  /** The client has told of an operation of the one before. */
  restored(record: OperationRecord, result: Promise<WebPubSubResult>): void {
    record.isSuspended = false;
    record.error = record.result = record.settledAt = record.signal = undefined;
    record.handOvers++;
    result.then(
      (value) => this.#settled(record, value),
      (error: SendMessageError) => this.#settled(record, undefined, error),
    );
  }

  /** A join was acknowledged, and no leave called since. */
  wishes(group: string): boolean {
    let wished = false;
    for (const { call, result } of this.operations) {
      if (call.do === "join" && call.group === group && result !== undefined) wished = true;
      if (call.do === "leave" && call.group === group) wished = false;
    }
    return wished;
  }

  #live(
    call: Extract<Call, { do: "start" | "stop" }>,
    more?: { readonly resume: SavedSession; readonly onRestored: OnRestored },
    resumes = false,
  ): void {
    const { client, environment } = this.#actor;
    const signal = call.do === "start" ? this.#signal(call.abortAfter) : undefined;
    const asked = call.do === "start" && call.keepTrying === true;
    // A session keeps trying, whether it has a connection or not.
    const keepsTrying = asked || more !== undefined;
    const record: LifeRecord = {
      kind: call.do,
      at: this.#world.clock.now,
      stateAtCall: client.state,
      signal,
      frozenFor: environment.frozenFor,
      // A wake grants an attempt 5 s more at most, a close frame has 50 ms.
      allowedInMs: call.do === "start" ? (keepsTrying ? Infinity : 10_001) : (call.drain ?? 0) + 60,
      keepsTrying,
      resumes,
      isSuspended: false,
      drainInMs: call.do === "stop" ? (call.drain ?? 0) : 0,
      error: undefined,
      settledAt: undefined,
    };
    this.lives.push(record);
    // There is nothing to stop where it is stopped; who retains it has it started in a moment.
    if (call.do === "stop") this.wanted &&= record.stateAtCall === "Stopped";
    else if (record.stateAtCall === "Stopped" && signal?.aborted !== true) {
      this.wanted = true;
      this.#newestStart = record;
      if (keepsTrying && signal !== undefined)
        signal.onAbort = () => {
          if (record.settledAt === undefined) this.wanted = false;
        };
    }
    this.#world.trace(this.#actor.name, () => `calls ${JSON.stringify(call)} while ${client.state}`);
    const promise =
      call.do === "start"
        ? client.start(
            signal === undefined && !keepsTrying
              ? undefined
              : { abortSignal: signal, keepTrying: asked, ...more },
          )
        : client.stop(call.drain === undefined ? undefined : { drainInMs: call.drain });
    promise.then(
      () => this.#lived(record),
      (error: Error) => this.#lived(record, error),
    );
  }

  #lived(record: LifeRecord, error?: Error): void {
    const { client, environment, name } = this.#actor;
    const failed = (reason: string): void => this.#world.failed(`${name}: ${reason}`);
    record.settledAt = this.#world.clock.now;
    record.error = error;
    this.#world.trace(name, () => `${record.kind} ${error === undefined ? "resolves" : error.message}`);
    const took = record.settledAt - record.at - (environment.frozenFor - record.frozenFor);
    if (took > record.allowedInMs) failed(`${record.kind}() took ${took} ms`);
    if (record.kind === "stop") {
      if (error !== undefined) failed(`stop() rejected: ${error.message}`);
      return;
    }
    if (record.stateAtCall !== "Stopped" && error === undefined)
      failed(`start() resolved although it was ${record.stateAtCall}`);
    if (record.stateAtCall === "Stopped" && error !== undefined && this.#newestStart === record) {
      if (record.keepsTrying && this.wanted && !this.mayStopByItself)
        failed(`start() doesn't keep trying: ${error.message}`);
      this.wanted = false;
    }
    if (client.state === "Stopped") this.#world.stopped(this.#actor);
  }

  #operate(call: OperationCall): void {
    const { client } = this.#actor;
    if (call.do === "state" || call.do === "watch" || call.do === "unwatch") this.#world.usesStates = true;
    const op = this.#world.nextOperation();
    const record: OperationRecord = {
      op,
      call,
      at: this.#world.clock.now,
      moment: ++this.#actor.moment,
      stateAtCall: client.state,
      connectionAtCall: client.connectionId,
      signal: this.#signal(call.abortAfter),
      isSuspended: false,
      isBetween: this.#actor.handOver.isUnderWay,
      sessionsBefore: this.#actor.handOver.count,
      isForgotten: false,
      handOvers: 0,
      isInherited: false,
      isHeld: call.do === "leave" && this.#isHeld(call.group),
      rivals:
        call.ackId === undefined || isForgotten(call)
          ? []
          : this.operations.filter(
              ({ call: other, settledAt, at, isSuspended }) =>
                settledAt === undefined &&
                !isSuspended &&
                other.ackId === call.ackId &&
                !isForgotten(other) &&
                at < this.#world.clock.now,
            ),
      result: undefined,
      error: undefined,
      settledAt: undefined,
    };
    this.operations.push(record);
    if (call.do === "send" || call.do === "event") this.numbered.set(op, record);
    this.#actor.conduct.calls(record);
    this.#world.trace(
      this.#actor.name,
      () => `calls op ${op}: ${JSON.stringify(call)} while ${client.state}`,
    );
    this.#invoke(record).then(
      (result) => this.#settled(record, result),
      (error: SendMessageError) => this.#settled(record, undefined, error),
    );
  }

  #isHeld(group: string): boolean | undefined {
    const { groups } = this.#actor;
    return groups.holds(group) === true || (groups.mayBeKept(group) ? undefined : false);
  }

  #invoke({ op, call, signal }: OperationRecord): Promise<WebPubSubResult> {
    const { client } = this.#actor;
    const options = { ackId: call.ackId, abortSignal: signal };
    switch (call.do) {
      case "join":
        return client.joinGroup(call.group, options);
      case "leave":
        return client.leaveGroup(call.group, options);
      case "state":
        return call.value === undefined
          ? client.clearGroupState(call.group, options)
          : client.setGroupState(call.group, { is: call.value }, options);
      case "watch":
        return client.subscribeGroupStates(call.group, options);
      case "unwatch":
        return client.unsubscribeGroupStates(call.group, options);
      case "send": {
        const more = { noEcho: call.noEcho, fireAndForget: call.forget, ttlSeconds: call.ttl };
        const content = call.bytes === undefined ? { op } : { op, filling: filling(call.bytes) };
        return client.sendToGroup(call.group, content, "json", { ...options, ...more });
      }
      case "event": {
        const content = call.reply === true ? { op, reply: true } : { op };
        return client.sendEvent("told", content, "json", { ...options, fireAndForget: call.forget });
      }
    }
  }

  #settled(record: OperationRecord, result?: WebPubSubResult, error?: SendMessageError): void {
    if (error?.code === "Suspended") return this.#suspended(record, error);
    record.settledAt = this.#world.clock.now;
    record.result = result;
    const { toldStates } = this.#actor;
    // What came before the answer couldn't be asked for yet.
    if (result !== undefined && record.call.do === "watch")
      toldStates.set(record.call.group, knownStates(this.#actor, record.call.group));
    const answer = result?.ackId === undefined ? undefined : this.#actor.answers.get(result.ackId);
    if (result !== undefined && answer !== undefined && result.isDuplicated !== (answer === "Duplicate"))
      this.#world.failed(
        `${this.#actor.name}: op ${record.op} was answered ${answer}, its result says otherwise`,
      );
    // What ends before its client goes on with the session has no id yet that would last.
    const { handOver } = this.#actor;
    const isEarly = record.isBetween && record.sessionsBefore === handOver.count;
    const isNameless = isEarly && record.call.ackId === undefined;
    record.isForgotten = handOver.isUnderWay;
    record.error = error !== undefined && isNameless ? withoutId(error) : error;
    this.#checkWait(record);
    // Where it was the last one that a drain waited for, the client is stopping by now.
    const isAway = ["Connecting", "Recovering", "Disconnected"].includes(this.#actor.client.state);
    if (error?.code === "AckTimeout" && isAway)
      this.#world.failed(`${this.#actor.name}: op ${record.op} ran out of time without a connection`);
    this.#world.trace(this.#actor.name, () => {
      const how = error === undefined ? JSON.stringify(result) : `${error.code}: ${error.message}`;
      return `op ${record.op} settles: ${how}`;
    });
  }

  #suspended(record: OperationRecord, error: SendMessageError): void {
    const { name, handOver } = this.#actor;
    this.#world.trace(name, () => `op ${record.op} is suspended`);
    if (!handOver.isUnderWay) this.#world.failed(`${name}: op ${record.op} rejects with ${error.code}`);
    if ((record.signal?.listeners.size ?? 0) > 0)
      this.#world.failed(`${name}: op ${record.op} is suspended, but listens to its abort signal`);
    // It was that of a page that is gone.
    record.signal = undefined;
    record.isSuspended = true;
    record.error = error;
  }

  /** An operation of a client that isn't started waits for that as long as for its retries, and is refused then. */
  #checkWait({ op, at, call, error, stateAtCall, isHeld }: OperationRecord): void {
    const { changedAt, plan, timeIsWrong } = this.#actor;
    // Whether the client began or ended something meanwhile.
    if (stateAtCall !== "Stopped" || changedAt >= at || timeIsWrong) return;
    if (error !== undefined && error.code !== "NotStarted") return;
    const waited = this.#world.clock.now - at;
    const isLocal = call.do === "leave" && isHeld !== false && error === undefined;
    if (!isLocal && (error === undefined || waited !== plan.maxRetries * 1_000))
      this.#world.failed(`${this.#actor.name}: op ${op} ends ${waited} ms after its call, without a start`);
  }

  #signal(abortAfter: number | undefined): Signal | undefined {
    if (abortAfter === undefined) return undefined;
    const signal = new Signal(() => this.#world.clock.now);
    if (abortAfter < 0) signal.abort();
    else this.#world.clock.after(abortAfter, () => this.#actor.soon(() => signal.abort()));
    return signal;
  }
}

/** So much text. */
export function filling(bytes: number): string {
  return "x".repeat(bytes);
}

function withoutId({ message, code, cause, errorDetail }: SendMessageError): SendMessageError {
  return new SendMessageError(message, { code, cause, errorDetail });
}

function isForgotten(call: OperationCall): boolean {
  return "forget" in call && call.forget === true;
}
