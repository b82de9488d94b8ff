import { toError } from "../../core/errors.js";
import type { GroupStream, GroupStreamsOptions, GroupStreamView, StreamsApi } from "./models.js";
import { amount } from "../../core/util/checkOptions.js";
import type { OnListenerError } from "../../core/util/emitter.js";
import { safely } from "../../core/util/safely.js";

interface StreamSource {
  readonly onStream: StreamsApi["onStream"];
  readonly onListenerError: OnListenerError;
}

/** Collects the newest streams of a group, with their content so far, for components. */
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
        // Leaving the loop ends the buffering of the stream.
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
  const subscription = source.onStream(follow, { ...options, groupNames: [group] });
  return () => {
    ended = true;
    void subscription.close();
  };
}
