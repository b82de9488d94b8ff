import type { ConnectionError } from "../errors.js";
import { report } from "../util/report.js";
import type { WebPubSubMessage } from "../models/messages.js";
import { reportRejection } from "../util/safely.js";
import type { FeatureHooks } from "./featureHooks.js";
import type { WebPubSubResult } from "../models/options.js";
import type { OperationMessage } from "../models/messages.js";
import type { SubmitOptions } from "./operations.js";

/** The hooks that are methods. */
type Hook = Exclude<keyof FeatureHooks, "name" | "pending" | "receive" | "restore" | "save" | "submitAgain">;
type Receiver = (message: never, size: number) => unknown;

/** The features of a client. If one throws, that is reported; the client and the other features go on. */
export class Features {
  readonly #features: FeatureHooks[] = [];
  /** By message kind. */
  readonly #receivers: Partial<Record<string, Receiver[]>> = {};

  /** What was saved by features that aren't in use yet. */
  #saved: Record<string, unknown> = {};
  /** How the connection of that was lost since. */
  lost: ConnectionError | undefined;

  /** @param isOpen a connection stands already */
  add(feature: FeatureHooks, isOpen: boolean): void {
    // First, since it throws for what isn't an object.
    const receivers = Object.entries(feature.receive ?? {});
    this.#features.push(feature);
    for (const [kind, receive] of receivers) (this.#receivers[kind] ??= []).push(receive);
    this.#restore(feature);
    if (isOpen) this.call(() => feature.onOpened?.());
  }

  save(isExact: boolean): Record<string, unknown> {
    // What nobody has restored is about the connection that was taken over.
    const all: Record<string, unknown> = this.lost ? {} : { ...this.#saved };
    for (const feature of this.#features)
      if (feature.name !== undefined)
        this.call((name) => (all[name] = feature.save?.(isExact)), feature.name);
    return all;
  }

  restore(saved: Readonly<Record<string, unknown>>): void {
    this.#saved = { ...saved };
    this.lost = undefined;
    for (const feature of this.#features) this.#restore(feature);
  }

  submitAgain(message: OperationMessage, options: SubmitOptions): Promise<WebPubSubResult> | undefined {
    for (const feature of this.#features) {
      const result = feature.submitAgain?.(message, options);
      if (result) return result;
    }
    return undefined;
  }

  #restore(feature: FeatureHooks): void {
    const { name = "" } = feature;
    const saved = this.#saved[name];
    delete this.#saved[name];
    if (saved === undefined) return;
    this.call(() => feature.restore?.(saved));
    const { lost } = this;
    if (lost) this.call(() => feature.onLost?.(lost));
  }

  /** How many things are under way that a draining stop waits for. */
  get pending(): number {
    let sum = 0;
    const add = ({ pending = 0 }: FeatureHooks): void => {
      sum += Number(pending) || 0;
    };
    for (const feature of this.#features) this.call(add, feature);
    return sum;
  }

  /** Calls a hook of all features. */
  tell<Name extends Hook>(name: Name, ...args: Parameters<NonNullable<FeatureHooks[Name]>>): void {
    for (const feature of this.#features as readonly Partial<
      Record<Hook, (...given: unknown[]) => unknown>
    >[])
      this.call(() => feature[name]?.(...args));
  }

  /** Calls a function of a feature. What it throws, or its promise's rejection, is reported. */
  call<A, B>(call: (a: A, b: B) => unknown, a?: A, b?: B): void {
    try {
      reportRejection(call(a as A, b as B), failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  receive(message: WebPubSubMessage, size: number): void {
    const receivers = this.#receivers[message.kind];
    if (!receivers) return;
    for (const receive of receivers) this.call(receive, message as never, size);
  }
}

function failed(thrown: unknown): void {
  report("A feature failed:", thrown);
}
