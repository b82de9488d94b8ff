import type {
  Context,
  Effect,
  Event,
  Identity,
  In,
  State,
  Step,
} from "../../../src/core/connection/state.js";
import { INITIAL_STATE } from "../../../src/core/connection/state.js";
import { transition } from "../../../src/core/connection/transition.js";
import { ConnectionError } from "../../../src/core/errors.js";
import { toSettings } from "../../../src/core/options.js";
import type { WebPubSubClientState } from "../../../src/core/models/events.js";

export const NOW = 1_000_000;

export const IDENTITY: Identity = { connectionId: "a", userId: "ann", reconnectionToken: "r1" };

export const CONTEXT: Context = {
  now: NOW,
  random: 0.5,
  isStarting: false,
  reliable: true,
  canPing: true,
  autoReconnect: true,
  reconnectRetry: toSettings().reconnectRetry,
  connectTimeoutInMs: 10_000,
};

export function closed(closeCode: number | undefined): ConnectionError {
  return new ConnectionError("Closed", `closed with ${closeCode}`, { closeCode, reason: "why" });
}

export function lost(epoch: number, closeCode: number | undefined = 1006): Event {
  return { type: "lost", epoch, error: closed(closeCode) };
}

/** Runs the machine as the runner does: effects in order, fed-back events before the rest. */
export class Machine {
  state: State = INITIAL_STATE;
  context: Context;
  /** Every effect so far but `dispatch` and `awaitGroups`. */
  readonly effects: Effect[] = [];
  /** States by name, each change of name or epoch once. */
  readonly path: WebPubSubClientState[] = [];
  last: Step = { state: INITIAL_STATE, effects: [] };
  /** A caller of `start` waits. */
  starting = false;
  /** The groups of a new connection are joined at once. */
  joins = true;

  constructor(context: Partial<Context> = {}) {
    this.context = { ...CONTEXT, ...context };
  }

  get now(): number {
    return this.context.now;
  }

  pass(ms: number): this {
    this.context = { ...this.context, now: this.now + ms };
    return this;
  }

  send(event: Event): this {
    // The runner hears a signal only while its `start` waits.
    if (event.type === "abort" && !this.starting) return this;
    if (event.type === "start" && this.state.name === "Stopped") this.starting = true;
    const step = transition(this.state, event, this.context);
    if (step.state.name !== this.state.name) this.path.push(step.state.name);
    this.state = step.state;
    this.last = step;
    for (const effect of step.effects) {
      const moved = this.state.name !== step.state.name || this.state.epoch !== step.state.epoch;
      if (moved && effect.type !== "settleStart" && effect.type !== "settleStop") continue;
      if (effect.type === "settleStart") this.starting = false;
      if (effect.type === "dispatch") this.send(effect.event);
      else if (effect.type !== "awaitGroups") this.effects.push(effect);
      // The groups are joined at once, unless a test says otherwise.
      if (effect.type === "awaitGroups" && this.joins)
        this.send({ type: "rejoined", connectionId: effect.connectionId });
    }
    return this;
  }

  /** Waits for the state's timer and lets it fire on time. */
  due(): this {
    if (this.state.due === Infinity) throw new Error(`${this.state.name} has no timer.`);
    return this.pass(this.state.due - this.now).send({ type: "due" });
  }

  /** The state, which must be of this name. */
  in<Name extends WebPubSubClientState>(name: Name): In<Name> {
    if (this.state.name !== name) throw new Error(`expected ${name}, but it is ${this.state.name}`);
    return this.state as In<Name>;
  }

  /** Effects since the last call. */
  take(): Effect[] {
    return this.effects.splice(0);
  }

  connect(identity: Identity = IDENTITY): this {
    if (this.state.name === "Stopped") this.send({ type: "start" });
    return this.send({ type: "url", epoch: this.state.epoch }).open().confirm(identity);
  }

  /** The current socket opens. */
  open(): this {
    return this.send({ type: "open", epoch: this.state.epoch });
  }

  /** The current socket brings a frame. */
  frame(): this {
    return this.send({ type: "frame", epoch: this.state.epoch });
  }

  /** The current socket brings a `connected` message. */
  confirm(identity: Identity = IDENTITY): this {
    return this.send({ type: "connected", epoch: this.state.epoch, identity });
  }

  lose(closeCode?: number): this {
    return this.send(lost(this.state.epoch, closeCode));
  }
}

export function types(effects: readonly Effect[]): string[] {
  return effects.map((effect) => {
    if (effect.type === "emit") return `emit ${effect.event}`;
    return effect.type === "dispatch" ? `dispatch ${effect.event.type}` : effect.type;
  });
}

/** Makes one step without what it feeds back. */
function raw(machine: Machine, event: Event): Machine {
  machine.state = transition(machine.state, event, machine.context).state;
  return machine;
}

/** One machine in each state and phase, freshly made. */
export const PLACES: Record<string, (context?: Partial<Context>) => Machine> = {
  Stopped: (context) => new Machine(context),
  "Connecting (start)": (context) => new Machine(context).send({ type: "start" }),
  "Connecting (start, open)": (context) => new Machine(context).send({ type: "start" }).open(),
  "Connecting (reconnect)": (context) => new Machine(context).connect().lose(1008),
  "Connecting (reconnect, open)": (context) => new Machine(context).connect().lose(1008).open(),
  Connected: (context) => new Machine(context).connect(),
  "Connected (recovered, unconfirmed)": (context) => new Machine(context).connect().lose().open().frame(),
  // The same holds for these two, which go on once the listeners have had their say.
  "Recovering (about to open)": (context) => raw(new Machine(context).connect(), lost(1)),
  "Disconnected (about to connect)": (context) => raw(new Machine(context).connect(), lost(1, 1008)),
  "Recovering (waiting)": (context) => new Machine(context).connect().lose().lose(),
  "Recovering (opening)": (context) => new Machine(context).connect().lose(),
  "Recovering (proving)": (context) => new Machine(context).connect().lose().open(),
  Disconnected: (context) => new Machine(context).connect().lose(1008).lose(),
  "Stopping (closing)": (context) => new Machine(context).connect().send({ type: "stop" }),
  // Only the listeners of the moment see this one; its way on is fed back by the runner.
  "Stopping (leaving)": (context) => raw(new Machine(context).send({ type: "start" }), { type: "stop" }),
};
