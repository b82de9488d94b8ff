import { toError } from "../../core/errors.js";
import type {
  GroupStream,
  GroupStreamMessage,
  GroupStreamSubscription,
  OnGroupStreamOptions,
} from "./models.js";
import { amount } from "../../core/options.js";
import type { OnListenerError } from "../../core/util/emitter.js";
import { safely } from "../../core/util/safely.js";

/** A stream as far as it has come. A new object with every change. */
export interface GroupStreamView {
  /** Unlike that of every other stream of the subscription: good as a key in lists. */
  readonly key: number;
  readonly streamId: string;
  /** Its publisher; undefined until the first fragment is read. */
  readonly fromUserId: string | undefined;
  /** `failed`: what is here is not all of it; `error` says why. */
  readonly status: "open" | "ended" | "failed";
  readonly error: Error | undefined;
  /** The fragments so far. */
  readonly messages: readonly GroupStreamMessage[];
  /** The text fragments so far, put together. */
  readonly text: string;
}

/** Options of a handle's `subscribeStreams`. */
export interface GroupStreamsOptions extends Omit<OnGroupStreamOptions, "groupNames"> {
  /** How many streams are kept: the newest. Older ones are not read any further. Default: 10. */
  limit?: number | undefined;
}

interface StreamSource {
  readonly parts: {
    readonly inbound: {
      subscribe(
        callback: (stream: GroupStream) => Promise<void>,
        options: OnGroupStreamOptions,
      ): GroupStreamSubscription;
    };
  };
  readonly onListenerError: OnListenerError;
}

/** Reads the streams of a group into views. */
export function followStreams(
  group: string,
  source: StreamSource,
  listener: (streams: readonly GroupStreamView[]) => unknown,
  given?: GroupStreamsOptions,
): () => void {
  if (typeof listener !== "function") throw new TypeError("A listener must be a function.");
  const { limit, ...options } = given ?? {};
  const most = amount("limit", limit, 10);
  let views: readonly GroupStreamView[] = [];
  let last = 0;
  let ended = false;
  const tell = safely(listener, (error) => source.onListenerError(`group ${group}: streams`, error));
  const show = (next: readonly GroupStreamView[]): void => {
    if (ended) return;
    views = next;
    tell(views);
  };
  const follow = async (stream: GroupStream): Promise<void> => {
    const key = ++last;
    let view: GroupStreamView = {
      key,
      streamId: stream.streamId,
      fromUserId: undefined,
      status: "open",
      error: undefined,
      messages: [],
      text: "",
    };
    const change = (changes: Partial<GroupStreamView>): void => {
      view = { ...view, ...changes };
      show(views.map((each) => (each.key === key ? view : each)));
    };
    const all = [...views, view];
    show(all.slice(Math.max(0, all.length - most)));
    try {
      for await (const message of stream) {
        // Leaving the loop stops the buffering.
        if (ended || !views.some((each) => each.key === key)) return;
        const { data, dataType } = message;
        const text = dataType === "text" && typeof data === "string" ? view.text + data : view.text;
        change({ fromUserId: message.fromUserId, messages: [...view.messages, message], text });
      }
      change({ status: "ended" });
    } catch (thrown) {
      change({ status: "failed", error: toError(thrown) });
    }
  };
  const subscription = source.parts.inbound.subscribe(follow, { ...options, groupNames: [group] });
  return () => {
    ended = true;
    void subscription.close();
  };
}
