import type { Faults } from "../faults.js";
import type { ScriptedFault } from "../faultScript.js";
import type { Hub } from "../service/hub.js";
import { maxUnacknowledgedBytes, maxUnacknowledgedMessages } from "../service/limits.js";
import type { Service } from "../service/service.js";
import type { Session, SessionStatus } from "../service/session.js";

/** The whole service at one moment. Plain JSON. */
export interface Snapshot {
  readonly hubs: readonly HubSnapshot[];
  /** The scripted faults in force. */
  readonly faults: readonly ScriptedFault[];
}

export interface HubSnapshot {
  readonly name: string;
  readonly connections: readonly AdminConnection[];
  readonly groups: readonly { readonly name: string; readonly members: number }[];
}

export interface AdminConnection {
  readonly connectionId: string;
  readonly userId: string | null;
  /** The empty string: none. */
  readonly subprotocol: string;
  readonly status: SessionStatus;
  /** A fault made the service's end of the socket deaf and dumb. */
  readonly halfOpen: boolean;
  readonly groups: readonly string[];
  /** Messages that the client has not acknowledged yet; null for a connection that isn't reliable. */
  readonly window: WindowSnapshot | null;
  /** When its recovery window ends, in Unix milliseconds; null unless it waits. */
  readonly recoverableUntil: number | null;
}

export interface WindowSnapshot {
  readonly messages: number;
  readonly maxMessages: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly lastSequenceId: number;
}

export function snapshot(service: Service, faults: Faults): Snapshot {
  return { hubs: Array.from(service.hubs, (hub) => hubSnapshot(service, hub)), faults: faults.active };
}

function hubSnapshot(service: Service, hub: Hub): HubSnapshot {
  return {
    name: hub.name,
    connections: Array.from(hub.sessions, (session) => connection(service, session)),
    groups: Array.from(hub.groups, (name) => ({ name, members: count(hub.members(name)) })),
  };
}

function connection(service: Service, session: Session): AdminConnection {
  const { connectionId, userId, codec, status, transport, groups, buffer } = session;
  return {
    connectionId,
    userId: userId ?? null,
    subprotocol: codec.name,
    status,
    halfOpen: transport?.frozen === true,
    groups: [...groups],
    window:
      buffer === undefined
        ? null
        : {
            messages: buffer.count,
            maxMessages: maxUnacknowledgedMessages,
            bytes: buffer.bytes,
            maxBytes: maxUnacknowledgedBytes,
            lastSequenceId: buffer.lastSequenceId,
          },
    recoverableUntil: service.recoverableUntil(session) ?? null,
  };
}

function count(members: Iterable<unknown>): number {
  let total = 0;
  for (const _ of members) total++;
  return total;
}
