import type { WebPubSubClient } from "../../../src/webPubSubClient.js";
import { observe } from "../../../src/features/observe/index.js";
import type {
  ObservedAttempt,
  ObservedOperation,
  ObservedRecovery,
} from "../../../src/features/observe/models.js";

/** Observes the clients of one actor, and checks that what is told is complete and agrees with the rest. */
export class ObservationCheck {
  readonly #failed: (reason: string) => void;
  readonly #pending = new Set<ObservedOperation>();
  readonly #settled = new Set<ObservedOperation>();
  #framesOut = 0;

  constructor(failed: (reason: string) => void) {
    this.#failed = (reason) => failed(`observation: ${reason}`);
  }

  begins(client: WebPubSubClient): void {
    const failed = this.#failed;
    let attempt: ObservedAttempt | undefined;
    let recovery: ObservedRecovery | undefined;
    observe(client, {
      onAttemptStarted: (begun) => {
        if (attempt !== undefined) failed("an attempt begins within another one");
        if (client.state !== "Connecting" && client.state !== "Recovering")
          failed(`an attempt begins while the client is ${client.state}`);
        attempt = begun;
      },
      onAttemptEnded: (ended) => {
        if (ended !== attempt) failed("an attempt ends that didn't begin");
        attempt = undefined;
        const { outcome, error } = ended;
        if ((outcome === "succeeded") !== (client.state === "Connected"))
          failed(`an attempt ${outcome}, and the client is ${client.state}`);
        if (outcome === "failed" && error === undefined) failed("an attempt failed without an error");
      },
      onRecoveryStarted: (begun) => {
        if (recovery !== undefined) failed("a recovery begins within another one");
        recovery = begun;
      },
      onRecoveryEnded: (ended) => {
        if (ended !== recovery) failed("a recovery ends that didn't begin");
        recovery = undefined;
        if (ended.recovered === undefined || ended.durationInMs === undefined)
          failed("a recovery ends without a result");
      },
      onState: ({ state }) => {
        if (state !== client.connectionInfo.state)
          failed(`told ${state}, but the client is ${client.connectionInfo.state}`);
        const isAttempt = state === "Connecting";
        if (isAttempt && attempt === undefined && client.state === state)
          failed(`${state} without an attempt`);
      },
      onFrame: (frame) => {
        if (frame.direction === "out") this.#framesOut++;
        if (frame.kind === "unknown" && frame.direction === "out") failed("a written frame is unknown");
        if (!(frame.bytes > 0)) failed(`a frame has ${frame.bytes} bytes`);
        if ("message" in frame) failed("a frame has content that nobody asked for");
      },
      onOperationQueued: (operation) => void this.#pending.add(operation),
      onOperationSent: (operation) => {
        if (!this.#pending.has(operation) && !this.#settled.has(operation))
          failed(`${operation.kind} is sent that wasn't queued`);
        if (operation.timesSent === 0) failed(`${operation.kind} is sent, but never was`);
      },
      onOperationSettled: (operation) => {
        if (!this.#pending.delete(operation)) failed(`${operation.kind} is settled twice`);
        this.#settled.add(operation);
        if (operation.error === undefined && operation.timesSent === 0 && operation.ackId === undefined)
          failed(`${operation.kind} succeeds, but was never sent`);
      },
      onLoad: ({ pending, unread }) => {
        if (!(pending >= 0 && unread >= 0)) failed(`${pending} are pending, ${unread} are unread`);
      },
    });
  }

  /** All clients are stopped. @param written how many frames the sockets have taken */
  checkAtEnd(written: number): void {
    for (const { kind } of this.#pending) this.#failed(`${kind} was never settled`);
    if (this.#framesOut !== written)
      this.#failed(`${this.#framesOut} frames were told, but ${written} were written`);
  }
}
