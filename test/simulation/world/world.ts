import { Actor } from "./actor.js";
import { Backend } from "./backend.js";
import { Clock } from "./clock.js";
import type { Plan, Step } from "../plans/plan.js";
import { Reports } from "./reports.js";

/** Gets every line of a run's history. */
export type Tracer = (at: number, who: string, line: string) => void;

/** Everything of one run: one service, its clients, the network between them, one clock. */
export class World {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly backend: Backend;
  /** Those of the plan, and behind them others that hold the session of one of them too. */
  readonly actors: Actor[];
  readonly reports = new Reports();
  /** Somebody has asked for the states of a group, or to have one. */
  usesStates = false;
  /** The first promise that was broken. */
  violation: string | undefined;
  readonly #tracer: Tracer | undefined;
  #operations = 0;

  constructor(plan: Plan, tracer?: Tracer) {
    this.plan = plan;
    this.#tracer = tracer;
    this.clock = new Clock((error) =>
      this.failed(`threw ${error instanceof Error ? error.stack : String(error)}`),
    );
    this.backend = new Backend(this);
    this.actors = plan.clients.map((client, index) => new Actor(this, index, client));
  }

  failed(reason: string): void {
    this.trace("oracle", () => reason);
    this.violation ??= reason;
  }

  trace(who: string, line: () => string): void {
    this.#tracer?.(this.clock.now, who, line());
  }

  /** Another client holds the session of that one too. */
  double(first: Actor): Actor {
    const second = new Actor(this, this.actors.length, first.plan, first);
    this.actors.push(second);
    return second;
  }

  nextOperation(): number {
    return ++this.#operations;
  }

  perform(step: Step): void {
    if (step.client === undefined) {
      this.trace("world", () => JSON.stringify(step.what));
      const wires = this.actors.flatMap((actor) => actor.wires.filter((wire) => !wire.over));
      return this.backend.trouble(step.what, wires);
    }
    const first = this.actors[step.client];
    if (first === undefined) return;
    // Of two that hold one session each does something.
    const actor = step.at % 2 === 0 ? first : (first.holders?.other(first) ?? first);
    const { what } = step;
    switch (what.do) {
      case "start":
      case "stop":
      case "join":
      case "leave":
      case "send":
      case "event":
      case "state":
      case "watch":
      case "unwatch":
      case "subscribe":
      case "unsubscribe":
      case "retain":
      case "release":
      case "stream":
      case "invoke":
      case "suspend":
      case "revert":
      case "double":
        return actor.soon(() => actor.program.call(what));
      default:
        this.trace("world", () => `${actor.name}: ${JSON.stringify(what)}`);
        actor.trouble(what);
    }
  }

  /** A client says that it is stopped: it must not hold on to anything then. */
  stopped(actor: Actor): void {
    this.clock.after(1, () => actor.soon(() => this.checkStopped(actor)));
  }

  checkStopped(actor: Actor): void {
    const { name, client, environment, program, streams, invocations, retention, wires } = actor;
    if (client.state !== "Stopped") return;
    // Calls wait a while for a start, and longer where the client was frozen.
    const until = actor.askedUnstartedAt + actor.plan.maxRetries * 1_000 + environment.frozenFor;
    const waitsFor = until - this.clock.now;
    if (waitsFor >= 0) {
      this.clock.after(waitsFor + 1, () => actor.soon(() => this.checkStopped(actor)));
      return;
    }
    if (actor.grammar.owesStopped) this.failed(`${name} is stopped, but didn't tell it`);
    if (actor.credentialSignals.some(({ aborted }) => !aborted))
      this.failed(`${name} is stopped, but its credential wasn't told`);
    if (environment.timers.size > (retention.isEnding ? 1 : 0))
      this.failed(`${name} is stopped, but has timers`);
    if (environment.wakeListeners.size > 0) this.failed(`${name} is stopped, but waits for wake signals`);
    const { length } = program.operations.filter(
      ({ settledAt, isSuspended }) => settledAt === undefined && !isSuspended,
    );
    if (length > 0) this.failed(`${name} is stopped, but ${length} operations are unsettled`);
    if (invocations.pending > 0)
      this.failed(`${name} is stopped, but ${invocations.pending} invocations are unsettled`);
    if (streams.pending > 0)
      this.failed(`${name} is stopped, but ${streams.pending} calls on streams are unsettled`);
    if (streams.received.some(({ outcome }) => outcome === "open"))
      this.failed(`${name} is stopped, but the reader of a stream still waits`);
    if (wires.some(({ socket }) => socket.readyState < 2))
      this.failed(`${name} is stopped, but has a socket`);
  }

  heal(): void {
    this.trace("world", () => "all trouble ends");
    this.backend.heal();
    for (const actor of this.actors) actor.heal();
  }
}
