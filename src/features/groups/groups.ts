import type { WebPubSubClientEvents } from "../../core/models/events.js";
import type { GroupStateRecord } from "../presence/models.js";
import type { GroupDataMessage } from "../../core/models/messages.js";
import type { Settings } from "../../core/options.js";
import { checkName } from "../../core/session/operationMessage.js";
import { CountedHold } from "../../core/util/countedHold.js";
import type { Emitter, OnListenerError } from "../../core/util/emitter.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { Group } from "./group.js";
import { GroupHandle, type GroupHost, type GroupParts, type Receiver } from "./groupHandle.js";
import type { StandardSchemaV1 } from "./standardSchema.js";

/** So many handles are kept in the books before those that nobody holds any more are struck out. */
const SWEEP_FROM = 64;
const NO_SCHEMA = {};
const NO_STATES: readonly GroupStateRecord[] = [];

/** One group name in use. */
type Room = {
  /** Those with listeners. */
  readonly handles: Set<Receiver>;
  readonly membership: CountedHold;
  readonly presence: CountedHold;
  /** What handles show of the states, until it changes. */
  states: readonly GroupStateRecord[] | undefined;
};

/** Makes the group handles and feeds them: one per name and schema. */
export class Groups implements GroupHost {
  readonly onListenerError: OnListenerError;
  readonly parts: GroupParts;
  readonly #settings: Settings;
  readonly #handles = new WeakMap<object, Map<string, WeakRef<Group<never>>>>();
  readonly #rooms = new Map<string, Room>();
  #key = 0;

  constructor(
    parts: GroupParts,
    settings: Settings,
    emitter: Emitter<WebPubSubClientEvents>,
    onListenerError: OnListenerError,
  ) {
    this.onListenerError = onListenerError;
    this.parts = parts;
    this.#settings = settings;
    parts.session.memberships.onChanged = (name) => {
      for (const each of name === undefined ? [...this.#rooms.keys()] : [name]) this.#changed(each);
    };
    parts.groupStates.watches.onChanged = (name) => this.#statesChanged(name);
    emitter.on("group-message", ({ message }) => this.#deliver(message));
  }

  /** @throws TypeError for what can't be a group's name */
  get<T, In>(name: string, schema: StandardSchemaV1<In, T> | undefined): Group<T, In> {
    checkName("group", name);
    if (schema !== undefined && schema !== null && typeof schema["~standard"]?.validate !== "function")
      throw new TypeError("schema must be a Standard Schema, with ~standard.validate.");
    const kind = schema ?? NO_SCHEMA;
    const handles = getOrAdd(this.#handles, kind, () => new Map<string, WeakRef<Group<never>>>());
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

  hold(name: string): () => void {
    return this.#room(name).membership.hold();
  }

  holdStates(name: string): () => void {
    return this.#room(name).presence.hold();
  }

  states(name: string): readonly GroupStateRecord[] {
    const room = this.#rooms.get(name);
    if (room === undefined || room.presence.unused) return NO_STATES;
    return (room.states ??= this.parts.groupStates.watches.list(name));
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
    // Where there is nothing to leave there is nothing to wait for.
    if (!this.parts.session.memberships.registry.live) {
      room.membership.giveBack();
      room.presence.giveBack();
    }
    for (const handle of [...room.handles]) handle.refresh();
  }

  #statesChanged(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    room.states = undefined;
    for (const handle of [...room.handles]) handle.refreshStates();
  }

  #room(name: string): Room {
    const {
      groupStates: { watches },
      session: { memberships },
    } = this.parts;
    return getOrAdd(this.#rooms, name, () => ({
      handles: new Set(),
      membership: new CountedHold(
        this.#settings,
        () => memberships.hold(name),
        () => {
          memberships.release(name);
          this.#tidy(name);
        },
        () => {
          memberships.registry.linger(name);
          this.#changed(name);
        },
      ),
      presence: new CountedHold(
        this.#settings,
        () => watches.hold(name),
        () => {
          watches.release(name);
          this.#statesChanged(name);
          this.#tidy(name);
        },
        () => this.#changed(name),
      ),
      states: undefined,
    }));
  }

  #tidy(name: string): void {
    const { handles, membership, presence } = this.#room(name);
    if (handles.size === 0 && membership.unused && presence.unused) this.#rooms.delete(name);
  }
}

function sweep(handles: Map<string, WeakRef<Group<never>>>): void {
  for (const [name, ref] of handles) if (ref.deref() === undefined) handles.delete(name);
}
