import type {
  CancelInvocationMessage,
  InvokeMessage,
  InvokeResponseMessage,
  WebPubSubMessage,
} from "../../core/models/messages.js";
import { writeTabFrame } from "./tabFrames.js";
import type { TabSession } from "./tabSession.js";

/** What the invocations need of their owner. */
export interface SharedInvocationsHost {
  /** Writes a frame; while the link is down it is dropped, as one that was lost with it. */
  write(message: WebPubSubMessage): void;
  /** Writes a frame now, or once the link is there again. */
  writeSurely(message: WebPubSubMessage): void;
}

/** The invocations of the tabs: their ids are unique among the tabs, and answers go back to the right one. */
export class SharedInvocations {
  readonly #host: SharedInvocationsHost;
  /** Those without an answer, by the ids that the service knows. */
  readonly #asked = new Map<string, { readonly tab: TabSession; readonly id: string }>();

  constructor(host: SharedInvocationsHost) {
    this.#host = host;
  }

  write(tab: TabSession, message: InvokeMessage | CancelInvocationMessage): void {
    const id = message.invocationId;
    // The ids of the worker's own invocations are numbers, unless it chooses them.
    const invocationId = `tab${tab.index}:${id}`;
    if (message.kind === "invoke") {
      this.#asked.set(invocationId, { tab, id });
      this.#host.write({ ...message, invocationId });
    } else if (this.#asked.delete(invocationId)) {
      this.#host.writeSurely({ ...message, invocationId });
    }
  }

  answered(message: InvokeResponseMessage): void {
    const asked = this.#asked.get(message.invocationId);
    this.#asked.delete(message.invocationId);
    asked?.tab.post(writeTabFrame({ ...message, invocationId: asked.id }));
  }

  /** A tab has gone: nobody waits for its answers. */
  drop(tab: TabSession): void {
    for (const [invocationId, asked] of [...this.#asked]) {
      if (asked.tab !== tab) continue;
      this.#asked.delete(invocationId);
      this.#host.writeSurely({ kind: "cancelInvocation", invocationId });
    }
  }
}
