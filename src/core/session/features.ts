import type { ClientLogger } from "../log.js";
import type { WebPubSubMessage } from "../models/messages.js";
import type { FeatureHooks } from "./featureHooks.js";

type Receiver = (message: never, size: number) => void;

/** The features of a client. If one throws, that is logged; the client and the other features go on. */
export class Features {
  readonly #logger: ClientLogger;
  readonly #features: FeatureHooks[] = [];
  /** By message kind. */
  readonly #receivers: Partial<Record<string, Receiver[]>> = {};

  constructor(logger: ClientLogger) {
    this.#logger = logger;
  }

  /** @param isOpen a connection stands already */
  add(feature: FeatureHooks, isOpen: boolean): void {
    this.#features.push(feature);
    for (const [kind, receive] of Object.entries(feature.receive ?? {}))
      (this.#receivers[kind] ??= []).push(receive);
    if (isOpen) this.#call(feature, (added) => added.onOpened?.());
  }

  /** How many things are under way that a draining stop waits for. */
  get pending(): number {
    return this.#features.reduce((sum, { pending = 0 }) => sum + pending, 0);
  }

  tell(hook: (feature: FeatureHooks) => void): void {
    for (const feature of this.#features) this.#call(feature, hook);
  }

  #call(feature: FeatureHooks, hook: (feature: FeatureHooks) => void): void {
    try {
      hook(feature);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  receive(message: WebPubSubMessage, size: number): void {
    const receivers = this.#receivers[message.kind];
    if (receivers === undefined) return;
    for (const receive of receivers) {
      try {
        receive(message as never, size);
      } catch (thrown) {
        this.#failed(thrown);
      }
    }
  }

  #failed(thrown: unknown): void {
    this.#logger.error("A feature failed:", thrown);
  }
}
