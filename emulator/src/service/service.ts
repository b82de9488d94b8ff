import {
  type Admission,
  type ConnectRequest,
  type RecoveryTicket,
  accessToken,
  queryLists,
  recoveryTicket,
} from "./admission.js";
import { bareMode } from "./bareFrames.js";
import type { Codec } from "./codec.js";
import { randomId } from "./environment.js";
import { Frames } from "./frames.js";
import { Hub } from "./hub.js";
import { Invocations } from "./invocations.js";
import { defaultRecoveryWindowInMs } from "./limits.js";
import { isGroupName, isHubName } from "./names.js";
import type { OperationError } from "./messages.js";
import { Operations } from "./operations.js";
import { Permissions } from "./permissions.js";
import type { Ports } from "./ports.js";
import { Session, type SessionOwner } from "./session.js";
import { Streams } from "./streams.js";
import { firstKnown, settle } from "./subprotocol.js";
import { Trace } from "./trace.js";
import { type Identity, type TokenClaims, anonymous, claimLists, identityOf } from "./token.js";
import { closeCodes, type Link, type Transport } from "./transport.js";
import { WaitingRoom } from "./waitingRoom.js";

export interface ServiceOptions {
  /** How long a dropped session waits for its recovery, in milliseconds. Default: 30,000. */
  readonly recoveryWindowInMs?: number | undefined;
  /** Whether clients of this hub may come without a token. Default: none may. */
  readonly allowsAnonymous?: ((hub: string) => boolean) | undefined;
}

/** The whole service without its network: admits clients, keeps their sessions, moves their messages. */
export class Service {
  /** What happens here, for those who watch. */
  readonly trace = new Trace();
  readonly #ports: Ports;
  readonly #allowsAnonymous: (hub: string) => boolean;
  readonly #frames: Frames;
  readonly #invocations: Invocations;
  readonly #streams: Streams;
  readonly #waitingRoom: WaitingRoom;
  /** By lower-case name. Hubs exist on demand. */
  readonly #hubs = new Map<string, Hub>();

  constructor(ports: Ports, options: ServiceOptions = {}) {
    this.#ports = ports;
    this.#allowsAnonymous = options.allowsAnonymous ?? (() => false);
    this.#invocations = new Invocations(ports);
    this.#streams = new Streams(ports.environment, ports.interference);
    this.#frames = new Frames({
      operations: new Operations(ports.upstream, ports.interference, ports.diagnostics),
      invocations: this.#invocations,
      streams: this.#streams,
      trace: this.trace,
      diagnostics: ports.diagnostics,
    });
    const window = options.recoveryWindowInMs ?? defaultRecoveryWindowInMs;
    this.#waitingRoom = new WaitingRoom(ports.environment, window);
  }

  get hubs(): Iterable<Hub> {
    return this.#hubs.values();
  }

  /** The hub of this name, in whatever case; made if there is none yet. */
  hub(name: string): Hub {
    const key = name.toLowerCase();
    let hub = this.#hubs.get(key);
    if (hub === undefined) {
      if (!isHubName(name)) throw new RangeError(`Not a hub name: ${JSON.stringify(name)}.`);
      const { environment, upstream } = this.#ports;
      // As handlers and servers know it from the cloud.
      hub = new Hub(key, () => environment.now(), {
        joined: (session, group) => upstream.joined(key, group, () => ({ ...session.newEvent(), group })),
        left: (session, group) => upstream.left(key, group, () => ({ ...session.newEvent(), group })),
      });
      this.#hubs.set(key, hub);
    }
    return hub;
  }

  /** Decides whether a client may come in, before its socket is open. Never rejects. */
  async admit(request: ConnectRequest): Promise<Admission> {
    const admission = await this.#admit(request);
    if (admission.kind !== "refused") return admission;
    const { status, message, reported } = admission;
    if (reported === true) this.showRefusal(request.hub, `${status}: ${message}`);
    else this.tellRefusal(request.hub, status, message);
    return admission;
  }

  /** Tells the developer that a client was not let in, and why: the client itself often can't see it. */
  tellRefusal(hub: string, status: number, reason: string): void {
    const message = `A client was refused with ${status}: ${reason}`;
    this.#ports.diagnostics({ level: "warning", hub: hub.toLowerCase(), connectionId: undefined, message });
    this.showRefusal(hub, `${status}: ${reason}`);
  }

  /** Shows those who watch that a client was not let in. */
  showRefusal(hub: string, reason: string): void {
    if (!this.trace.watched) return;
    const nobody = { hub: hub.toLowerCase(), connectionId: undefined, userId: undefined };
    this.trace.emit(nobody, { kind: "refused", reason });
  }

  async #admit(request: ConnectRequest): Promise<Admission> {
    if (!isHubName(request.hub)) return refused(400, "The hub's name is not valid.");
    const codec = firstKnown(this.#ports.codecs, request.subprotocols);
    const ticket = recoveryTicket(request.query);
    if (ticket !== undefined) return this.#admitRecovery(request, ticket, codec);
    // Asked of every client: where a subprotocol makes the mode void, a bad one is a mistake all the same.
    const mode = bareMode(request.query);
    return typeof mode === "string" ? refused(400, mode) : this.#admitNew(request, codec);
  }

  /** Ends every session, as a service that stops or restarts does. */
  endAll(reason: string, code: number | "cut"): void {
    for (const hub of this.#hubs.values()) for (const session of hub.sessions) session.end(reason, code);
  }

  /** Closes the open streams of a session, or one of them. @returns how many. */
  closeStreams(session: Session, error: OperationError, streamId?: string): number {
    return this.#streams.closeAll(this.hub(session.hub), session, error, streamId);
  }

  /** Until when a session without a transport can be recovered, in Unix milliseconds; undefined: it has one. */
  recoverableUntil(session: Session): number | undefined {
    return this.#waitingRoom.deadline(session);
  }

  async #admitNew(request: ConnectRequest, codec: Codec | undefined): Promise<Admission> {
    const token = accessToken(request);
    let claims: TokenClaims = {};
    if (token !== undefined) {
      try {
        claims = await this.#ports.tokens.verify(token, { hub: request.hub, host: request.host });
      } catch (error) {
        return refused(
          401,
          `The access token is not valid: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    } else if (!this.#allowsAnonymous(request.hub)) return refused(401, "An access token is missing.");
    const identity = token === undefined ? anonymous : identityOf(claims);
    if (!identity.groups.every(isGroupName))
      return refused(400, "The access token has a group whose name is not valid.");
    return this.#askUpstream(request, this.hub(request.hub), codec, identity, claims);
  }

  async #askUpstream(
    request: ConnectRequest,
    hub: Hub,
    offered: Codec | undefined,
    identity: Identity,
    claims: TokenClaims,
  ): Promise<Admission> {
    const connectionId = randomId(this.#ports.environment, 22);
    const { authorization: _, ...headers } = request.headers;
    const event = {
      hub: hub.name,
      connectionId,
      userId: identity.userId,
      subprotocol: offered?.name,
      connectionState: undefined,
      claims: claimLists(claims),
      query: queryLists(request.query),
      headers,
      subprotocols: request.subprotocols,
    };
    let decision;
    try {
      decision = await this.#ports.upstream.connect(event);
    } catch (cause) {
      const message = `The connect handler failed: ${String(cause)}`;
      this.#ports.diagnostics({ level: "warning", hub: hub.name, connectionId, message, cause });
      return { ...refused(500, "The connect handler failed."), reported: true };
    }
    if (decision?.kind === "refused") return decision;
    const {
      userId = identity.userId,
      groups,
      roles = identity.roles,
      connectionState,
      cookies,
    } = decision ?? {};
    const permissions = new Permissions(roles, (message) =>
      this.#ports.diagnostics({ level: "warning", hub: hub.name, connectionId, message }),
    );
    const codec = settle(this.#ports.codecs, request, decision?.subprotocol, permissions);
    if ("kind" in codec) {
      return codec;
    }
    const joined = groups === undefined || groups.length === 0 ? identity.groups : groups;
    return {
      kind: "accepted",
      subprotocol: codec.name === "" ? undefined : codec.name,
      open: (transport) => {
        const about = { hub: hub.name, connectionId, userId };
        const session = new Session(this.#owner(hub), about, codec, permissions);
        session.connectionState = connectionState;
        session.cookies = cookies;
        hub.add(session, joined);
        if (this.trace.watched) this.trace.emit(session, { kind: "opened", subprotocol: codec.name });
        const link = session.attach(transport, true);
        const { upstream } = this.#ports;
        upstream.connected(session.newEvent());
        for (const group of new Set(joined)) {
          upstream.joined(hub.name, group, () => ({ ...session.newEvent(), group }));
        }
        return link;
      },
    };
  }

  /** A connection that is open or waits for its recovery. */
  session(hub: string, connectionId: string): Session | undefined {
    return this.#hubs.get(hub.toLowerCase())?.session(connectionId);
  }

  /**
   * The socket opens in any case: only a close code tells the client that its session is gone. The session goes on in
   * its own subprotocol, whatever the client offers.
   */
  #admitRecovery(request: ConnectRequest, ticket: RecoveryTicket, offered: Codec | undefined): Admission {
    const wanted = this.session(request.hub, ticket.connectionId);
    const codec = wanted?.admits(ticket.reconnectionToken) === true ? wanted.codec : offered;
    const open = (transport: Transport): Link => {
      const session = this.session(request.hub, ticket.connectionId);
      if (session?.admits(ticket.reconnectionToken) !== true) return gone(transport);
      if (this.#ports.interference.rejectsRecovery(session)) {
        session.end("The session was lost.", "cut");
        return gone(transport);
      }
      const link = session.attach(transport, this.#ports.interference.announcesRecovery(session));
      this.#waitingRoom.remove(session);
      session.replay(this.#ports.interference.replays(session));
      if (this.trace.watched)
        this.trace.emit(session, { kind: "recovered", replayed: session.buffer?.count ?? 0 });
      this.#streams.resumed(this.hub(session.hub), session);
      this.#invocations.resumed(session);
      return link;
    };
    return { kind: "accepted", subprotocol: codec?.name, open };
  }

  #owner(hub: Hub): SessionOwner {
    const { environment, interference, upstream, diagnostics } = this.#ports;
    return {
      environment,
      interference,
      trace: this.trace,
      received: (session, frame) => this.#frames.received(hub, session, frame),
      violated: ({ connectionId }, reason) => {
        const message = `The client was declined: ${reason}.`;
        diagnostics({ level: "warning", hub: hub.name, connectionId, message });
      },
      dropped: (session, reason) => {
        this.#streams.paused(session);
        this.#waitingRoom.add(session, reason);
      },
      ended: (session, reason) => {
        if (this.trace.watched) this.trace.emit(session, { kind: "ended", reason });
        this.#waitingRoom.remove(session);
        hub.remove(session);
        this.#streams.ended(hub, session);
        this.#invocations.ended(session);
        upstream.disconnected({ ...session.newEvent(), reason });
      },
    };
  }
}

function refused(status: number, message: string): Extract<Admission, { readonly kind: "refused" }> {
  return { kind: "refused", status, message };
}

/** Closes a recovery whose session doesn't exist any more. */
function gone(transport: Transport): Link {
  transport.close(closeCodes.policy, "The connection can't be recovered.");
  return { receive() {}, closed() {}, violated() {} };
}
