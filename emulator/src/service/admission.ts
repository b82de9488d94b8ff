import type { Link, Transport } from "./transport.js";

/** A client at the door: what its HTTP request says, before any socket is open. */
export interface ConnectRequest {
  readonly hub: string;
  /** Host and port that the client asked for. */
  readonly host: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** WebSocket subprotocols that the client offers, the preferred one first. */
  readonly subprotocols: readonly string[];
}

/** Whether the client may come in. A refusal is told by HTTP, before the upgrade. */
export type Admission =
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  | {
      readonly kind: "accepted";
      /** The subprotocol to speak; undefined: none. */
      readonly subprotocol: string | undefined;
      /** Takes over the open socket. */
      open(transport: Transport): Link;
    };

/** What a client shows to have its session back. */
export interface RecoveryTicket {
  readonly connectionId: string;
  /** The empty string: it has none, so it gets nothing. */
  readonly reconnectionToken: string;
}

/** Undefined: the request is for a new connection. A connection id alone makes it a recovery. */
export function recoveryTicket(query: URLSearchParams): RecoveryTicket | undefined {
  const connectionId = query.get("awps_connection_id") ?? "";
  const reconnectionToken = query.get("awps_reconnection_token") ?? "";
  return connectionId === "" ? undefined : { connectionId, reconnectionToken };
}

/** From the `Authorization` header, else from the query. */
export function accessToken(request: ConnectRequest): string | undefined {
  const header = request.headers["authorization"]?.[0];
  const bearer = header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
  return bearer ?? request.query.get("access_token") ?? undefined;
}

/** A query as lists by name, without the parameters that are nobody's business. */
export function queryLists(query: URLSearchParams): Record<string, readonly string[]> {
  const lists: Record<string, readonly string[]> = {};
  for (const name of query.keys()) if (name !== "access_token") lists[name] = query.getAll(name);
  return lists;
}
