import type { DisconnectedMessage } from "../models/messages.js";
import type { OnStateChangedArgs, CoreClientEvents, WebPubSubClientState } from "../models/events.js";
import type { Emitter } from "../util/emitter.js";
import type { Identity } from "./state.js";

/**
 * What the application has been told, and in what order it is told. `connected` waits for the
 * groups; what follows a connection that was never announced isn't announced either.
 */
export class Announcer {
  readonly #emitter: Emitter<CoreClientEvents>;
  readonly #whenJoined: (callback: () => void) => void;
  #told: WebPubSubClientState = "Stopped";
  #current: { readonly identity: Identity; announced: boolean; joined: boolean } | undefined;
  #linked = false;
  #farewell: DisconnectedMessage | undefined;

  /** @param whenJoined calls back once the groups are joined again: at once if there are none */
  constructor(emitter: Emitter<CoreClientEvents>, whenJoined: (callback: () => void) => void) {
    this.#emitter = emitter;
    this.#whenJoined = whenJoined;
  }

  stateChanged(
    state: WebPubSubClientState,
    details: Omit<OnStateChangedArgs, "state" | "previousState">,
  ): void {
    const previousState = this.#told;
    this.#told = state;
    // The last words of a connection or an attempt say nothing about the next one.
    if (state === "Connecting") this.#farewell = undefined;
    const reason = details.reason || (state === "Connected" ? undefined : this.#farewell?.message);
    this.#emitter.emit("state-changed", {
      state,
      previousState,
      ...details,
      ...(reason ? { reason } : undefined),
    });
  }

  /** The service's last words, for the event that follows. */
  farewell(message: DisconnectedMessage): void {
    this.#farewell = message;
  }

  connected(identity: Identity): void {
    // Where a listener moved on before the last one's end was told, it is told now.
    const state = this.#told;
    this.disconnected();
    if (this.#told !== state) return;
    const current = { identity, announced: false, joined: false };
    this.#current = current;
    this.#linked = true;
    this.#whenJoined(() => {
      if (this.#current !== current) return;
      current.joined = true;
      this.#announce();
    });
  }

  recovering({ connectionId }: Identity): void {
    // A connection in this one's place was lost within its first write: the end comes late, but comes.
    if (this.#current?.identity.connectionId !== connectionId) this.disconnected();
    const wasLinked = this.#linked;
    this.#linked = false;
    if (wasLinked && this.#current?.announced) this.#emitter.emit("recovering", { connectionId });
  }

  recovered(identity: Identity): void {
    // Lost within its first write, before anything could be told of it.
    if (this.#current?.identity.connectionId !== identity.connectionId) {
      return this.connected(identity);
    }
    // A listener of the change of state may have moved on before `recovering` was told.
    const wasTold = !this.#linked;
    this.#linked = true;
    this.#farewell = undefined;
    if (!this.#current.announced) return this.#announce();
    if (wasTold) this.#emitter.emit("recovered", { connectionId: identity.connectionId });
  }

  disconnected(): void {
    const current = this.#current;
    const message = this.#farewell;
    this.#linked = false;
    this.#current = undefined;
    this.#farewell = undefined;
    if (!current?.announced) return;
    this.#emitter.emit("disconnected", { connectionId: current.identity.connectionId, message });
  }

  stopped(): void {
    this.#emitter.emit("stopped", {});
  }

  #announce(): void {
    const current = this.#current;
    if (!this.#linked || !current?.joined || current.announced) return;
    current.announced = true;
    const { connectionId, userId } = current.identity;
    this.#emitter.emit("connected", { connectionId, userId });
  }
}
