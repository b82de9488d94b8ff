import { defineFeature, type FeaturePort } from "../../core/feature.js";
import { report } from "../../core/util/report.js";
import type { GroupDataMessage } from "../../core/models/messages.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { bytesToBase64, base64ToBytes } from "../../core/savedSession.js";
import { checkName } from "../../core/session/operationMessage.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import { checkNames } from "../../core/advice.js";
import { RefCount } from "../../core/util/refCount.js";
import type { InvalidMessageError } from "./groupErrors.js";
import { GroupFeed, type FeedHost, type Receiver } from "./groupFeed.js";
import type { GroupOptions } from "./groupOptions.js";
import type { MessagesHandle } from "./handle.js";

/** From this many handles on the entries of handles that aren't in use any more are removed. */
const SWEEP_FROM = 64;
const NO_SCHEMA = {};

type AnyFeed = GroupFeed<never, never>;
/** A class of handles, which are made of feeds. */
export type HandleClass<Handle, Feed> = new (feed: Feed) => Handle;
/** A class of feeds. */
export type FeedClass<Feed> = new (...given: ConstructorParameters<typeof GroupFeed<never, never>>) => Feed;
type AnyHandle = MessagesHandle<never, never>;

/** A group name in use. */
type Room = {
  /** The feeds with listeners. */
  readonly feeds: Set<Receiver>;
  readonly subscribers: RefCount;
  /** An invalid message that nobody listens for was reported. */
  hasReported: boolean;
  /** The messages that wait for the first subscriber since an earlier session; undefined: they don't wait. */
  waiting: GroupDataMessage[] | undefined;
};

/** A group that subscribers want, and the messages that wait for them. */
type SavedRoom = [name: string, waiting: GroupDataMessage[]];

/** Makes the group handles of a client, one per class, name and schema, and gives them their messages. */
export class Groups implements FeedHost, FeatureHooks {
  readonly name = "groups";
  readonly port: FeaturePort;
  /** By class, then by schema, then by name. */
  readonly #handles = new Map<unknown, WeakMap<object, Map<string, WeakRef<AnyHandle>>>>();
  readonly #rooms = new Map<string, Room>();
  key = 0;

  constructor(port: FeaturePort) {
    this.port = port;
    port.events().on("group-message", ({ message }) => this.#deliver(message));
  }

  /**
   * @param Feed what handles of this kind are made of
   * @throws TypeError for an invalid group name or schema
   */
  get<Handle extends AnyHandle, Feed extends AnyFeed = AnyFeed>(
    kind: HandleClass<Handle, Feed>,
    name: string,
    options: GroupOptions<never, never> | null | undefined,
    Feed = GroupFeed as unknown as FeedClass<Feed>,
  ): Handle {
    const schema = options?.schema;
    checkName("group", name);
    checkNames(this.port.settings, options, "group", this);
    if (schema !== undefined && schema !== null && typeof schema["~standard"]?.validate !== "function")
      throw new TypeError("schema must be a Standard Schema, with ~standard.validate.");
    const bySchema = getOrAdd(
      this.#handles,
      kind,
      () => new WeakMap<object, Map<string, WeakRef<AnyHandle>>>(),
    );
    const handles = getOrAdd(bySchema, schema ?? NO_SCHEMA, () => new Map<string, WeakRef<AnyHandle>>());
    let handle = handles.get(name)?.deref();
    if (handle === undefined) {
      // At powers of two only, so that the cost per new handle stays constant.
      if (handles.size >= SWEEP_FROM && (handles.size & (handles.size - 1)) === 0) sweep(handles);
      handle = new kind(new Feed(name, this, schema));
      handles.set(name, new WeakRef(handle));
    }
    return handle as Handle;
  }

  onGroupChanged(name?: string): void {
    for (const each of name === undefined ? [...this.#rooms.keys()] : [name]) this.#changed(each);
  }

  attach(name: string, feed: Receiver, attached: boolean): void {
    const { feeds } = this.#room(name);
    if (attached) feeds.add(feed);
    else feeds.delete(feed);
    this.#tidy(name);
  }

  hold(name: string): () => void {
    const room = this.#room(name);
    this.#giveSoon(room);
    return room.subscribers.hold();
  }

  save(): SavedRoom[] {
    return [...this.#rooms]
      .filter(([, { subscribers }]) => subscribers.held)
      .map(([name, { waiting = [] }]) => [name, waiting.map(bytesToBase64)]);
  }

  /** The groups stay joined, and their messages wait, for the subscribers that come. */
  restore(saved: unknown): void {
    for (const [name, waiting] of saved as readonly SavedRoom[]) {
      const room = this.#room(name);
      room.waiting = waiting.map(base64ToBytes);
      room.subscribers.holdAgain(() => (room.waiting = undefined));
      this.#giveSoon(room);
    }
  }

  onStopped(): void {
    for (const { subscribers } of [...this.#rooms.values()]) subscribers.endHold?.();
  }

  /**
   * The first one is reported, as the log is off by default; further ones would fill the console. The message itself
   * stays out of both: it is the users'.
   */
  unheard(error: InvalidMessageError): void {
    const room = this.#room(error.groupMessage.group);
    if (room.hasReported) return this.port.settings.logger.warning(error.message);
    room.hasReported = true;
    const words = `${error.message}. Listen with onInvalidMessage to get it; the next ones are only logged.`;
    report("Nobody listens:", new Error(words));
  }

  #deliver(message: GroupDataMessage): void {
    const room = this.#rooms.get(message.group);
    if (room === undefined || message.stream !== undefined) return;
    if (room.waiting) room.waiting.push(message);
    else this.#give(room, message);
  }

  #give({ feeds }: Room, message: GroupDataMessage): void {
    const key = ++this.key;
    for (const feed of [...feeds]) feed.receive(message, key);
  }

  /** Gives the messages that wait, once a `subscribe` under way has returned. */
  #giveSoon(room: Room): void {
    void Promise.resolve().then(() => {
      const { feeds, waiting } = room;
      // The subscriber may have gone at once, or be one of streams.
      if (waiting === undefined || ![...feeds].some(({ isHeard }) => isHeard)) return;
      room.waiting = undefined;
      for (const message of waiting) this.#give(room, message);
    });
  }

  #changed(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    // Without a connection there is nothing to leave, so no delay is needed.
    if (!this.port.memberships.live) room.subscribers.releaseNow();
    for (const feed of [...room.feeds]) feed.refresh();
  }

  #room(name: string): Room {
    const { memberships, settings } = this.port;
    return getOrAdd(this.#rooms, name, () => ({
      feeds: new Set(),
      hasReported: false,
      waiting: undefined,
      subscribers: new RefCount(settings, {
        onUsed: () => memberships.hold(name),
        onIdle: () => {
          memberships.linger(name);
          this.#changed(name);
        },
        onReleased: () => {
          memberships.release(name);
          this.#tidy(name);
        },
      }),
    }));
  }

  #tidy(name: string): void {
    const { feeds, subscribers } = this.#room(name);
    if (feeds.size === 0 && subscribers.unused) this.#rooms.delete(name);
  }
}

/** The groups of a client, with handles of any class. */
export const groups = /* @__PURE__ */ defineFeature("groups", (port) => {
  const made = new Groups(port);
  port.listen(made);
  return made;
});

function sweep(handles: Map<string, WeakRef<AnyHandle>>): void {
  for (const [name, ref] of handles) if (ref.deref() === undefined) handles.delete(name);
}
