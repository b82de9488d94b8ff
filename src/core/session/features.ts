import { report } from "../util/report.js";
import type { WebPubSubMessage } from "../models/messages.js";
import { reportRejection } from "../util/safely.js";
import type { FeatureHooks } from "./featureHooks.js";

/** The hooks that are methods. */
type Hook = Exclude<keyof FeatureHooks, "pending" | "receive">;
type Receiver = (message: never, size: number) => unknown;

/** The features of a client. If one throws, that is reported; the client and the other features go on. */
export class Features {
  readonly #features: FeatureHooks[] = [];
  /** By message kind. */
  readonly #receivers: Partial<Record<string, Receiver[]>> = {};

  /** @param isOpen a connection stands already */
  add(feature: FeatureHooks, isOpen: boolean): void {
    // First, since it throws for what isn't an object.
    const receivers = Object.entries(feature.receive ?? {});
    this.#features.push(feature);
    for (const [kind, receive] of receivers) (this.#receivers[kind] ??= []).push(receive);
    if (isOpen) this.call((added) => added.onOpened?.(), feature, 0);
  }

  /** How many things are under way that a draining stop waits for. */
  get pending(): number {
    let sum = 0;
    const add = ({ pending = 0 }: FeatureHooks): void => {
      sum += Number(pending) || 0;
    };
    for (const feature of this.#features) this.call(add, feature, 0);
    return sum;
  }

  /** Calls a hook of all features. */
  tell<Name extends Hook>(name: Name, ...args: Parameters<NonNullable<FeatureHooks[Name]>>): void {
    for (const feature of this.#features as readonly Partial<
      Record<Hook, (...given: unknown[]) => unknown>
    >[])
      this.call(() => feature[name]?.(...args), 0, 0);
  }

  /** Calls a function of a feature. What it throws, or its promise's rejection, is reported. */
  call<A, B>(call: (a: A, b: B) => unknown, a: A, b: B): void {
    try {
      reportRejection(call(a, b), failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  receive(message: WebPubSubMessage, size: number): void {
    const receivers = this.#receivers[message.kind];
    if (receivers === undefined) return;
    for (const receive of receivers) this.call(receive, message as never, size);
  }
}

function failed(thrown: unknown): void {
  report("A feature failed:", thrown);
}
