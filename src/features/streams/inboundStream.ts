import type { JSONTypes } from "../../core/models/messages.js";
import { isBytes, toBytes } from "../../core/util/bytes.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { GroupStreamError } from "./groupStreamError.js";
import type { GroupStream, GroupStreamMessage } from "./models.js";

type Step = IteratorResult<GroupStreamMessage, undefined>;
type Held = { readonly message: GroupStreamMessage; readonly size: number };

const DONE: Step = { done: true, value: undefined };

/** A stream that is being received, and its fragments that wait for a reader. */
export class InboundStream {
  /** The object that the application gets. */
  readonly view: GroupStream;
  /** Size of the waiting fragments, in characters or bytes of their frames. */
  size = 0;
  /** No more fragments are taken. */
  isOver = false;
  readonly #abort = new AbortController();
  /** The fragments that came since the oldest ones were turned round. */
  #newest: Held[] = [];
  /** The oldest fragments, the very oldest last, where an array gives it away at constant cost. */
  #oldest: Held[] = [];
  readonly #readers: Deferred<Step>[] = [];
  #failure: GroupStreamError | undefined;
  /** One reader takes the whole rest of the stream. */
  #taken = false;
  #readable: GroupStream["readable"] | undefined;

  constructor(groupName: string, streamId: string) {
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
    // Made for bytes only: not every platform has one.
    let decoder: TextDecoder | undefined;
    const flush = (): string => decoder?.decode() ?? "";
    let text = "";
    for await (const part of this.#rest())
      text +=
        typeof part === "string"
          ? flush() + part
          : (decoder ??= new TextDecoder()).decode(part, { stream: true });
    return text + flush();
  }

  async #bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const part of this.#rest()) {
      const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
      parts.push(bytes);
      length += bytes.length;
    }
    const all = new Uint8Array(length);
    for (const part of parts.reverse()) all.set(part, (length -= part.length));
    return all;
  }

  push(message: GroupStreamMessage, size: number): void {
    if (this.isOver) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ done: false, value: message });
    this.#newest.push({ message, size });
    this.size += size;
  }

  /** No more fragments will come; with an error the stream is incomplete. */
  end(failure?: GroupStreamError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#failure = failure;
    for (const reader of this.#readers.splice(0)) {
      if (failure === undefined) reader.resolve(DONE);
      else reader.reject(failure);
    }
    this.#abort.abort(failure);
  }

  /** Ends the stream with an error of the client. */
  fail(code: string, message: string, cause?: Error): void {
    this.end(this.#error(code, message, cause));
  }

  /** The reader leaves the stream: the rest is dropped. */
  leave(): void {
    this.#newest = [];
    this.#oldest = [];
    this.size = 0;
    // Other and later readers must not mistake this for the end.
    const failure = this.#error("Left", "The stream was left by its reader.");
    this.end(failure);
    this.#failure ??= failure;
  }

  /** The whole rest, text or bytes, for one reader only: if two shared it, each would mistake its part for the whole. */
  async *#rest(): AsyncGenerator<string | Uint8Array<ArrayBuffer>, undefined> {
    if (this.#taken || this.#readers.length > 0 || this.#readable?.locked) throw this.#refusal();
    this.#taken = true;
    for (;;) {
      const { done, value } = await this.#next(true);
      if (done) return;
      const payload = toPayload(value);
      const isWritten =
        payload instanceof Uint8Array || (typeof payload === "string" && value.dataType === "text");
      yield isWritten ? payload : JSON.stringify(payload);
    }
  }

  #refusal(): GroupStreamError {
    return this.#error("Taken", "The stream has another reader.");
  }

  #error(code: string, message: string, cause?: Error): GroupStreamError {
    return new GroupStreamError(code, this.view.streamId, message, { cause });
  }

  async #next(isTaker = false): Promise<Step> {
    if (this.#taken && !isTaker) throw this.#refusal();
    if (this.#oldest.length === 0) {
      this.#oldest = this.#newest.reverse();
      this.#newest = [];
    }
    const held = this.#oldest.pop();
    if (held !== undefined) {
      this.size -= held.size;
      return { done: false, value: held.message };
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.isOver) return DONE;
    const reader = deferred<Step>();
    this.#readers.push(reader);
    return reader.promise;
  }
}

function toPayload({ data }: GroupStreamMessage): JSONTypes | Uint8Array<ArrayBuffer> {
  return isBytes(data) ? toBytes(data) : data;
}
