import type { TimerHandle } from "../environment/environment.js";
import type { WebPubSubClientEvents } from "../models/events.js";
import type { GroupDataMessage } from "../models/messages.js";
import type { WebPubSubResult } from "../models/options.js";
import type { Settings } from "../options.js";
import type { GroupStatus } from "../session/groupRegistry.js";
import { joinMessage, sendToGroupMessage, type MessageContent } from "../session/operationMessage.js";
import type { Session } from "../session/session.js";
import type { Emitter } from "../util/emitter.js";
import type { Group } from "./group.js";
import { GroupHandle, type GroupHost, type Receiver } from "./groupHandle.js";
import type { GroupSendOptions } from "./groupOptions.js";
import type { StandardSchemaV1 } from "./standardSchema.js";

/** So many handles are kept in the books before those that nobody holds any more are struck out. */
const SWEEP_FROM = 64;
const NO_SCHEMA = {};

/** One group name in use: the handles with listeners, and how many subscribers they have together. */
type Room = {
  readonly handles: Set<Receiver>;
  holds: number;
  /** Nobody is subscribed any more; the group is left when the timer fires. */
  lingering: boolean;
  timer: TimerHandle;
};

/** Makes the group handles and feeds them: one per name and schema. */
export class Groups implements GroupHost {
  readonly onListenerError: GroupHost["onListenerError"];
  readonly #session: Session;
  readonly #settings: Settings;
  readonly #handles = new WeakMap<object, Map<string, WeakRef<Group<never>>>>();
  readonly #rooms = new Map<string, Room>();
  #key = 0;

  constructor(
    session: Session,
    settings: Settings,
    emitter: Emitter<WebPubSubClientEvents>,
    onListenerError: GroupHost["onListenerError"],
  ) {
    this.#session = session;
    this.#settings = settings;
    this.onListenerError = onListenerError;
    session.memberships.onChanged = (name) => {
      for (const each of name === undefined ? [...this.#rooms.keys()] : [name]) this.#changed(each);
    };
    emitter.on("group-message", ({ message }) => this.#deliver(message));
  }

  /** @throws TypeError for what can't be a group's name */
  get<T, In>(name: string, schema: StandardSchemaV1<In, T> | undefined): Group<T, In> {
    joinMessage(name);
    const kind = schema ?? NO_SCHEMA;
    let handles = this.#handles.get(kind);
    if (handles === undefined) {
      handles = new Map<string, WeakRef<Group<never>>>();
      this.#handles.set(kind, handles);
    }
    let handle = handles.get(name)?.deref();
    if (handle === undefined) {
      // Powers of two: the work of sweeping is spread over the handles made since.
      if (handles.size >= SWEEP_FROM && (handles.size & (handles.size - 1)) === 0) sweep(handles);
      handle = new GroupHandle<never, never>(
        name,
        this,
        schema as StandardSchemaV1<unknown, never> | undefined,
      );
      handles.set(name, new WeakRef(handle));
    }
    // The caller's schema, or the caller's word for want of one, makes the type.
    return handle as Group<unknown, never> as Group<T, In>;
  }

  attach(name: string, handle: Receiver, attached: boolean): void {
    const { handles } = this.#room(name);
    if (attached) handles.add(handle);
    else handles.delete(handle);
    this.#tidy(name);
  }

  hold(name: string): void {
    const room = this.#room(name);
    if (room.holds++ > 0) return;
    this.#settings.environment.clearTimer(room.timer);
    room.lingering = false;
    this.#session.memberships.hold(name);
  }

  unhold(name: string): void {
    const room = this.#room(name);
    if (--room.holds > 0) return;
    this.#session.memberships.linger(name);
    room.lingering = true;
    room.timer = this.#settings.environment.setTimer(
      () => this.#release(name, room),
      this.#settings.releaseDelayInMs,
    );
    // Where there is nothing to leave there is nothing to wait for.
    this.#changed(name);
  }

  status(name: string): GroupStatus {
    return this.#session.memberships.status(name);
  }

  refusal(name: string): Error | undefined {
    return this.#session.memberships.refusal(name);
  }

  send(name: string, data: unknown, options: GroupSendOptions): Promise<WebPubSubResult> {
    return this.#session.submit(
      () => sendToGroupMessage(name, data as MessageContent, options.dataType, options),
      options,
    );
  }

  #deliver(message: GroupDataMessage): void {
    const room = this.#rooms.get(message.group);
    if (room === undefined || message.stream !== undefined) return;
    const key = ++this.#key;
    for (const handle of [...room.handles]) handle.receive(message, key);
  }

  #changed(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    if (room.lingering && !this.#session.memberships.live) this.#release(name, room);
    for (const handle of [...room.handles]) handle.refresh();
  }

  #release(name: string, room: Room): void {
    this.#settings.environment.clearTimer(room.timer);
    room.lingering = false;
    this.#session.memberships.release(name);
    this.#tidy(name);
  }

  #room(name: string): Room {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = { handles: new Set(), holds: 0, lingering: false, timer: undefined };
      this.#rooms.set(name, room);
    }
    return room;
  }

  #tidy(name: string): void {
    const room = this.#room(name);
    if (room.handles.size === 0 && room.holds === 0 && !room.lingering) this.#rooms.delete(name);
  }
}

function sweep(handles: Map<string, WeakRef<Group<never>>>): void {
  for (const [name, ref] of handles) if (ref.deref() === undefined) handles.delete(name);
}
