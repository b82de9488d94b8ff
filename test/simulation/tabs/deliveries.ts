import type { Json, ModelSession } from "../oracles/model.js";
import type { Port } from "./channel.js";
import type { Member, Operation } from "./member.js";
import type { TabsWorld } from "./world.js";

/** What a tab may get of a group. */
interface Membership {
  /** By the frames of its port; `maybe`: the last call is unanswered. */
  status: "in" | "out" | "maybe";
  /**
   * Number of the next message of the group that must come, or several where the last one was executed twice.
   * Undefined: the first may be any from `least` on.
   */
  next: readonly number[] | undefined;
  least: number;
  /** The first message must be no later: it was sent when the tab was in. */
  most: number;
}

/** What a tab's client has between two `connected` frames: the messages that it gets, by groups. */
export class Life {
  readonly session: ModelSession | undefined;
  readonly connectionId: string;
  readonly groups = new Map<string, Membership>();
  /** Copies of siblings' messages with `noEcho`. */
  readonly copies = new Set<number>();
  readonly watched = new Set<string>();
  /** The ack id of the last join or leave, by group. */
  readonly #last = new Map<string, number | undefined>();
  readonly #left = new Set<string>();
  readonly #asked = new Map<number, Json>();

  constructor(world: TabsWorld, connectionId: string) {
    this.connectionId = connectionId;
    this.session = world.backend.model.sessions.get(connectionId);
  }

  group(name: string): Membership {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const made: Membership = { status: "out", next: undefined, least: 0, most: Infinity };
    this.groups.set(name, made);
    return made;
  }

  /** What the service owes the connection for a group. */
  owed(group: string): readonly number[] {
    return (this.session?.owed ?? []).filter((owed) => owed.group === group).map(({ id }) => id);
  }

  asks(message: Json): void {
    const { type, ackId } = message as { type: string; ackId?: number };
    const group = String(message["group"]);
    const membership = this.group(group);
    if (ackId !== undefined) this.#asked.set(ackId, message);
    if (type === "joinGroup" || type === "leaveGroup") this.#last.set(group, ackId);
    if (type === "joinGroup" && membership.status === "out") membership.status = "maybe";
    if (type === "leaveGroup") {
      membership.status = "maybe";
      this.#left.add(group);
      this.#unanchor(membership);
    }
    if (type === "unsubscribeGroupState") this.watched.delete(String(message["group"]));
  }

  answers(message: Json): void {
    const { ackId, error } = message as { ackId: number; error?: { name: string } };
    const asked = this.#asked.get(ackId);
    if (asked === undefined) return;
    const group = String(asked["group"]);
    const membership = this.group(group);
    const isDone = error === undefined || error.name === "Duplicate";
    if (!isDone) return;
    if (asked["type"] === "subscribeGroupState") this.watched.add(group);
    // The answer to one that was given up may come later than that to the next.
    if (this.#last.get(group) !== ackId) return;
    if (asked["type"] === "joinGroup" && membership.status !== "in") {
      membership.status = "in";
      if (membership.next === undefined) membership.most = this.owed(group).length;
    }
    if (asked["type"] === "leaveGroup") {
      membership.status = "out";
      this.#unanchor(membership);
    }
  }

  /** It wasn't in the group all the time. */
  hasLeft(group: string): boolean {
    return this.#left.has(group);
  }

  #unanchor(membership: Membership): void {
    if (membership.next !== undefined) membership.least = Math.min(...membership.next);
    membership.next = undefined;
    membership.most = Infinity;
  }

  /** @returns what is wrong with a message that has come */
  gets(group: string, id: number, copied: Operation | undefined): string | undefined {
    const membership = this.group(group);
    if (membership.status === "out") return `message ${id} came of ${group}, in which the tab isn't`;
    if (copied !== undefined) {
      // A sender that has got a new connection may have sent it again.
      const isAgain = copied.by.deliveries.lives.length > copied.lives;
      if (this.copies.has(id) && !isAgain) return `the copy of message ${id} came twice`;
      this.copies.add(id);
      return undefined;
    }
    const owed = this.owed(group);
    const { least, most } = membership;
    const due = membership.next ?? owed.map((_, index) => index).filter((n) => n >= least && n <= most);
    const next = due.filter((n) => owed[n] === id).map((n) => n + 1);
    if (next.length === 0)
      return owed.includes(id)
        ? `message ${id} of ${group} came, but ${owed[due[0] ?? 0]} was due`
        : `message ${id} of ${group} came, and nobody sent it`;
    membership.next = next;
    return undefined;
  }

  /** What the tab should have got and hasn't. */
  missing(): string | undefined {
    for (const [group, { status, next, most }] of this.groups) {
      if (status !== "in") continue;
      const owed = this.owed(group);
      const from = next === undefined ? most : Math.max(...next);
      if (from < owed.length) return `messages of ${group}: [${owed.slice(from, from + 5).join(" ")}]`;
    }
    return undefined;
  }
}

/** Follows the frames that pass a tab's ports. */
export class Deliveries {
  /** All that began, the current one last. */
  readonly lives: Life[] = [];
  readonly #world: TabsWorld;
  readonly #member: Member;
  readonly #failed: (reason: string) => void;

  constructor(world: TabsWorld, member: Member, failed: (reason: string) => void) {
    this.#world = world;
    this.#member = member;
    this.#failed = failed;
    member.client.on("group-message", ({ message }) => {
      // The other simulation judges clients of their own.
      if (message.stream !== undefined || !member.isTab) return;
      const { op } = message.data as { op: number };
      this.#world.trace(member.name, () => `is told message ${op} of ${message.group}`);
      const sent = this.#world.operations.get(op);
      const isCopy = sent?.call.do === "send" && sent.call.noEcho === true && sent.by.isTab;
      // To the service another connection would be another one.
      const isOwn = sent?.by === member && this.lives.length === sent.lives;
      if (isCopy && isOwn) return this.#failed(`its own message ${op} came in spite of noEcho`);
      const wrong = this.life?.gets(message.group, op, isCopy ? sent : undefined);
      if (this.life === undefined) this.#failed(`message ${op} came before it was connected`);
      else if (wrong !== undefined) this.#failed(wrong);
    });
  }

  get life(): Life | undefined {
    return this.lives.at(-1);
  }

  /** @param port the page's end of a new port */
  watch(port: Port): void {
    const { name } = this.#member;
    port.watch = {
      posts: (message) => {
        this.#world.trace(name, () => `says ${textOf(message)}`);
        const frame = read(message);
        if (frame?.["group"] !== undefined) this.life?.asks(frame);
      },
      gets: (message) => {
        this.#world.trace(name, () => `gets ${textOf(message)}`);
        const frame = read(message);
        if (frame?.["event"] === "connected")
          this.lives.push(new Life(this.#world, String(frame["connectionId"])));
        if (frame?.["type"] === "ack") this.life?.answers(frame);
      },
    };
  }
}

function read(message: unknown): Json | undefined {
  return typeof message === "string" ? (JSON.parse(message) as Json) : undefined;
}

function textOf(message: unknown): string {
  return typeof message === "string" ? message : JSON.stringify(message);
}
