import type { WebPubSubClientState } from "../../../src/core/models/events.js";
import type { Actor } from "./actor.js";
import type { World } from "./world.js";

/** How long the client goes on after the last user has gone, in ms. */
const RELEASE_DELAY = 1_000;

/** The program's users of the connection (`retain`): the first starts the client, the last stops it. */
export class RetentionUse {
  /** So many times it may have started the client. */
  starts = 0;
  isUsed = false;
  /** When the last user has gone, if the client is to be stopped for that. */
  #releasedAt: number | undefined;
  /** The client has stopped since. */
  #hasStopped = false;
  /** The first user has come while the client was stopping. */
  #startsAgain = false;
  readonly #ends: (() => void)[] = [];
  readonly #actor: Actor;
  readonly #world: World;

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
  }

  /** A new page or process begins: its client has no users yet. */
  begins(): void {
    this.#ends.length = 0;
    this.#releasedAt = undefined;
    this.#startsAgain = false;
  }

  retain(): void {
    const { client, program, name } = this.#actor;
    this.#world.trace(name, () => `retains while ${client.state}`);
    this.isUsed = true;
    if (this.#ends.length === 0) {
      this.#releasedAt = undefined;
      this.#startsAgain = client.state === "Stopping";
      if (client.state === "Stopped" || client.state === "Stopping") this.starts++;
      if (client.state === "Stopped") program.begins();
    }
    const { state } = client;
    this.#ends.push(client.retain());
    if (state === "Stopped" && this.#ends.length === 1)
      this.#world.clock.after(0, () => this.#checkStarted());
  }

  release(): void {
    const { client, program, name } = this.#actor;
    const end = this.#ends.shift();
    if (end === undefined) return;
    this.#world.trace(name, () => `releases while ${client.state}`);
    end();
    if (this.#ends.length > 0) return;
    if (this.#startsAgain && client.state === "Stopped") program.wanted = false;
    this.#startsAgain = false;
    // There is nothing to stop, and what is started next is somebody else's.
    if (client.state === "Stopped") return;
    const { now } = this.#world.clock;
    this.#releasedAt = now;
    this.#hasStopped = false;
    this.#world.clock.after(RELEASE_DELAY, () =>
      this.#world.clock.after(1, () => {
        const { state } = client;
        // What a listener of the stop has started isn't the retention's any more.
        if (this.#hasStopped || this.#releasedAt !== now || this.#actor.timeIsWrong) return;
        if (state !== "Stopped" && state !== "Stopping")
          this.#failed(`nobody retains it any more, but it is ${state}`);
      }),
    );
  }

  /** The timer of its end may be set. */
  get isEnding(): boolean {
    return this.#releasedAt !== undefined;
  }

  stateChanged(state: WebPubSubClientState): void {
    // Somebody else has started it first.
    if (state === "Connecting") this.#startsAgain = false;
    if (this.#releasedAt === undefined || (state !== "Stopping" && state !== "Stopped")) return;
    if (this.#world.clock.now - this.#releasedAt < RELEASE_DELAY) return;
    this.#hasStopped = true;
    this.#actor.program.wanted = false;
  }

  /** The client has told that it is stopped. */
  stopped(): void {
    this.#releasedAt = undefined;
    if (this.#startsAgain && this.#ends.length > 0) this.#actor.program.begins();
    this.#startsAgain = false;
  }

  #checkStarted(): void {
    const { client, plan } = this.#actor;
    if (client.state === "Stopped" && this.#ends.length > 0 && plan.autoReconnect && plan.maxReconnects < 0)
      if (this.#actor.program.wanted) this.#failed("is retained, but not started");
  }

  #failed(reason: string): void {
    this.#world.failed(`${this.#actor.name}: ${reason}`);
  }
}
