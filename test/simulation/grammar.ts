import type { OnStateChangedArgs, WebPubSubClientState } from "../../src/models/events.js";

const NEXT: Readonly<Record<WebPubSubClientState, readonly WebPubSubClientState[]>> = {
  Stopped: ["Connecting"],
  Connecting: ["Connected", "Disconnected", "Stopping", "Stopped"],
  Connected: ["Recovering", "Disconnected", "Stopping", "Connected"],
  Recovering: ["Recovering", "Connected", "Disconnected", "Stopping"],
  Disconnected: ["Connecting", "Stopping"],
  Stopping: ["Stopped", "Stopping"],
};

/** In what order a client may tell what. */
export class Grammar {
  readonly #failed: (reason: string) => void;
  #state: WebPubSubClientState = "Stopped";
  #announced: string | undefined;
  #recovering = false;
  /** `stopped` events so far. */
  stops = 0;

  constructor(failed: (reason: string) => void) {
    this.#failed = failed;
  }

  stateChanged({ state, previousState }: OnStateChangedArgs, actual: WebPubSubClientState): void {
    if (previousState !== this.#state) {
      this.#failed(
        `state-changed says ${previousState} -> ${state}, but the last one told was ${this.#state}`,
      );
    }
    if (!NEXT[previousState].includes(state)) this.#failed(`state ${previousState} -> ${state} is no step`);
    if (actual !== state) this.#failed(`state-changed says ${state}, client.state is ${actual}`);
    this.#state = state;
  }

  connected(connectionId: string, state: WebPubSubClientState): void {
    if (this.#announced !== undefined) this.#failed("connected twice without disconnected between");
    if (state !== "Connected") this.#failed(`connected while ${state}`);
    this.#announced = connectionId;
    this.#recovering = false;
  }

  recovering(connectionId: string, state: WebPubSubClientState): void {
    this.#expect("recovering", connectionId, false);
    if (state !== "Recovering") this.#failed(`recovering while ${state}`);
    this.#recovering = true;
  }

  recovered(connectionId: string, state: WebPubSubClientState): void {
    this.#expect("recovered", connectionId, true);
    if (state !== "Connected") this.#failed(`recovered while ${state}`);
    this.#recovering = false;
  }

  disconnected(connectionId: string | undefined): void {
    if (this.#announced === undefined) this.#failed("disconnected without connected");
    else if (this.#announced !== connectionId) this.#failed("disconnected names another connection");
    this.#announced = undefined;
    this.#recovering = false;
  }

  stopped(state: WebPubSubClientState): void {
    if (this.#announced !== undefined) this.#failed("stopped without disconnected");
    if (state !== "Stopped") this.#failed(`stopped while ${state}`);
    this.stops++;
  }

  /** Whether the application believes to be connected. */
  get announced(): string | undefined {
    return this.#recovering ? undefined : this.#announced;
  }

  #expect(event: string, connectionId: string, recovering: boolean): void {
    if (this.#announced === undefined) this.#failed(`${event} before connected`);
    else if (this.#announced !== connectionId) this.#failed(`${event} names another connection`);
    if (this.#recovering !== recovering) this.#failed(`${event} at the wrong time`);
  }
}
