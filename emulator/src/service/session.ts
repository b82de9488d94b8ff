import { AckMemory } from "./ackMemory.js";
import type { Codec, Frame } from "./codec.js";
import { type Environment, randomId } from "./environment.js";
import type { Envelope } from "./envelope.js";
import type { HandlerCookie } from "./handlerCookie.js";
import type { Interference } from "./interference.js";
import { maxBufferedBytes } from "./limits.js";
import type { ControlMessage, OperationError, ServiceMessage, Uint64 } from "./messages.js";
import type { Permissions } from "./permissions.js";
import { ReliableBuffer } from "./reliableBuffer.js";
import { StreamTable } from "./streamTable.js";
import type { Trace } from "./trace.js";
import { closeCodes, type Link, type Transport } from "./transport.js";
import type { ConnectionEvent, EventOrigin } from "./upstream.js";

/** What a session asks of the hub it belongs to. */
export interface SessionOwner {
  readonly environment: Environment;
  readonly interference: Interference;
  readonly trace: Trace;
  /** A frame came in on the session's current transport. */
  received(session: Session, frame: Frame): void;
  /** The client broke the rules of WebSocket; the session ends. */
  violated(session: Session, reason: string): void;
  /**
   * The transport is gone; the session waits for its recovery.
   * @param reason with which the client closed it; the empty string: none.
   */
  dropped(session: Session, reason: string): void;
  ended(session: Session, reason: string): void;
}

/** `waiting`: without a transport, until it is recovered or the recovery window ends. */
export type SessionStatus = "connected" | "waiting" | "ended";

/** One connection id: what it may do, what it was told, and the transport it has at the moment. */
export class Session {
  readonly hub: string;
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly codec: Codec;
  readonly permissions: Permissions;
  /** Groups joined; kept by the hub. */
  readonly groups = new Set<string>();
  readonly acks = new AckMemory();
  /** Streams to groups that this connection publishes. */
  readonly streams = new StreamTable();
  readonly buffer: ReliableBuffer | undefined;
  /** What the event handler left here. */
  connectionState: string | undefined;
  cookies: readonly HandlerCookie[] | undefined;

  readonly #owner: SessionOwner;
  /** Every token this connection was given; earlier ones stay valid. */
  readonly #reconnectionTokens = new Set<string>();
  #transport: Transport | undefined;
  #lastEventId = 0;
  #ended = false;

  constructor(
    owner: SessionOwner,
    identity: { hub: string; connectionId: string; userId: string | undefined },
    codec: Codec,
    permissions: Permissions,
  ) {
    this.#owner = owner;
    this.hub = identity.hub;
    this.connectionId = identity.connectionId;
    this.userId = identity.userId;
    this.codec = codec;
    this.permissions = permissions;
    this.buffer = codec.reliable ? new ReliableBuffer() : undefined;
  }

  get status(): SessionStatus {
    if (this.#ended) return "ended";
    return this.#transport === undefined ? "waiting" : "connected";
  }

  /** The current transport, for faults. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  /** This connection, as an event handler is told about it. */
  get origin(): EventOrigin {
    return {
      hub: this.hub,
      connectionId: this.connectionId,
      userId: this.userId,
      subprotocol: this.codec.name === "" ? undefined : this.codec.name,
      connectionState: this.connectionState,
      cookies: this.cookies,
    };
  }

  /** The next event of this connection, for the application. */
  newEvent(): ConnectionEvent {
    return { ...this.origin, eventId: ++this.#lastEventId };
  }

  /** Whether a recovery with this token may have the session. */
  admits(reconnectionToken: string): boolean {
    return !this.#ended && this.#reconnectionTokens.has(reconnectionToken);
  }

  /**
   * Gives the session its first transport, or another one: an older one that still looks open is dropped.
   * @param announce false: without the `connected` message.
   */
  attach(transport: Transport, announce: boolean): Link {
    const previous = this.#transport;
    this.#transport = transport;
    previous?.cut();
    if (announce) this.announce();
    // A link whose transport was replaced is deaf: frames of the old socket are discarded.
    const current = () => this.#transport === transport && !this.#ended;
    return {
      receive: (frame) => {
        if (current()) this.#owner.received(this, frame);
      },
      closed: (code, reason = "") => {
        if (current()) this.#transportClosed(code, reason);
      },
      // After a recovery the client would send the same again: the session ends.
      violated: (reason) => {
        if (!current()) return;
        this.#owner.violated(this, reason);
        this.end(`The client was declined: ${reason}.`);
      },
    };
  }

  /** Says `connected`, with a new reconnection token where the connection is reliable. */
  announce(): void {
    const { connectionId, userId } = this;
    const reconnectionToken = this.#newReconnectionToken();
    this.control({ kind: "connected", connectionId, userId, reconnectionToken });
  }

  /** Sends what the client has not acknowledged, oldest first, but nothing that has expired. */
  replay(times: number): void {
    this.buffer?.dropExpired(this.#owner.environment.now());
    for (const { encoded, sequenceId } of this.buffer?.unacknowledged() ?? []) {
      for (let i = 0; i < times; i++) this.#write(encoded.frame(sequenceId));
    }
  }

  /** Sends a data message; while there is no transport it waits for the recovery. */
  deliver(envelope: Envelope): void {
    const encoded = this.#ended ? undefined : envelope.encodedBy(this.codec);
    if (encoded === undefined) return;
    if (this.buffer === undefined) {
      this.#show(envelope.message, encoded.size);
      this.#write(encoded.frame());
      return;
    }
    const entry = this.buffer.push(encoded, envelope.expiresAt, this.#owner.environment.now());
    if (entry === undefined) this.end("Too many messages are waiting for a sequence acknowledgement.");
    else {
      this.#show(envelope.message, encoded.size, entry.sequenceId);
      this.#write(encoded.frame(entry.sequenceId));
    }
  }

  /** Sends a message about the connection; while there is no transport it is lost. */
  control(message: ControlMessage): void {
    const encoded = this.codec.encode(message);
    if (encoded === undefined) return;
    this.#show(message, encoded.size);
    this.#write(encoded.frame());
  }

  /** Answers an operation, unless a fault holds the ack. @param error left out: success. */
  answer(ackId: Uint64, error?: OperationError): void {
    if (this.#ended) return;
    const hold = this.#owner.interference.holdsAck(this);
    if (hold === "swallow") return;
    const send = () => this.control({ kind: "ack", ackId, error });
    if (hold === undefined) send();
    else this.#owner.environment.setTimer(send, hold);
  }

  /**
   * Ends the session because the application's server wants it so.
   * @param reason the server's words; left out or empty: none.
   */
  closeByServer(reason?: string): void {
    this.end(
      `Application server closed the connection.${reason ? ` Reason: ${reason}` : ""}`,
      closeCodes.normal,
    );
  }

  /**
   * Ends the session for good: says why, closes the transport, and nothing can be recovered.
   * @param code of the close frame; 1000 carries no reason, "cut" drops the transport without a word.
   */
  end(reason: string, code: number | "cut" = closeCodes.policy): void {
    if (this.#ended) return;
    if (code !== "cut") this.control({ kind: "disconnected", reason });
    // The farewell itself may have ended the session: a reader that slow can't be told.
    if (this.#ended) return;
    this.#ended = true;
    const transport = this.#transport;
    this.#transport = undefined;
    if (code === "cut") transport?.cut();
    else transport?.close(code, code === closeCodes.normal ? "" : reason);
    this.#owner.ended(this, reason);
  }

  /** Only 1000 is a goodbye: 1001, for one, is what a page says that unloads, and its session may go on elsewhere. */
  #transportClosed(code: number, reason: string): void {
    this.#transport = undefined;
    const lost = code === 1006 ? "The connection was lost." : "";
    if (code === closeCodes.normal || this.buffer === undefined) this.end(reason || lost);
    else {
      if (this.#owner.trace.watched) this.#owner.trace.emit(this, { kind: "lost", code });
      this.#owner.dropped(this, reason);
    }
  }

  #newReconnectionToken(): string | undefined {
    if (this.buffer === undefined) return undefined;
    const token = randomId(this.#owner.environment, 32);
    this.#reconnectionTokens.add(token);
    return token;
  }

  /** To those who watch. What nobody keeps and no transport takes is lost, so it isn't shown. */
  #show(message: ServiceMessage, bytes: number, sequenceId?: number): void {
    const { trace } = this.#owner;
    if (!trace.watched) return;
    const held = this.#transport === undefined || this.#transport.frozen === true;
    if (held && sequenceId === undefined) return;
    trace.emit(this, { kind: "sent", message, bytes, sequenceId, held });
  }

  #write(frame: Frame): void {
    const transport = this.#transport;
    if (transport === undefined) return;
    transport.send(frame);
    // Nobody may make the service hold endless data for one who doesn't read.
    if (transport.bufferedBytes > maxBufferedBytes) this.end("The connection reads too slowly.", "cut");
  }
}
