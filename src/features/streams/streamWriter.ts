import { toError } from "../../core/errors.js";
import type { StreamEndError, WebPubSubDataType } from "../../core/models/messages.js";
import type {
  AbortGroupStreamOptions,
  EndGroupStreamOptions,
  GroupStreamWriteOptions,
  GroupStreamWriter,
  StreamContent,
} from "./models.js";
import { isBytes, toBytes } from "../../core/util/base64.js";
import { Emitter, type OnListenerError } from "../../core/util/emitter.js";
import { split } from "../../core/util/split.js";
import type { GroupStreamError } from "./groupStreamError.js";
import type { OutboundStream } from "./outboundStream.js";

/** Longest chunk that `writable` sends in one fragment: even escaped or in base64 it fits a frame. */
const LONGEST_CHUNK = 1 << 17;

/** What the application holds of a stream that it sends. */
export class StreamWriter implements GroupStreamWriter {
  readonly #stream: OutboundStream;
  readonly #emitter: Emitter<{ failed: GroupStreamError }>;
  #failure: GroupStreamError | undefined;
  #writable: WritableStream<StreamContent> | undefined;

  constructor(stream: OutboundStream, onListenerError: OnListenerError) {
    this.#stream = stream;
    this.#emitter = new Emitter((_, error) => onListenerError("a stream's error", error));
  }

  get streamId(): string {
    return this.#stream.id;
  }

  get writable(): WritableStream<StreamContent> {
    this.#writable ??= new WritableStream<StreamContent>({
      start: (controller) => {
        if (this.#failure !== undefined) controller.error(this.#failure);
        this.onError((error) => controller.error(error));
      },
      write: async (content, controller) => {
        // Not in Safari before 16.4.
        const abortSignal = controller.signal as AbortSignal | undefined;
        try {
          for (const chunk of chunks(content)) await this.write(chunk, { abortSignal });
        } catch (thrown) {
          // A sink that failed is past being aborted, and the stream's receivers wait. A stream that
          // has failed itself refuses this, which says nothing new.
          if (!abortSignal?.aborted) this.abort(toError(thrown)).catch(() => undefined);
          throw thrown;
        }
      },
      close: () => this.end(),
      abort: (reason: unknown) => this.abort(reason === undefined ? {} : toError(reason)),
    });
    return this.#writable;
  }

  write(
    content: StreamContent,
    typeOrOptions?: WebPubSubDataType | GroupStreamWriteOptions,
    more?: GroupStreamWriteOptions,
  ): Promise<void> {
    const [dataType, options] = split(typeOrOptions, more);
    return this.#stream.write(content, dataType, options?.abortSignal);
  }

  end(options?: EndGroupStreamOptions): Promise<void> {
    return this.#stream.finish(undefined, options?.abortSignal);
  }

  abort(error?: StreamEndError, options?: AbortGroupStreamOptions): Promise<void> {
    const { message, userErrorCode } = error ?? {};
    return this.#stream.finish({ message, userErrorCode }, options?.abortSignal);
  }

  onError(listener: (error: GroupStreamError) => unknown): () => void {
    return this.#emitter.on("failed", listener);
  }

  failed(error: GroupStreamError): void {
    this.#failure = error;
    this.#emitter.emit("failed", error);
  }
}

/** The same content in parts that fit a frame; no character is cut in two. */
function* chunks(content: StreamContent): Generator<StreamContent> {
  const isText = typeof content === "string";
  if (!isText && !isBytes(content)) {
    yield content;
    return;
  }
  const whole = isText ? content : toBytes(content);
  let from = 0;
  do {
    let to = from + LONGEST_CHUNK;
    // The second half of a pair goes with the first.
    if (isText && /[\uDC00-\uDFFF]/.test(content.charAt(to))) to--;
    yield typeof whole === "string" ? whole.slice(from, to) : whole.subarray(from, to);
    from = to;
  } while (from < whole.length);
}
