import { MessagesHandle } from "../groups/handle.js";
import type { GroupMessage } from "../groups/groupOptions.js";
import type { HistoryFeed } from "./historyFeed.js";
import type { Gap, HistoryHandle, HistoryOptions } from "./models.js";

/** The handle of a group, with its messages and its history. */
export class FilledHandle<T, In> extends MessagesHandle<T, In> implements HistoryHandle<T, In> {
  declare protected readonly _inside: () => HistoryFeed<T, In>;

  constructor(feed: HistoryFeed<T, In>) {
    super(feed);
    feed.handle = this;
  }

  /** Uses these options from now on. No method of the handle, which users see. */
  static fill(handle: FilledHandle<never, never>, history: HistoryOptions<never, never>): void {
    handle._inside().use(history);
  }

  get complete(): boolean {
    return this._inside().complete;
  }

  get recent(): readonly GroupMessage<T>[] {
    return this._inside().recent;
  }

  onGap(listener: (gap: Gap<T>) => unknown): () => void {
    return this._inside().onGap(listener);
  }

  onCompleteChange(listener: (complete: boolean) => unknown): () => void {
    return this._inside().onCompleteChange(listener);
  }

  loadOlder(before?: GroupMessage<T>): Promise<readonly GroupMessage<T>[]> {
    return this._inside().loadOlder(before);
  }
}
