import type { WebPubSubResult } from "../../core/models/options.js";
import type { GroupStatus } from "../../core/session/groupTable.js";
import type { GroupHandle } from "./group.js";
import type { InvalidMessageError } from "./groupErrors.js";
import type { GroupFeed } from "./groupFeed.js";
import type { GroupMessage, GroupMessagesOptions, GroupSendOptions } from "./groupOptions.js";
import { iterateMessages } from "./messageIterator.js";

/** The handle of a group, with its messages. */
export class MessagesHandle<T, In> implements GroupHandle<T, In> {
  readonly name: string;
  // A function and no `#private` field: proxies, such as Vue's, wrap neither functions nor what they return.
  protected readonly _inside: () => GroupFeed<T, In>;

  constructor(feed: GroupFeed<T, In>) {
    this.name = feed.name;
    this._inside = () => feed;
  }

  get status(): GroupStatus {
    return this._inside().status;
  }

  get error(): Error | undefined {
    return this._inside().error;
  }

  subscribe(listener: (message: GroupMessage<T>) => unknown): () => void {
    return this._inside().subscribe(listener);
  }

  onStatusChange(listener: (status: GroupStatus) => unknown): () => void {
    return this._inside().onStatusChange(listener);
  }

  onInvalidMessage(listener: (error: InvalidMessageError) => unknown): () => void {
    return this._inside().onInvalidMessage(listener);
  }

  send(data: In, options?: GroupSendOptions): Promise<WebPubSubResult> {
    return this._inside().send(data, options);
  }

  messages(options?: GroupMessagesOptions): AsyncIterableIterator<GroupMessage<T>> {
    return iterateMessages(this._inside(), options);
  }
}
