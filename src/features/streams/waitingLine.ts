import type { AbortSignalLike } from "@azure/abort-controller";
import type { StreamDataMessage } from "../../core/models/messages.js";
import type { Frame } from "../../core/session/frame.js";
import { sizeOf } from "../../core/util/sizeOf.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { aborted, type GroupStreamError } from "./groupStreamError.js";

/** A fragment that has no place in the window yet. */
export type WaitingFragment = {
  readonly message: StreamDataMessage;
  /** The message, encoded with the id that it will get unless an earlier one is aborted. */
  readonly frame: Frame;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignalLike | undefined;
};

type Entry = WaitingFragment & { /** Stops listening to the signal. */ readonly unlisten: () => void };

/** The fragments that wait for a place in the window, in the order of the calls. */
export class WaitingLine {
  readonly #entries = new Set<Entry>();
  #size = 0;

  get count(): number {
    return this.#entries.size;
  }

  /** Total length of the frames, in characters or bytes. */
  get size(): number {
    return this.#size;
  }

  add(fragment: WaitingFragment): void {
    const unlisten = whenAborted(fragment.signal, () => {
      this.#remove(entry);
      entry.reject(aborted(entry.message.streamId));
    });
    const entry: Entry = { ...fragment, unlisten };
    this.#entries.add(entry);
    this.#size += sizeOf(entry.frame);
  }

  peek(): WaitingFragment | undefined {
    for (const entry of this.#entries) return entry;
    return undefined;
  }

  shift(): void {
    for (const entry of this.#entries) return this.#remove(entry);
  }

  clear(error: GroupStreamError): void {
    for (const entry of this.#entries) {
      this.#remove(entry);
      entry.reject(error);
    }
  }

  #remove(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#size -= sizeOf(entry.frame);
    entry.unlisten();
  }
}
