import type { SendMessageError } from "../errors.js";

/**
 * How this client stands to a group.
 * - `idle`: nobody has asked for it.
 * - `waiting`: wanted, and there is no connection to join it on.
 * - `joining`: the service has been asked.
 * - `joined`: messages arrive.
 * - `refused`: the service said no; it is asked again on the next new connection.
 */
export type GroupStatus = "idle" | "waiting" | "joining" | "joined" | "refused";

/** Marks one join on its way, so that a later `leaveGroup` can overrule its answer. */
export type JoinTicket = {
  readonly group: string;
  /** Called by the application: its acknowledgement becomes a wish. */
  wish: boolean;
};

/**
 * Who wants which group: the application by `joinGroup`, its group handles by their subscribers.
 * And what is known of the service's side: groups joined, refused, or about to be decided.
 */
export class GroupRegistry {
  readonly #wished = new Set<string>();
  /** Wanted by handles; false: nobody is subscribed any more, but may be again in a moment. */
  readonly #held = new Map<string, boolean>();
  readonly #joins = new Map<string, Set<JoinTicket>>();
  /** By group: joins and leaves on their way, and whether they were ever several. */
  readonly #unsettled = new Map<string, { count: number; several: boolean }>();
  /** Perhaps executed in another order than called: the service is told once more what is wanted. */
  readonly #doubtful = new Set<string>();
  readonly #joined = new Set<string>();
  readonly #refusals = new Map<string, SendMessageError>();
  #live = false;

  /** There is a connection id to join groups on; its link may be down. */
  get live(): boolean {
    return this.#live;
  }

  /** A connection id begins or ends: it knows of no group. */
  reset(live: boolean): void {
    this.#live = live;
    this.#joined.clear();
    this.#refusals.clear();
    this.#doubtful.clear();
  }

  /** A join is on its way. @param wish asked for by `joinGroup`: wished for once acknowledged */
  joining(group: string, wish: boolean): JoinTicket {
    this.#sent(group);
    const ticket = { group, wish };
    const tickets = this.#joins.get(group);
    if (tickets === undefined) this.#joins.set(group, new Set([ticket]));
    else tickets.add(ticket);
    return ticket;
  }

  /**
   * @param late it may have been executed after operations that were called later
   * @returns whether the answer still counts: no later leave has overruled it
   */
  joinSettled(ticket: JoinTicket, error?: SendMessageError, late = false): boolean {
    const { group, wish } = ticket;
    this.#answered(group, late);
    const tickets = this.#joins.get(group);
    if (tickets?.delete(ticket) !== true) {
      // The leave that overruled it was answered before: perhaps on an earlier connection.
      if (error === undefined && !this.#unsettled.has(group)) this.#doubtful.add(group);
      return false;
    }
    if (tickets.size === 0) this.#joins.delete(group);
    if (error === undefined) {
      if (wish) this.#wished.add(group);
      this.#joined.add(group);
      this.#refusals.delete(group);
    } else if (this.#live && isVerdict(error, wish)) {
      this.#refusals.set(group, error);
    }
    return true;
  }

  /**
   * `leaveGroup` was called, or nobody wants the group any more.
   * @returns whether the service is to be told: not while handles have subscribers
   */
  leaving(group: string): boolean {
    this.#wished.delete(group);
    if (this.#held.get(group) === true) {
      for (const ticket of this.#joins.get(group) ?? []) ticket.wish = false;
      return false;
    }
    this.#held.delete(group);
    this.#joins.delete(group);
    this.#joined.delete(group);
    this.#refusals.delete(group);
    this.#sent(group);
    return true;
  }

  /** @param late it may have been executed after operations that were called later */
  leaveSettled(group: string, late = false): void {
    this.#answered(group, late);
  }

  /** The application has joined it and not left it. */
  isWished(group: string): boolean {
    return this.#wished.has(group);
  }

  /** Wished for, held by a handle, or being joined. */
  isWanted(group: string): boolean {
    return this.#wished.has(group) || this.#held.has(group) || this.#joins.has(group);
  }

  /** A handle has its first subscriber. */
  hold(group: string): void {
    // Somebody new has come: that is worth another question.
    if (!this.#held.has(group)) this.#refusals.delete(group);
    this.#held.set(group, true);
  }

  /** The last subscriber has gone, perhaps for a moment only. */
  linger(group: string): void {
    this.#held.set(group, false);
  }

  /** The moment is over. */
  release(group: string): void {
    this.#held.delete(group);
  }

  /** What is to be asked of the service now, so that it agrees. An operation on its way comes first. */
  next(group: string): "join" | "leave" | undefined {
    if (!this.#live || this.#unsettled.has(group)) return undefined;
    const wanted = this.#held.has(group) || this.#wished.has(group);
    if (this.#doubtful.has(group)) return wanted ? "join" : "leave";
    const joined = this.#joined.has(group);
    if (wanted) return joined || this.#refusals.has(group) ? undefined : "join";
    return joined ? "leave" : undefined;
  }

  status(group: string): GroupStatus {
    if (this.#joined.has(group)) return "joined";
    if (!this.#held.has(group)) return "idle";
    if (this.#refusals.has(group)) return "refused";
    return this.#live ? "joining" : "waiting";
  }

  /** Why the group is `refused`. */
  refusal(group: string): SendMessageError | undefined {
    return this.status(group) === "refused" ? this.#refusals.get(group) : undefined;
  }

  /**
   * The groups to join on a new connection: an operation on its way settles its group itself.
   * @param again `joinGroup` counts for new connections too; a handle's subscribers always do
   */
  planRejoin(again: boolean): string[] {
    if (!again) this.#wished.clear();
    const wanted = new Set([...this.#wished, ...this.#held.keys()]);
    return [...wanted].filter((group) => !this.#unsettled.has(group));
  }

  #sent(group: string): void {
    this.#doubtful.delete(group);
    const entry = this.#unsettled.get(group);
    if (entry === undefined) this.#unsettled.set(group, { count: 1, several: false });
    else {
      entry.count++;
      entry.several = true;
    }
  }

  #answered(group: string, late: boolean): void {
    const entry = this.#unsettled.get(group);
    if (entry === undefined) return;
    if (late && entry.several) this.#doubtful.add(group);
    if (--entry.count === 0) this.#unsettled.delete(group);
  }
}

/** Whether the failure speaks about the group, not about the call or the connection. */
function isVerdict({ code, errorDetail }: SendMessageError, wish: boolean): boolean {
  // A call of the application's may have been given few tries, or a wrong name.
  if (wish) return errorDetail?.name === "Forbidden";
  return code === "InvalidMessage" || code === "Refused" || code === "AckTimeout" || code === "SendFailed";
}
