import type { Context, Effect, Event, Identity, State } from "../../src/core/connection/state.js";
import { transition } from "../../src/core/connection/transition.js";
import { ConnectionError } from "../../src/core/errors.js";
import { toSettings } from "../../src/core/options.js";
import type { Caller, Outlet } from "./caller.js";

const IDENTITY: Identity = { connectionId: "c", userId: "u", reconnectionToken: "t" };
const { reconnectRetry, connectTimeoutInMs } = toSettings();

/** One error for each close code: 100,000 clients make millions of them. */
const errors = new Map<number, ConnectionError>();
function closed(closeCode: number): ConnectionError {
  let error = errors.get(closeCode);
  if (error === undefined) {
    error = new ConnectionError("Closed", `The WebSocket was closed: ${closeCode}`, { closeCode });
    errors.set(closeCode, error);
  }
  return error;
}

/** The client's own state machine with default options; the world is its socket and its timer. */
export class MachineCaller implements Caller {
  readonly #outlet: Outlet;
  #state: State = {
    name: "Connected",
    told: { connectionId: IDENTITY.connectionId, recovering: false },
    disconnectedMessage: undefined,
    drainUntil: undefined,
    groups: "joined",
    identity: IDENTITY,
    confirmed: true,
    // It has stood for an hour.
    stableAt: -3_600_000,
    resumed: false,
    earlyLosses: 0,
    epoch: 1,
    due: Infinity,
  };

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  dropped(code: number): void {
    this.#dispatch({ type: "lost", epoch: this.#state.epoch, error: closed(code) });
  }

  refused(): void {
    this.dropped(1006);
  }

  forgotten(): void {
    this.#dispatch({ type: "open", epoch: this.#state.epoch });
    this.dropped(1008);
  }

  welcomed(): void {
    const { epoch } = this.#state;
    this.#dispatch({ type: "open", epoch });
    this.#dispatch({ type: "connected", epoch, identity: IDENTITY });
    if (this.#state.name !== "Connected") throw new Error(`Let in, but ${this.#state.name}.`);
  }

  /** As the client's runner does it: effects in order, but those that were overtaken. */
  #dispatch(event: Event): void {
    const before = this.#state;
    const { state, effects } = transition(before, event, this.#context());
    this.#state = state;
    if (state.due !== Infinity && (state.due !== before.due || state.epoch !== before.epoch)) {
      const { due, epoch } = state;
      this.#outlet.after(due - this.#outlet.now(), () => {
        if (this.#state.due === due && this.#state.epoch === epoch) this.#dispatch({ type: "due" });
      });
    }
    for (const effect of effects) {
      if (this.#state.name === state.name && this.#state.epoch === state.epoch) this.#run(effect);
    }
  }

  #run(effect: Effect): void {
    if (effect.type === "dispatch") this.#dispatch(effect.event);
    else if (effect.type === "openSocket")
      this.#outlet.attempt(this.#state.name === "Recovering" ? "recovery" : "new");
    else if (effect.type === "getUrl") this.#dispatch({ type: "url", epoch: this.#state.epoch });
  }

  #context(): Context {
    return {
      now: this.#outlet.now(),
      random: this.#outlet.random(),
      isStarting: false,
      reliable: true,
      canPing: true,
      autoReconnect: true,
      reconnectRetry,
      connectTimeoutInMs,
    };
  }
}
