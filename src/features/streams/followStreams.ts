import { toError } from "../../core/errors.js";
import type { GroupStream, GroupStreamsOptions, GroupStreamView } from "./models.js";
import { amount } from "../../core/util/checkOptions.js";
import type { OnListenerError } from "../../core/util/emitter.js";
import type { InboundStreams } from "./inboundStreams.js";
import { safely } from "../../core/util/safely.js";

/** Collects the newest streams of a group, with their content so far, for components. */
export function followStreams(
  group: string,
  streams: InboundStreams,
  onListenerError: OnListenerError,
  listener: (streams: readonly GroupStreamView[]) => unknown,
  given?: GroupStreamsOptions,
): () => void {
  if (typeof listener !== "function") throw new TypeError("A listener must be a function.");
  const { limit, ...options } = given ?? {};
  const most = amount("limit", limit, 10);
  let views: readonly GroupStreamView[] = [];
  let last = 0;
  const tell = safely(listener, (error) => onListenerError(`the streams of group ${group}`, error));
  const follow = async (stream: GroupStream): Promise<void> => {
    let view: GroupStreamView = {
      key: ++last,
      streamId: stream.streamId,
      fromUserId: undefined,
      status: "open",
      error: undefined,
      messages: [],
      text: "",
    };
    /** Returns false, without any change, when the view isn't among the newest any more. */
    const change = (changes: Partial<GroupStreamView>): boolean => {
      if (!views.includes(view)) return false;
      const former = view;
      view = { ...view, ...changes };
      tell((views = views.map((each) => (each === former ? view : each))));
      return true;
    };
    const all = [...views, view];
    tell((views = all.slice(Math.max(0, all.length - most))));
    try {
      for await (const message of stream) {
        const { data, dataType, fromUserId } = message;
        const text = dataType === "text" && typeof data === "string" ? view.text + data : view.text;
        // Leaving the loop ends the buffering of the stream.
        if (!change({ fromUserId, messages: [...view.messages, message], text })) return;
      }
      change({ status: "ended" });
    } catch (thrown) {
      change({ status: "failed", error: toError(thrown) });
    }
  };
  const subscription = streams.subscribe(follow, { ...options, groupNames: [group] });
  return () => {
    views = [];
    void subscription.close();
  };
}
