import type { SendMessageError } from "../errors.js";
import { getOrAdd } from "../util/getOrAdd.js";

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

/** How things stand with one group. */
type Entry = {
  /** The application has joined it and not left it. */
  wished: boolean;
  /** Wanted by handles; false: nobody is subscribed any more, but may be again in a moment. */
  held: boolean | undefined;
  /** Joins on their way that no leave has overruled. */
  tickets: JoinTicket[];
  /** Joins and leaves on their way, and whether there were ever several at once. */
  unsettled: number;
  several: boolean;
  /** Perhaps executed in another order than called: the service is told once more what is wanted. */
  doubtful: boolean;
  joined: boolean;
  refusal: SendMessageError | undefined;
};

/**
 * Who wants which group: the application by `joinGroup`, its group handles by their subscribers.
 * And what is known of the service's side: groups joined, refused, or about to be decided.
 */
export class GroupRegistry {
  readonly #entries = new Map<string, Entry>();
  #live = false;

  /** There is a connection id to join groups on; its link may be down. */
  get live(): boolean {
    return this.#live;
  }

  /** A connection id begins or ends: it knows of no group. */
  reset(live: boolean): void {
    this.#live = live;
    for (const [group, entry] of this.#entries) {
      entry.joined = entry.doubtful = false;
      entry.refusal = undefined;
      this.#tidy(group, entry);
    }
  }

  /** A join is on its way. @param wish asked for by `joinGroup`: wished for once acknowledged */
  joining(group: string, wish: boolean): JoinTicket {
    const ticket = { group, wish };
    this.#sent(group).tickets.push(ticket);
    return ticket;
  }

  /**
   * @param late it may have been executed after operations that were called later
   * @returns whether the answer still counts: no later leave has overruled it
   */
  joinSettled(ticket: JoinTicket, error?: SendMessageError, late = false): boolean {
    const { group, wish } = ticket;
    const entry = this.#answered(group, late);
    const index = entry.tickets.indexOf(ticket);
    const counts = index >= 0;
    if (!counts) {
      // The leave that overruled it was answered before: perhaps on an earlier connection.
      if (error === undefined && entry.unsettled === 0) entry.doubtful = true;
    } else {
      entry.tickets.splice(index, 1);
      if (error === undefined) {
        entry.wished ||= wish;
        entry.joined = true;
        entry.refusal = undefined;
      } else if (this.#live && isVerdict(error, wish)) {
        entry.refusal = error;
      }
    }
    this.#tidy(group, entry);
    return counts;
  }

  /**
   * `leaveGroup` was called, or nobody wants the group any more.
   * @returns whether the service is to be told: not while handles have subscribers
   */
  leaving(group: string): boolean {
    const entry = this.#entry(group);
    entry.wished = false;
    if (entry.held === true) {
      for (const ticket of entry.tickets) ticket.wish = false;
      return false;
    }
    entry.held = undefined;
    entry.tickets = [];
    entry.joined = false;
    entry.refusal = undefined;
    this.#sent(group);
    return true;
  }

  /** @param late it may have been executed after operations that were called later */
  leaveSettled(group: string, late = false): void {
    this.#tidy(group, this.#answered(group, late));
  }

  /** The application has joined it and not left it. */
  isWished(group: string): boolean {
    return this.#entries.get(group)?.wished === true;
  }

  /** Wished for, held by a handle, or being joined. */
  isWanted(group: string): boolean {
    const entry = this.#entries.get(group);
    return entry !== undefined && (isWanted(entry) || entry.tickets.length > 0);
  }

  /** A handle has its first subscriber. */
  hold(group: string): void {
    const entry = this.#entry(group);
    // Somebody new has come: that is worth another question.
    if (entry.held === undefined) entry.refusal = undefined;
    entry.held = true;
  }

  /** The last subscriber has gone, perhaps for a moment only. */
  linger(group: string): void {
    this.#entry(group).held = false;
  }

  /** The moment is over. */
  release(group: string): void {
    const entry = this.#entry(group);
    entry.held = undefined;
    this.#tidy(group, entry);
  }

  /** What is to be asked of the service now, so that it agrees. An operation on its way comes first. */
  next(group: string): "join" | "leave" | undefined {
    const entry = this.#entries.get(group);
    if (!this.#live || entry === undefined || entry.unsettled > 0) return undefined;
    const wanted = isWanted(entry);
    if (entry.doubtful) return wanted ? "join" : "leave";
    if (wanted) return entry.joined || entry.refusal !== undefined ? undefined : "join";
    // Only who is forbidden to join is out for sure: an answer may have been lost.
    return entry.joined || (entry.refusal && !isVerdict(entry.refusal, true)) ? "leave" : undefined;
  }

  status(group: string): GroupStatus {
    const entry = this.#entries.get(group);
    if (entry?.joined) return "joined";
    if (entry?.held === undefined) return "idle";
    if (entry.refusal !== undefined) return "refused";
    return this.#live ? "joining" : "waiting";
  }

  /** Why the group is `refused`. */
  refusal(group: string): SendMessageError | undefined {
    return this.status(group) === "refused" ? this.#entries.get(group)?.refusal : undefined;
  }

  /**
   * The groups to join on a new connection: an operation on its way settles its group itself.
   * @param again `joinGroup` counts for new connections too; a handle's subscribers always do
   */
  planRejoin(again: boolean): string[] {
    const groups: string[] = [];
    for (const [group, entry] of this.#entries) {
      entry.wished &&= again;
      if (isWanted(entry) && entry.unsettled === 0) groups.push(group);
      this.#tidy(group, entry);
    }
    return groups;
  }

  #entry(group: string): Entry {
    return getOrAdd(this.#entries, group, () => ({
      wished: false,
      held: undefined,
      tickets: [],
      unsettled: 0,
      several: false,
      doubtful: false,
      joined: false,
      refusal: undefined,
    }));
  }

  /** Nothing is kept of a group that nobody has to do with. */
  #tidy(group: string, entry: Entry): void {
    const { unsettled, doubtful, joined, refusal } = entry;
    if (!isWanted(entry) && unsettled === 0 && !doubtful && !joined && refusal === undefined)
      this.#entries.delete(group);
  }

  #sent(group: string): Entry {
    const entry = this.#entry(group);
    entry.doubtful = false;
    entry.several = entry.unsettled++ > 0;
    return entry;
  }

  #answered(group: string, late: boolean): Entry {
    const entry = this.#entry(group);
    entry.doubtful ||= late && entry.several;
    if (entry.unsettled > 0) entry.unsettled--;
    return entry;
  }
}

function isWanted({ wished, held }: Entry): boolean {
  return wished || held !== undefined;
}

/** Whether the failure speaks about the group, not about the call or the connection. */
function isVerdict({ code, errorDetail }: SendMessageError, wish: boolean): boolean {
  // A call of the application's may have been given few tries, or a wrong name.
  if (wish) return errorDetail?.name === "Forbidden";
  return code === "InvalidMessage" || code === "Refused" || code === "AckTimeout" || code === "SendFailed";
}
