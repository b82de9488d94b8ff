import { checkObject, checkOneOf, checkString, checkStrings, optional } from "./check.js";
import { type Content, type ContentType, checkedMetadata, payloadOf } from "./content.js";
import { GroupHistory, type HistoryOptions, historyStore } from "./groupHistory.js";
import type { Diagnostics } from "./service/diagnostics.js";
import type { Hub } from "./service/hub.js";
import { maxTtlSeconds } from "./service/limits.js";
import type { GroupState, Metadata } from "./service/messages.js";
import { isGroupName, isTtl } from "./service/names.js";
import type { Permission } from "./service/permissions.js";
import type { Session, SessionStatus } from "./service/session.js";

/** Options of what `HubHandle` sends. All may be left out. */
export interface SendOptions {
  /** Default: text for a string, binary for bytes, JSON for everything else. */
  readonly dataType?: ContentType;
  /** Seconds, 0 to 300, after which the message isn't replayed any more. Default: 0, never. */
  readonly ttlSeconds?: number;
  /** Travels beside the data. Default: none. */
  readonly metadata?: Metadata;
  /** Connection ids that don't get the message. Default: none. */
  readonly excluded?: readonly string[];
}

/** A connection as the service sees it at one moment. */
export interface ConnectionSnapshot {
  /** Id of the connection. */
  readonly connectionId: string;
  /** User id of the client; undefined if it has none. */
  readonly userId: string | undefined;
  /** The WebSocket subprotocol; empty for a client without one. */
  readonly subprotocol: string;
  /** `waiting`: its transport was lost, it can be recovered. */
  readonly status: SessionStatus;
  /** Names of the groups that it is in. */
  readonly groups: readonly string[];
  /** Messages that the client hasn't acknowledged yet; 0 for a connection that isn't reliable. */
  readonly unacknowledged: number;
}

/** An open stream to a group as the service sees it at one moment. */
export interface StreamSnapshot {
  /** Id of the stream. */
  readonly streamId: string;
  /** Name of the group. */
  readonly group: string;
  /** The publisher. */
  readonly connectionId: string;
  /** The number of the fragment that comes next. */
  readonly expectedSequenceId: number;
  /** The publisher's connection doesn't get it. */
  readonly noEcho: boolean;
  /** Silence in milliseconds after which the service closes it. */
  readonly idleTimeoutInMs: number;
}

/** What one connection tells about itself in a group. */
export interface GroupStateEntry {
  /** Id of the connection. */
  readonly connectionId: string;
  /** User id of the connection; undefined if it has none. */
  readonly userId: string | undefined;
  /** What the connection has set. */
  readonly state: GroupState;
  /** Unix milliseconds; no two changes in a hub have the same. */
  readonly updatedAt: number;
}

/** One hub from the inside: what a server can do there, and the service's own view of it. */
export class HubHandle {
  readonly #hub: Hub;
  readonly #now: () => number;
  readonly #diagnostics: Diagnostics;

  /** @internal */
  constructor(hub: Hub, now: () => number, diagnostics: Diagnostics) {
    this.#hub = hub;
    this.#now = now;
    this.#diagnostics = diagnostics;
  }

  /** Sends a server message to every connection of the hub. */
  sendToAll(data: Content, options?: SendOptions): void {
    this.#send(this.#hub.sessions, data, options);
  }

  /** Sends a server message to every connection of a user. */
  sendToUser(userId: string, data: Content, options?: SendOptions): void {
    this.#send(this.#hub.ofUser(checkText("userId", userId)), data, options);
  }

  /** Sends a server message to one connection; to none if there is no such connection. */
  sendToConnection(connectionId: string, data: Content, options?: SendOptions): void {
    const session = this.#hub.session(checkString("connectionId", connectionId));
    this.#send(session === undefined ? [] : [session], data, options);
  }

  /** Members get a message of the group, without a sender. */
  sendToGroup(group: string, data: Content, options: SendOptions = {}): void {
    checkGroup(group);
    const { dataType, metadata, ...delivery } = checked(options);
    const content = { payload: payloadOf(data, dataType), metadata: optional(metadata, checkedMetadata) };
    this.#hub.publish({ kind: "groupData", group, fromUserId: undefined, ...content }, delivery);
  }

  /**
   * Ends a connection for good, as a server does by REST: it is told why, closed with 1000, and can't be recovered.
   * @returns whether there was one.
   */
  closeConnection(connectionId: string, reason?: string): boolean {
    optional(reason, (text) => checkText("reason", text));
    return this.#with(connectionId, (session) => session.closeByServer(reason));
  }

  /** @returns whether there is such a connection. */
  addToGroup(connectionId: string, group: string): boolean {
    checkGroup(group);
    return this.#with(connectionId, (session) => this.#hub.join(session, group));
  }

  /** @returns whether there is such a connection. */
  removeFromGroup(connectionId: string, group: string): boolean {
    checkGroup(group);
    return this.#with(connectionId, (session) => this.#hub.leave(session, group));
  }

  /** @param group left out: any group. @returns whether there is such a connection. */
  grantPermission(connectionId: string, permission: Permission, group?: string): boolean {
    checkPermission(permission, group);
    return this.#with(connectionId, (session) => session.permissions.grant(permission, group));
  }

  /** @param group left out: any group. @returns whether there is such a connection. */
  revokePermission(connectionId: string, permission: Permission, group?: string): boolean {
    checkPermission(permission, group);
    return this.#with(connectionId, (session) => session.permissions.revoke(permission, group));
  }

  /** All connections that are open or can be recovered. */
  connections(): readonly ConnectionSnapshot[] {
    return Array.from(this.#hub.sessions, snapshot);
  }

  /** The connection with an id, if there is one that is open or can be recovered. */
  connection(connectionId: string): ConnectionSnapshot | undefined {
    const session = this.#hub.session(connectionId);
    return session && snapshot(session);
  }

  /** Names of the groups with at least one member. */
  groups(): readonly string[] {
    return [...this.#hub.groups];
  }

  /** The connections that are in a group. */
  members(group: string): readonly ConnectionSnapshot[] {
    return Array.from(this.#hub.members(group), snapshot);
  }

  /** Streams to groups that are open, also those whose publisher's transport was lost. */
  streams(): readonly StreamSnapshot[] {
    return Array.from(this.#hub.sessions, ({ connectionId, streams }) =>
      Array.from(streams.open.values(), (stream) => ({
        streamId: stream.id,
        group: stream.group,
        connectionId,
        expectedSequenceId: stream.expected,
        noEcho: stream.noEcho,
        idleTimeoutInMs: stream.idleTimeoutInMs,
      })),
    ).flat();
  }

  /** The states that are set in a group. */
  states(group: string): readonly GroupStateEntry[] {
    return this.#hub.states.list(group).map(({ state = {}, ...about }) => ({ ...about, state }));
  }

  /**
   * What is sent to a group, by whomever, from the first call on: the store of an application, for tests and samples.
   * Fragments of streams aren't kept.
   * @param options for the first call only; later ones leave it out and get the same history
   * @throws Error for options on a later call
   */
  history(group: string, options?: HistoryOptions): GroupHistory {
    checkGroup(group);
    let store = this.#hub.store(group);
    if (store === undefined) {
      store = historyStore(options ?? {}, this.#now, (cause) => {
        const message = `The history of group ${JSON.stringify(group)} keeps a message without an id, as its function id failed: ${String(cause)}`;
        this.#diagnostics({ level: "warning", hub: this.#hub.name, connectionId: undefined, message, cause });
      });
      this.#hub.keep(group, store);
    } else if (options !== undefined) {
      throw new Error(
        `The messages of group ${JSON.stringify(group)} are kept already: call history without options.`,
      );
    }
    return new GroupHistory(store);
  }

  #send(receivers: Iterable<Session>, data: Content, options: SendOptions = {}): void {
    const { dataType, metadata, ...delivery } = checked(options);
    const content = { payload: payloadOf(data, dataType), metadata: optional(metadata, checkedMetadata) };
    this.#hub.send(receivers, { kind: "serverData", ...content }, delivery);
  }

  #with(connectionId: string, act: (session: Session) => void): boolean {
    const session = this.#hub.session(checkString("connectionId", connectionId));
    if (session !== undefined) act(session);
    return session !== undefined;
  }
}

function checkGroup(group: unknown): void {
  if (!isGroupName(group))
    throw new RangeError("group must be a string of 1 to 1,024 characters, not all blank.");
}

/** The empty string is a user id too. */
function checkText(name: string, value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string, but is ${String(value)}.`);
  return value;
}

function checkPermission(permission: unknown, group: unknown): void {
  checkOneOf("permission", permission, ["joinLeaveGroup", "sendToGroup"]);
  optional(group, checkGroup);
}

function checked(options: SendOptions): SendOptions {
  checkObject("options", options, ["dataType", "ttlSeconds", "metadata", "excluded"]);
  optional(options.excluded, (value) => checkStrings("excluded", value));
  const { ttlSeconds = 0 } = options;
  if (!isTtl(ttlSeconds)) throw new RangeError(`ttlSeconds must be an integer from 0 to ${maxTtlSeconds}.`);
  return options;
}

function snapshot(session: Session): ConnectionSnapshot {
  return {
    connectionId: session.connectionId,
    userId: session.userId,
    subprotocol: session.codec.name,
    status: session.status,
    groups: [...session.groups],
    unacknowledged: session.buffer?.count ?? 0,
  };
}
