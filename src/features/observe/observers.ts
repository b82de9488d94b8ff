import type { ClientObserver, Sent } from "../../core/connection/clientObserver.js";
import type { Effect, Event, State } from "../../core/connection/state.js";
import type { FeaturePort } from "../../core/feature.js";
import type { InvokeMessage, OperationMessage, WebPubSubMessage } from "../../core/models/messages.js";
import { safely } from "../../core/util/safely.js";
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
    if (before !== after) this.#each((recorder) => recorder.stepped(event, before, after, effects));
  }

  received(frame: string | ArrayBuffer, messages: readonly (WebPubSubMessage | null)[]): void {
    this.#each((recorder) => recorder.received(frame, messages));
  }

  written(frame: string | ArrayBuffer, sent?: Sent): void {
    this.#each((recorder) => recorder.written(frame, sent));
  }

  submitted(message: OperationMessage | InvokeMessage, isInternal: boolean): (error?: Error) => void {
    const ends: ((error?: Error) => void)[] = [];
    this.#each((recorder) => ends.push(recorder.submitted(message, isInternal)));
    return (error) => {
      for (const end of ends) this.#try(() => end(error));
    };
  }

  #each(tell: (recorder: Recorder) => unknown): void {
    for (const recorder of this.#recorders) this.#try(() => tell(recorder));
  }

  /** The client goes on whatever an observer, an environment or a codec of the application's own does. */
  #try(action: () => unknown): void {
    safely(action, (error) => this.#port.onListenerError("an observation", error))(undefined);
  }
}
