import type { ClientObserver, Sent } from "../../core/connection/clientObserver.js";
import type { Effect, Event, State } from "../../core/connection/state.js";
import type { FeaturePort } from "../../core/feature.js";
import type { InvokeMessage, OperationMessage, WebPubSubMessage } from "../../core/models/messages.js";
import type { Observation, Observer } from "./models.js";
import { Recorder } from "./recorder.js";

/** The observers of one client. */
export class Observers implements ClientObserver {
  readonly #port: FeaturePort;
  readonly #recorders = new Set<Recorder>();

  constructor(port: FeaturePort) {
    this.#port = port;
  }

  add(observer: Observer, content: boolean): Observation {
    const port = this.#port;
    const recorder = new Recorder(port, observer, content);
    this.#recorders.add(recorder);
    port.observer = this;
    return {
      load: () => port.load,
      stop: () => {
        recorder.stop();
        this.#recorders.delete(recorder);
        if (this.#recorders.size === 0) port.observer = undefined;
      },
    };
  }

  stepped(event: Event, before: State, after: State, effects: readonly Effect[]): void {
    if (before === after) return;
    for (const recorder of this.#recorders) recorder.stepped(event, before, after, effects);
  }

  received(frame: string | ArrayBuffer, messages: readonly (WebPubSubMessage | null)[]): void {
    for (const recorder of this.#recorders) recorder.received(frame, messages);
  }

  written(frame: string | ArrayBuffer, sent?: Sent): void {
    for (const recorder of this.#recorders) recorder.written(frame, sent);
  }

  submitted(message: OperationMessage | InvokeMessage, isInternal: boolean): (error?: Error) => void {
    const told = [...this.#recorders].map((recorder) => recorder.submitted(message, isInternal));
    return (error) => {
      for (const tell of told) tell(error);
    };
  }
}
