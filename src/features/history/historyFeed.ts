import { retryDelay } from "../../core/connection/retryPolicy.js";
import { toError } from "../../core/errors.js";
import type { GroupStatus } from "../../core/session/groupTable.js";
import { Emitter } from "../../core/util/emitter.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import { report } from "../../core/util/report.js";
import { Timer } from "../../core/util/timer.js";
import { GroupFeed } from "../groups/groupFeed.js";
import type { GroupMessage } from "../groups/groupOptions.js";
import { Copies } from "./copies.js";
import type { Gap, HistoryOptions, HistoryQuery } from "./models.js";
import { ask, keyOf, type Page } from "./store.js";

/** How many of the delivered messages are kept, and how many gaps whose loads have failed. */
const RECENT = 100;
/** How many received messages wait for a load, as a multiple of `limit`. */
const HELD = 10;
/** How long a load may take, in ms. */
const PATIENCE = 10_000;

/** The key of the last message that `loadOlder` has brought, on all clients of this process. */
let olderKey = 0;

/** A gap that isn't filled. Only the newest one may be without `to`. */
type OpenGap<T> = {
  readonly from: GroupMessage<T> | undefined;
  /** The last message that was loaded, or `from`. */
  after: GroupMessage<T> | undefined;
  to?: GroupMessage<T> | undefined;
  count: number;
  /** It is that of the first subscription, which asks for the newest messages. */
  readonly isFirst: boolean;
  isTold?: boolean;
  /** Nobody knows how far back it reaches. */
  isOpenEnded?: boolean;
};

type Events<T> = {
  gaps: Gap<T>;
  completeness: boolean;
  /** Something that `loadOlder` waits for may have happened. */
  steps: undefined;
};

/**
 * The inside of a handle with history. A gap opens with the first subscriber, and whenever the group isn't joined any
 * more. Once it is joined, what is missing is loaded, and received messages wait for that.
 */
export class HistoryFeed<T, In> extends GroupFeed<T, In> {
  /** Lives as long as the feed, so that its name gives the same handle, and what it knows, while anybody listens. */
  handle: unknown;
  readonly #host: { key: number };
  readonly #emit: (message: GroupMessage<T>) => void;
  readonly #events: Emitter<Events<T>>;
  readonly #copies: Copies;
  #history: HistoryOptions<T, In> | undefined;
  /** The newest messages that subscribers were given; another array once the last subscriber has gone. */
  #recent: GroupMessage<T>[] = [];
  /** Where the next gap begins. */
  #last: GroupMessage<T> | undefined;
  #oldest: GroupMessage<T> | undefined;
  #gaps: OpenGap<T>[] = [];
  /** A gap can't be filled. */
  #isHoley = false;
  #wasComplete = false;
  #wasStatus: GroupStatus = "idle";
  /** Received messages that wait for a load; undefined: they don't wait. */
  #held: GroupMessage<T>[] | undefined;
  /** More came than may wait, so they are left to the store. */
  #hasOverflowed = false;
  /** The loading under way, or the last one while the next waits. */
  #run: AbortController | undefined;
  /** Ends a load, or begins the next one. */
  readonly #timer: Timer;
  readonly #olderLoads = new Map<GroupMessage<T> | undefined, Promise<GroupMessage<T>[]>>();
  #untilAllEnd = new AbortController();
  /** There are subscribers, and history for them. */
  #unlisten: (() => void) | undefined;

  constructor(...given: ConstructorParameters<typeof GroupFeed<T, In>>) {
    super(...given);
    const [name, host] = given;
    const { onListenerError, settings } = host.port;
    this.#host = host;
    this.#emit = this.deliver;
    this.deliver = (message) => this.#received(message);
    this.#copies = new Copies(host.port);
    this.#timer = new Timer(settings.environment);
    this.#events = new Emitter((event, error) => onListenerError(`the ${event} of group ${name}`, error));
  }

  get complete(): boolean {
    return this.#unlisten !== undefined && this.#gaps.length === 0 && !this.#isHoley;
  }

  get recent(): readonly GroupMessage<T>[] {
    return [...this.#recent];
  }

  /** Uses these options from now on. */
  use(history: HistoryOptions<T, In>): void {
    const isFirst = this.#history === undefined;
    this.#history = history;
    if (isFirst && this.isHeard) this.#begin();
  }

  onGap(listener: (gap: Gap<T>) => unknown): () => void {
    return this.#listenTo("gaps", listener);
  }

  onCompleteChange(listener: (complete: boolean) => unknown): () => void {
    return this.#listenTo("completeness", listener);
  }

  #listenTo<E extends "gaps" | "completeness">(
    event: E,
    listener: (args: Events<T>[E]) => unknown,
  ): () => void {
    const remove = this.#events.on(event, listener);
    // It keeps the feed.
    const release = this.onStatusChange(() => {});
    return () => {
      remove();
      release();
    };
  }

  override subscribe(listener: (message: GroupMessage<T>) => unknown): () => void {
    const isFirst = !this.isHeard;
    const end = super.subscribe(listener);
    if (isFirst && this.#history) this.#begin();
    return () => {
      end();
      if (!this.isHeard) this.#forget();
    };
  }

  override refresh(): void {
    super.refresh();
    this.#follow();
  }

  loadOlder(before = this.#oldest): Promise<readonly GroupMessage<T>[]> {
    return getOrAdd(this.#olderLoads, before, () =>
      this.#loadOlder(before).finally(() => this.#olderLoads.delete(before)),
    );
  }

  async #loadOlder(given: GroupMessage<T> | undefined): Promise<GroupMessage<T>[]> {
    const { signal } = this.#untilAllEnd;
    if (given === undefined) await this.#firstLoad();
    // The first load may have brought it.
    const before = given ?? this.#oldest;
    const { messages } = await this.#ask({ before, limit: this.#limit, signal });
    for (const message of [...messages].reverse()) message.key = --olderKey;
    if (!signal.aborted && before === this.#oldest) this.#oldest = messages[0] ?? before;
    return messages;
  }

  /** Subscribers wait for the newest messages: it isn't known yet what is older. */
  get #isFirstAwaited(): boolean {
    const [gap] = this.#gaps;
    return gap !== undefined && gap.isFirst && !gap.isTold && this.status !== "refused";
  }

  #firstLoad(): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#isFirstAwaited) return;
        end();
        resolve();
      };
      const end = this.#events.on("steps", look);
      look();
    });
  }

  async #ask(query: HistoryQuery<T>): Promise<Page<T>> {
    if (this.#history === undefined) throw new TypeError("The group has no history.");
    return ask(this.#history, query, this, () => ++this.#host.key);
  }

  #keyOf(message: GroupMessage<T>): string | number {
    return keyOf(this.#history as HistoryOptions<T, In>, message);
  }

  get #limit(): number {
    return this.#history?.limit ?? 100;
  }

  #begin(): void {
    this.#held = [];
    this.#wasStatus = this.status;
    this.#unlisten = this.port.events().on("state-changed", ({ state }) => {
      this.#copies.prolong();
      this.#follow();
      if (state !== "Stopped") return;
      this.#abortOlder();
      // Nothing is recovered any more, and no timer may keep the process alive.
      this.#copies.forget();
    });
    this.#open(true);
    // Behind what has waited for a subscriber since an earlier session.
    void Promise.resolve().then(() => this.#follow());
  }

  #forget(): void {
    this.#cancel();
    this.#abortOlder();
    this.#copies.forget();
    this.#unlisten?.();
    this.#recent = [];
    this.#gaps = [];
    this.#last = this.#oldest = this.#held = this.#unlisten = undefined;
    this.#isHoley = this.#hasOverflowed = false;
    this.#refreshComplete();
  }

  #abortOlder(): void {
    this.#untilAllEnd.abort();
    this.#untilAllEnd = new AbortController();
  }

  #cancel(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#timer.clear();
  }

  #refreshComplete(): void {
    this.#events.emit("steps", undefined);
    const { complete } = this;
    if (complete === this.#wasComplete) return;
    this.#wasComplete = complete;
    this.#events.emit("completeness", complete);
  }

  #open(isFirst: boolean): void {
    const from = this.#last;
    this.#gaps.push({
      from,
      after: from,
      count: 0,
      isFirst,
    });
    if (this.#gaps.length > RECENT) this.#isHoley = this.#gaps.shift() !== undefined;
    this.#refreshComplete();
  }

  /** Does what the state of the group and of the connection asks for. */
  #follow(): void {
    const { status } = this;
    if (this.#unlisten === undefined) return;
    if (status !== this.#wasStatus) this.#changed(status);
    // Not while a connection is being recovered: that brings what is older than the newest in the store.
    const isReady = status === "joined" && this.port.writable;
    if (isReady && this.#run === undefined && this.#gaps.length > 0) void this.#fill();
  }

  /** Messages may be missing between those received before and those received from now on. */
  #changed(status: GroupStatus): void {
    this.#wasStatus = status;
    this.#events.emit("steps", undefined);
    this.#cancel();
    // Those that have waited since an earlier session may be older than the ones that are loaded first.
    const recent = this.#recent;
    // Once there is a page, the store brings them behind it; it may be being given right now.
    const first = this.#gaps.at(-1);
    if (first?.isFirst && !first.after) this.#give(this.#takeHeld(), true);
    // A listener has ended the last subscription.
    if (this.#recent !== recent) return;
    const newest = this.#gaps.at(-1);
    if (newest === undefined || newest.to) this.#open(false);
    // The store has the others.
    this.#held = [];
    this.#hasOverflowed = false;
  }

  #received(message: GroupMessage<T>): void {
    if (this.#unlisten === undefined) return this.#emit(message);
    if (this.#held === undefined) {
      if (this.#isUnseen(message)) this.#give([message], true);
    } else if (this.#held.push(message) > HELD * this.#limit) {
      this.#held = [];
      this.#hasOverflowed = true;
    }
  }

  /** @param isReceived with it ends a gap whose load has failed */
  #give(messages: readonly GroupMessage<T>[], isReceived = false): void {
    const recent = this.#recent;
    for (const message of messages) {
      // A listener may have ended the last subscription.
      if (this.#recent !== recent) return;
      const gap = this.#gaps.at(-1);
      if (isReceived && gap) gap.to ??= message;
      this.#last = message;
      this.#oldest ??= message;
      if (recent.push(message) > RECENT) recent.shift();
      this.#emit(message);
    }
  }

  /** Received messages wait no more. */
  #takeHeld(): GroupMessage<T>[] {
    const held = (this.#held ?? []).filter((message) => this.#isUnseen(message));
    this.#held = undefined;
    this.#hasOverflowed = false;
    // They come behind what was loaded.
    for (const message of held) message.key = ++this.#host.key;
    return held;
  }

  #isUnseen(message: GroupMessage<T>): boolean {
    try {
      return !this.#copies.areExpected || this.#copies.isNew(this.#keyOf(message));
    } catch (thrown) {
      this.port.onListenerError(`the history of group ${this.name}`, thrown);
      return true;
    }
  }

  /**
   * Loads what is missing, that of the newest gap first, since received messages wait for it.
   * @param retries how many loads have failed, one after the other
   */
  async #fill(retries = 0): Promise<void> {
    const run = (this.#run = new AbortController());
    const { environment, reconnectRetry } = this.port.settings;
    try {
      const known = this.#recent.map((message) => this.#keyOf(message));
      this.#copies.begin(known, HELD * this.#limit + RECENT);
      for (let gap; (gap = this.#gaps.at(-1)); retries = 0) {
        await this.#fillPart(gap, run.signal);
        if (this.#run !== run) return;
      }
      this.#settled();
    } catch (thrown) {
      if (this.#run !== run) return;
      run.abort();
      this.#failed(toError(thrown));
      if (this.#run !== run) return;
      if (retries >= reconnectRetry.maxRetries) return this.#settled();
      const delay = retryDelay(reconnectRetry, ++retries, environment.random());
      this.#timer.after(delay, () => void this.#fill(retries));
    }
  }

  #settled(): void {
    this.#run = undefined;
    this.#copies.expect();
  }

  #failed(error: Error): void {
    const gap = this.#gaps.at(-1);
    this.#give(this.#takeHeld(), true);
    if (gap === undefined || gap !== this.#gaps.at(-1) || gap.isTold) return;
    gap.isTold = true;
    const words = `The history of group ${this.name} can't be loaded: ${error.message}`;
    this.port.settings.logger.warning(words);
    if (!this.#events.has("gaps"))
      report("Nobody listens:", new Error(`Listen with onGap to hear of this. ${words}`, { cause: error }));
    this.#tell(gap, [], false, error);
  }

  /** Loads one page of a gap. */
  async #fillPart(gap: OpenGap<T>, signal: AbortSignal): Promise<void> {
    const { after, isFirst } = gap;
    const initial = this.#history?.initial ?? this.#limit;
    // Where nothing is known from before, what is asked for ends at what was received first.
    const end = (): GroupMessage<T> | undefined => gap.to ?? (after ? undefined : this.#held?.[0]);
    const before = after ? undefined : end();
    const isAnchor = isFirst && !after && initial === 0;
    const limit = isFirst ? initial || 1 : this.#limit;
    const { isFull, messages } = await this.#page(
      after ? { after, limit: this.#limit, signal } : { before, limit, signal },
    );
    if (signal.aborted) return;
    this.#timer.clear();
    const keys = messages.map((message) => this.#keyOf(message));
    const to = end();
    const at = to ? keys.indexOf(this.#keyOf(to)) : -1;
    if (!after && !before && (this.#hasOverflowed || (to && at < 0))) {
      // What was received meanwhile may be older than all of these.
      this.#hasOverflowed = false;
      return;
    }
    const missed = at < 0 ? messages : messages.slice(0, at);
    const fresh = isAnchor
      ? []
      : missed.filter((_, each) => this.#copies.isNew(keys[each] as string | number));
    let isOver = !isFull || at >= 0 || !after;
    if (!isOver && fresh.length === 0) throw new Error("history.load answers nothing new.");
    gap.after = missed.at(-1) ?? after;
    gap.count += fresh.length;
    if (!after && !isFirst && isFull && at < 0) gap.isOpenEnded = this.#isHoley = true;
    if (this.#hasOverflowed) isOver = this.#hasOverflowed = false;
    if (isAnchor && !gap.to) this.#last = gap.after;
    if (!gap.to) this.#give(fresh);
    if (signal.aborted) return;
    if (isOver) this.#close(gap, fresh);
    else if (gap.to) this.#tell(gap, fresh, false);
  }

  /** Asks the store; rejects when that takes too long. */
  #page(query: HistoryQuery<T>): Promise<Page<T>> {
    return new Promise((resolve, reject) => {
      this.#timer.after(PATIENCE, () =>
        reject(new Error(`history.load has taken more than ${PATIENCE} ms.`)),
      );
      this.#ask(query).then(resolve, reject);
    });
  }

  #close(gap: OpenGap<T>, loaded: GroupMessage<T>[]): void {
    const isTold = gap.to !== undefined || gap.isTold || !gap.isFirst;
    const late = gap.to ? loaded : [];
    const recent = this.#recent;
    this.#gaps.pop();
    const held = this.#takeHeld();
    gap.to ??= held[0];
    this.#refreshComplete();
    if (isTold) this.#tell(gap, late, !gap.isOpenEnded);
    if (this.#recent === recent) this.#give(held, true);
  }

  #tell({ from, to, count }: OpenGap<T>, messages: GroupMessage<T>[], filled: boolean, error?: Error): void {
    this.#events.emit("gaps", { from, to, count, messages, filled, error });
    this.#events.emit("steps", undefined);
  }
}
