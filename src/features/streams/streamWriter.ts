import { toError } from "../../core/errors.js";
import type { WebPubSubDataType } from "../../core/models/messages.js";
import type { GroupStreamWriteOptions, GroupStreamWriter, StreamContent } from "./models.js";
import { isBytes, toBytes } from "../../core/util/bytes.js";
import { Emitter, type OnListenerError } from "../../core/util/emitter.js";
import { split } from "../../core/util/split.js";
import type { GroupStreamError } from "./groupStreamError.js";
import type { OutboundStream } from "./outboundStream.js";

/** Longest chunk that `writable` sends in one fragment; even escaped or in base64 it fits a frame. */
const LONGEST_CHUNK = 1 << 17;

/** Makes the writer that the application gets of a stream. */
export function createWriter(stream: OutboundStream, onListenerError: OnListenerError): GroupStreamWriter {
  const emitter = new Emitter<{ failed: GroupStreamError }>((_, error) =>
    onListenerError("a stream's error", error),
  );
  stream.onFailed = (error) => emitter.emit("failed", error);
  let writable: WritableStream<StreamContent> | undefined;

  const makeWritable = (): WritableStream<StreamContent> =>
    new WritableStream<StreamContent>({
      start: (controller) => {
        if (stream.failure !== undefined) controller.error(stream.failure);
        emitter.on("failed", (error) => controller.error(error));
      },
      write: async (content, controller) => {
        // Missing in Safari before 16.4.
        const abortSignal = controller.signal as AbortSignal | undefined;
        try {
          for (const chunk of chunks(content)) await stream.write(chunk, undefined, { abortSignal });
        } catch (thrown) {
          // A failed sink can't be aborted, but the stream's receivers wait for its end. If the stream itself
          // has failed, this is refused, which doesn't matter.
          if (!abortSignal?.aborted) abort(toError(thrown)).catch(() => undefined);
          throw thrown;
        }
      },
      close: () => stream.finish(undefined),
      abort: (reason: unknown) => abort(reason === undefined ? {} : toError(reason)),
    });

  const abort: GroupStreamWriter["abort"] = (error, options) => {
    const { message, userErrorCode } = error ?? {};
    return stream.finish({ message, userErrorCode }, options);
  };

  return {
    streamId: stream.id,
    get writable() {
      return (writable ??= makeWritable());
    },
    write: (
      content: StreamContent,
      typeOrOptions?: WebPubSubDataType | GroupStreamWriteOptions,
      more?: GroupStreamWriteOptions,
    ) => {
      const [dataType, options] = split(typeOrOptions, more);
      return stream.write(content, dataType, options);
    },
    end: (options) => stream.finish(undefined, options),
    abort,
    onError: (listener) => emitter.on("failed", listener),
  };
}

/** Splits content into parts that fit a frame, without cutting a character in two. */
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
    // A surrogate pair isn't split.
    if (isText && /[\uDC00-\uDFFF]/.test(content.charAt(to))) to--;
    yield whole.slice(from, to);
    from = to;
  } while (from < whole.length);
}
