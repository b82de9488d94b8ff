import type { OnStateChangedArgs, WebPubSubClientState } from "../../../src/core/models/events.js";

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
  #attempt = 0;
  /** The client is being suspended: it stops at once. */
  #isSuspending = false;
  /** It starts with a session, and with this connection. */
  #isResuming = false;
  #resumed: string | undefined;
  /** The client has stopped, and `stopped` is yet to tell. */
  owesStopped = false;

  constructor(failed: (reason: string) => void) {
    this.#failed = failed;
  }

  stateChanged({ state, previousState, attempt }: OnStateChangedArgs, actual: WebPubSubClientState): void {
    if (previousState !== this.#state) {
      this.#failed(
        `state-changed says ${previousState} -> ${state}, but the last one told was ${this.#state}`,
      );
    }
    const isStep =
      NEXT[previousState].includes(state) ||
      (this.#isSuspending && state === "Stopped") ||
      (this.#isResuming && previousState === "Stopped" && state === "Recovering");
    if (!isStep) this.#failed(`state ${previousState} -> ${state} is no step`);
    if (actual !== state) this.#failed(`state-changed says ${state}, client.state is ${actual}`);
    this.#state = state;
    this.#count(previousState, attempt);
    // A listener that starts it again at once is told no more of the end.
    this.owesStopped = state === "Stopped" && (previousState === "Stopping" || this.#isSuspending);
    if (state === "Recovering" && previousState === "Stopped" && this.#resumed === undefined)
      this.#failed("recovers a connection that there was none of");
    this.#isSuspending = this.#isResuming = false;
  }

  /** Attempts are counted from 1, those to recover by themselves. */
  #count(previousState: WebPubSubClientState, attempt: number | undefined): void {
    let expected: number | undefined;
    if (this.#state === "Recovering") expected = previousState === "Recovering" ? this.#attempt + 1 : 1;
    else if (this.#state === "Disconnected")
      expected = previousState === "Connecting" ? this.#attempt + 1 : 1;
    else if (this.#state === "Connecting") expected = previousState === "Disconnected" ? this.#attempt : 1;
    if (attempt !== expected) this.#failed(`${this.#state} is told as attempt ${attempt}, not ${expected}`);
    this.#attempt = expected ?? 0;
  }

  /** The client is about to be suspended: no `disconnected` tells of that. */
  suspends(): void {
    this.#isSuspending = true;
    this.#announced = undefined;
    this.#recovering = false;
  }

  /** It is about to start with a session that was suspended. @param connectionId of the connection, if there was one */
  resumes(connectionId: string | undefined): void {
    this.#isResuming = true;
    this.#resumed = connectionId;
  }

  connected(connectionId: string, state: WebPubSubClientState, resumed: boolean | undefined): void {
    if ((resumed === true) !== (connectionId === this.#resumed))
      this.#failed(`connected says resumed: ${String(resumed)}`);
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
    if (!this.owesStopped) this.#failed("stopped was told already, or nothing had stopped");
    this.owesStopped = false;
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
