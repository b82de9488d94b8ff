import type { JSONTypes } from "../../core/models/messages.js";
import type { GroupStream, GroupStreamMessage } from "./models.js";
import { toBytes } from "../../core/util/base64.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { Queue } from "../../core/util/queue.js";
import { GroupStreamError } from "./groupStreamError.js";

type Step = IteratorResult<GroupStreamMessage, undefined>;
type Held = { readonly message: GroupStreamMessage; readonly size: number };

const DONE: Step = { done: true, value: undefined };

/** A stream that is being received, and its fragments that wait for a reader. */
export class InboundStream {
  /** The object that the application gets. */
  readonly view: GroupStream;
  readonly streamId: string;
  readonly #abort = new AbortController();
  readonly #onLeft: () => void;
  readonly #queue = new Queue<Held>();
  readonly #readers = new Queue<Deferred<Step>>();
  #size = 0;
  #isOver = false;
  #failure: GroupStreamError | undefined;
  /** One reader takes the whole rest of the stream. */
  #taken = false;
  #readable: GroupStream["readable"] | undefined;

  /** @param onLeft called when the reader has left the stream */
  constructor(groupName: string, streamId: string, onLeft: () => void) {
    this.streamId = streamId;
    this.#onLeft = onLeft;
    const readable = (): GroupStream["readable"] => (this.#readable ??= this.#makeReadable());
    this.view = {
      groupName,
      streamId,
      abortSignal: this.#abort.signal,
      get readable() {
        return readable();
      },
      [Symbol.asyncIterator]: () => this.#iterate(),
      text: () => this.#text(),
      bytes: () => this.#bytes(),
      json: async <T>() => JSON.parse(await this.#text()) as T,
    };
  }

  /** Size of the waiting fragments, in characters or bytes of their frames. */
  get size(): number {
    return this.#size;
  }

  #makeReadable(): GroupStream["readable"] {
    return new ReadableStream<JSONTypes | Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          const { done, value } = await this.#next();
          if (done) controller.close();
          else controller.enqueue(toPayload(value));
        },
        cancel: () => this.leave(),
      },
      // Fragments wait in this class, so the ReadableStream needs no buffer.
      { highWaterMark: 0 },
    );
  }

  #iterate(): AsyncIterableIterator<GroupStreamMessage, undefined> {
    let left = false;
    const iterator: AsyncIterableIterator<GroupStreamMessage, undefined> = {
      next: () =>
        this.#next().catch((error: unknown) => {
          if (left) return DONE;
          throw error;
        }),
      return: () => {
        left = true;
        this.leave();
        return Promise.resolve(DONE);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async #text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const message of this.#all()) {
      const payload = toPayload(message);
      if (payload instanceof Uint8Array) text += decoder.decode(payload, { stream: true });
      else text += decoder.decode() + toText(message);
    }
    return text + decoder.decode();
  }

  async #bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const message of this.#all()) {
      const payload = toPayload(message);
      const part = payload instanceof Uint8Array ? payload : new TextEncoder().encode(toText(message));
      parts.push(part);
      length += part.length;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  push(message: GroupStreamMessage, size: number): void {
    if (this.#isOver) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: message });
      return;
    }
    this.#queue.push({ message, size });
    this.#size += size;
  }

  /** No more fragments will come; with an error the stream is incomplete. */
  end(failure?: GroupStreamError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    for (const reader of this.#readers.drain()) {
      if (failure === undefined) reader.resolve(DONE);
      else reader.reject(failure);
    }
    this.#abort.abort(failure);
  }

  /** The reader leaves the stream: the rest is dropped. */
  leave(): void {
    const wasOver = this.#isOver;
    this.#queue.drain();
    this.#size = 0;
    // Other and later readers must not mistake this for the end.
    const failure = new GroupStreamError("Left", this.streamId, "The stream was left by its reader.");
    this.end(failure);
    this.#failure ??= failure;
    if (!wasOver) this.#onLeft();
  }

  /** The whole rest, for one reader only: if two shared it, each would mistake its part for the whole. */
  async *#all(): AsyncGenerator<GroupStreamMessage, undefined> {
    if (this.#taken || this.#readers.size > 0 || this.#readable?.locked) throw this.#refusal();
    this.#taken = true;
    for (;;) {
      const { done, value } = await this.#next(true);
      if (done) return;
      yield value;
    }
  }

  #refusal(): GroupStreamError {
    return new GroupStreamError("Taken", this.streamId, "The stream has another reader.");
  }

  #next(isTaker = false): Promise<Step> {
    if (this.#taken && !isTaker) return Promise.reject(this.#refusal());
    const held = this.#queue.shift();
    if (held !== undefined) {
      this.#size -= held.size;
      return Promise.resolve({ done: false, value: held.message });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve(DONE);
    const reader = deferred<Step>();
    this.#readers.push(reader);
    return reader.promise;
  }
}

function toPayload({ data }: GroupStreamMessage): JSONTypes | Uint8Array<ArrayBuffer> {
  return data instanceof ArrayBuffer ? toBytes(data) : data;
}

function toText({ dataType, data }: GroupStreamMessage): string {
  return dataType === "text" && typeof data === "string" ? data : JSON.stringify(data);
}
