import type { GroupMessage, HistoryOptions, HistoryQuery, StoredMessage } from "web-pubsub-client";
import { fromGroup } from "./frames.js";

/** A store whose messages are texts, each unique, and what it was asked. */
export class HistoryStore {
  readonly texts: string[] = [];
  /** What was asked: `newest 3`, `after b 3`, `before b 3`. */
  readonly asked: string[] = [];
  readonly signals: AbortSignal[] = [];
  /** Answers instead of the store, once for each. */
  readonly answers: ((query: HistoryQuery<string>) => unknown)[] = [];
  readonly options: HistoryOptions<string> & { limit: number };

  constructor(limit = 3, more: Partial<HistoryOptions<string>> = {}) {
    this.options = {
      limit,
      key: ({ data }) => data,
      load: (query) => this.load(query),
      ...more,
    };
  }

  add(...texts: string[]): this {
    this.texts.push(...texts);
    return this;
  }

  load(query: HistoryQuery<string>): readonly StoredMessage<string>[] | PromiseLike<StoredMessage<string>[]> {
    this.asked.push(nameOf(query));
    this.signals.push(query.signal);
    const answer = this.answers.shift();
    return answer ? (answer(query) as StoredMessage<string>[]) : this.page(query);
  }

  page({ after, before, limit }: HistoryQuery<string>): StoredMessage<string>[] {
    const at = (message: GroupMessage<string>): number => this.texts.indexOf(message.data);
    const texts = after
      ? this.texts.slice(at(after) + 1).slice(0, limit)
      : this.texts.slice(0, before && at(before)).slice(-limit);
    return texts.map((data) => ({ data }));
  }

  /** An answer that the test gives later. */
  later(): { answer(): void; fail(error: Error): void } {
    let query: HistoryQuery<string> | undefined;
    let settle: { resolve(value: unknown): void; reject(error: Error): void } | undefined;
    this.answers.push((asked) => {
      query = asked;
      return new Promise((resolve, reject) => (settle = { resolve, reject }));
    });
    return {
      answer: () => settle?.resolve(this.page(query as HistoryQuery<string>)),
      fail: (error) => settle?.reject(error),
    };
  }

  fails(words: string): void {
    this.answers.push(() => Promise.reject(new Error(words)));
  }
}

function nameOf({ after, before, limit }: HistoryQuery<string>): string {
  if (after) return `after ${after.data} ${limit}`;
  return before ? `before ${before.data} ${limit}` : `newest ${limit}`;
}

/** A message of the group `room`. */
export const live = (text: string, sequenceId?: number) => fromGroup(text, sequenceId);
