import { VirtualWorld, TestSocket } from "../../unit/support/virtualWorld.js";

type Frame = Record<string, unknown>;

/** What the service knows of a connection. */
interface Session {
  readonly id: string;
  readonly groups: Set<string>;
  /** What the client hasn't acknowledged. */
  buffer: { readonly sequenceId: number; readonly frame: Frame }[];
  sequenceId: number;
  line: Line | undefined;
}

/** The client's end of a line. */
class Line extends TestSocket {
  isOver = false;
  onSent: ((frame: Frame) => void) | undefined;

  override send(data: string | ArrayBuffer): void {
    this.onSent?.(JSON.parse(data as string) as Frame);
  }

  override close(): void {
    this.isOver = true;
    super.close();
  }

  override terminate(): void {
    this.isOver = true;
    super.terminate();
  }
}

/** How long a frame is under way, in ms. */
const LATENCY = 20;
/** How long a connection can be recovered, in ms. */
const RECOVERABLE = 30_000;

/** A service with reliable connections and groups, in virtual time; much less than the emulator, and as strict. */
export class Service extends VirtualWorld {
  /** So many joins are refused next. */
  refusals = 0;
  readonly #sessions = new Map<string, Session>();
  #connections = 0;

  override readonly createWebSocket = (url: string): Line => {
    const line = new Line(url);
    const id = new URL(url).searchParams.get("awps_connection_id");
    this.setTimer(() => !line.isOver && this.#accept(line, id), LATENCY);
    return line;
  };

  publish(group: string, data: string): void {
    for (const session of this.#sessions.values()) {
      if (!session.groups.has(group)) continue;
      const sequenceId = ++session.sequenceId;
      const frame = {
        type: "message",
        from: "group",
        group,
        fromUserId: "bob",
        dataType: "text",
        data,
        sequenceId,
      };
      session.buffer.push({ sequenceId, frame });
      this.#tell(session.line, frame);
    }
  }

  /** Every connection is gone for good. */
  restart(): void {
    const lines = [...this.#sessions.values()].map(({ line }) => line);
    this.#sessions.clear();
    for (const line of lines) this.#break(line);
  }

  /** Every socket breaks; connections can be recovered. */
  drop(): void {
    for (const session of this.#sessions.values()) this.#suspend(session);
  }

  #accept(line: Line, id: string | null): void {
    let session = this.#sessions.get(id ?? "");
    if (id !== null && session === undefined) return this.#break(line, 1008);
    line.opens();
    if (session === undefined) {
      session = { id: `c${++this.#connections}`, groups: new Set(), buffer: [], sequenceId: 0, line };
      this.#sessions.set(session.id, session);
      this.#tell(line, {
        type: "system",
        event: "connected",
        userId: "ann",
        connectionId: session.id,
        reconnectionToken: "token",
      });
    } else {
      session.line = line;
      for (const { frame } of session.buffer) this.#tell(line, frame);
    }
    const owner = session;
    line.onSent = (frame) => this.setTimer(() => owner.line === line && this.#receive(owner, frame), LATENCY);
  }

  #receive(session: Session, frame: Frame): void {
    const { ackId, group, sequenceId, type } = frame;
    if (type === "ping") return this.#tell(session.line, { type: "pong" });
    if (type === "sequenceAck") {
      session.buffer = session.buffer.filter((each) => each.sequenceId > Number(sequenceId));
      return;
    }
    if (type === "leaveGroup") session.groups.delete(String(group));
    if (type === "joinGroup" && this.refusals > 0) {
      this.refusals--;
      const error = { name: "Forbidden", message: "Not now." };
      return this.#tell(session.line, { type: "ack", ackId, success: false, error });
    }
    if (type === "joinGroup") session.groups.add(String(group));
    this.#tell(session.line, { type: "ack", ackId, success: true });
  }

  #tell(line: Line | undefined, frame: Frame): void {
    if (line !== undefined) this.setTimer(() => line.isOver || line.receives(frame), LATENCY);
  }

  #suspend(session: Session): void {
    const { line } = session;
    session.line = undefined;
    this.#break(line);
    this.setTimer(() => {
      if (session.line === undefined && this.#sessions.get(session.id) === session)
        this.#sessions.delete(session.id);
    }, RECOVERABLE);
  }

  #break(line: Line | undefined, code = 1006): void {
    if (line === undefined || line.isOver) return;
    line.isOver = true;
    line.closes(code);
  }
}
