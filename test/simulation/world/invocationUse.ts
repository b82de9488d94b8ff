import type { InvocationError } from "../../../src/features/invocations/invocationError.js";
import type { WebPubSubClientState } from "../../../src/core/models/events.js";
import type { InvokeEventResult } from "../../../src/features/invocations/models.js";
import type { Actor } from "./actor.js";
import { REPLY } from "../oracles/model.js";
import { isBearable } from "../oracles/optionOracle.js";
import { isCalm, type InvokeCall } from "../plans/plan.js";
import type { Signal } from "./signal.js";
import type { World } from "./world.js";

export interface InvocationRecord {
  readonly op: number;
  readonly call: InvokeCall;
  readonly at: number;
  readonly frozenFor: number;
  readonly stateAtCall: WebPubSubClientState;
  readonly signal: Signal | undefined;
  /** Its client was suspended before it had an answer. */
  isSuspended: boolean;
  result: InvokeEventResult | undefined;
  error: InvocationError | undefined;
  settledAt: number | undefined;
}

/** The program's invocations. */
export class InvocationUse {
  readonly records: InvocationRecord[] = [];
  readonly #actor: Actor;
  readonly #world: World;

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
  }

  get pending(): number {
    let count = 0;
    for (const { settledAt } of this.records) if (settledAt === undefined) count++;
    return count;
  }

  invoke(call: InvokeCall, signal: Signal | undefined): void {
    const { client, environment, name } = this.#actor;
    const op = this.#world.nextOperation();
    const record: InvocationRecord = {
      op,
      call,
      at: this.#world.clock.now,
      frozenFor: environment.frozenFor,
      stateAtCall: client.state,
      signal,
      isSuspended: false,
      result: undefined,
      error: undefined,
      settledAt: undefined,
    };
    this.records.push(record);
    this.#checkWaiting(record);
    this.#world.trace(name, () => `calls op ${op}: ${JSON.stringify(call)} while ${client.state}`);
    client.invokeEvent("asked", { op }, { timeoutInMs: call.timeoutInMs, abortSignal: signal }).then(
      (result) => this.#settled(record, result),
      (error: InvocationError) => this.#settled(record, undefined, error),
    );
  }

  /** The client is about to be suspended: they end with it. */
  suspends(): void {
    for (const record of this.records) record.isSuspended ||= record.settledAt === undefined;
  }

  /** What was promised of invocations, checked when all is over. */
  check(): void {
    if (this.records.length === 0) return;
    const { written, sendIsBroken } = this.#actor;
    const bearable = isBearable(this.#actor, this.#world.plan);
    let last = -1;
    for (const { op, call, result, error, settledAt, stateAtCall, signal } of this.records) {
      const failed = (reason: string): void => this.#failed(`invocation ${op} ${reason}`);
      if (settledAt === undefined) failed("was never settled");
      if ((signal?.listeners.size ?? 0) > 0) failed("still listens to its abort signal");
      const sent = written.filter(
        ({ message }) =>
          message["type"] === "invoke" && (message["data"] as { op: number } | undefined)?.op === op,
      );
      const id = sent[0]?.message["invocationId"];
      const cancels = written.filter(
        ({ message }) => message["type"] === "cancelInvocation" && message["invocationId"] === id,
      );
      const executed = this.#world.backend.model.invoked.get(op) ?? 0;
      if (sent.length > 1) failed(`was sent ${sent.length} times`);
      if (executed > 1) failed(`was executed ${executed} times`);
      if (error?.code === "ConnectionLost" && sent.length === 0) failed("was lost, but never sent");
      if (call.abortAfter === -1) {
        if (sent.length > 0) failed("was refused at once, but sent");
        if (result !== undefined) failed("succeeded although it couldn't");
      }
      const first = sent[0] === undefined ? last : written.indexOf(sent[0]);
      if (first < last) failed("was sent before an earlier one");
      last = first;
      const isGivenUp =
        error?.code === "Timeout" || error?.code === "Aborted" || error?.code === "ConnectionLost";
      const spokeOn = written.some(
        ({ wire, at, message, moment }) =>
          // The service works for nothing where the client that would cancel it has gone.
          !this.#actor.handOver.isBetween(sent[0]?.moment ?? 0, moment) &&
          // A ping may be the question whether this is the same connection still.
          message["type"] !== "ping" &&
          wire.connectionId === sent[0]?.wire.connectionId &&
          at > (settledAt ?? Infinity),
      );
      if (isGivenUp && sent.length > 0 && cancels.length === 0 && spokeOn && !sendIsBroken)
        failed("was given up, but not cancelled");
      if (bearable && executed > 0 && isGivenUp && signal === undefined && call.timeoutInMs >= 600_000)
        failed("was executed, and its answer is lost although every cut could be recovered");
      if (sent.length > 0 && cancels.length > 1) failed(`was cancelled ${cancels.length} times`);
      if (sent.length > 0 && cancels.length > 0 && result !== undefined)
        failed("was answered, and cancelled");
      if (cancels.length > 0 && error?.code === "Refused") failed("was refused, and cancelled");
      if (
        error !== undefined &&
        error.code !== "TooManyPending" &&
        isCalm(this.#world.plan) &&
        stateAtCall !== "Stopped" &&
        !signal &&
        call.timeoutInMs >= 5_000
      )
        failed(`failed although nothing was wrong: ${error.message}`);
      if (result === undefined) continue;
      if (executed !== 1) failed(`was answered, but executed ${executed} times`);
      if ((result.data as { op?: number } | undefined)?.op !== REPLY + op)
        failed(`got the answer ${JSON.stringify(result.data)}`);
    }
  }

  #settled(record: InvocationRecord, result?: InvokeEventResult, error?: InvocationError): void {
    const { environment, name, disturbed } = this.#actor;
    record.settledAt = this.#world.clock.now;
    record.result = result;
    record.error = error;
    if (record.isSuspended && (error?.cause as { code?: string } | undefined)?.code !== "Suspended")
      this.#failed(`invocation ${record.op} was suspended, and ends as ${error?.code ?? "answered"}`);
    this.#world.trace(name, () => `op ${record.op} settles: ${error?.code ?? JSON.stringify(result)}`);
    const took = record.settledAt - record.at - (environment.frozenFor - record.frozenFor);
    if (took > record.call.timeoutInMs + 1 && !disturbed)
      this.#failed(`invocation ${record.op} took ${took} ms`);
    if (error?.code === "ConnectionLost") this.#checkPatience(record);
  }

  /** One that is given up while its connection stands has waited for its answer since the recovery. */
  #checkPatience({ op }: InvocationRecord): void {
    const { client, written, punctuality, plan, timeIsWrong } = this.#actor;
    const sent = written.find(
      ({ message }) =>
        message["type"] === "invoke" && (message["data"] as { op: number } | undefined)?.op === op,
    );
    if (client.state === "Recovering") this.#failed(`invocation ${op} was given up during a recovery`);
    if (client.state !== "Connected" || sent?.wire.connectionId !== client.connectionId || timeIsWrong)
      return;
    const waited = this.#world.clock.now - punctuality.resumedAt;
    if (waited < plan.ackTimeoutInMs || waited > plan.ackTimeoutInMs + 1)
      this.#failed(`invocation ${op} was given up ${waited} ms after a recovery, of ${plan.ackTimeoutInMs}`);
  }

  /** No more wait unsent than may, and as many may. */
  #checkWaiting(record: InvocationRecord): void {
    const most = this.#actor.plan.maxPendingOperations;
    if (most > 100 || this.#actor.sendIsBroken) return;
    const before = this.#waiting(record);
    // A refusal settles a little later.
    this.#world.clock.after(0, () => {
      const now = this.#waiting();
      if (now > most) this.#failed(`${now} invocations wait unsent`);
      if (record.error?.code === "TooManyPending" && before < most)
        this.#failed(`invocation ${record.op} is one too many after ${before} that wait, of ${most}`);
    });
  }

  #waiting(but?: InvocationRecord): number {
    const sent = new Set<unknown>();
    for (const { message } of this.#actor.written)
      if (message["type"] === "invoke") sent.add((message["data"] as { op?: number } | undefined)?.op);
    return this.records.filter((each) => each !== but && each.settledAt === undefined && !sent.has(each.op))
      .length;
  }

  #failed(reason: string): void {
    this.#world.failed(`${this.#actor.name}: ${reason}`);
  }
}
