/** Marks one call of `joinGroup`, so that a later `leaveGroup` can overrule its answer. */
export type JoinTicket = { readonly group: string };

/** The groups that the application wants, and those whose fate an operation is deciding. */
export class GroupRegistry {
  readonly #wished = new Set<string>();
  readonly #joins = new Map<string, Set<JoinTicket>>();
  readonly #unsettled = new Map<string, number>();

  /** `joinGroup` was called: the wish comes with its acknowledgement. */
  joining(group: string): JoinTicket {
    const ticket = { group };
    const tickets = this.#joins.get(group);
    if (tickets === undefined) this.#joins.set(group, new Set([ticket]));
    else tickets.add(ticket);
    this.#count(group, 1);
    return ticket;
  }

  joinSettled(ticket: JoinTicket, succeeded: boolean): void {
    const { group } = ticket;
    this.#count(group, -1);
    const tickets = this.#joins.get(group);
    // Overruled by a leave that was called later.
    if (tickets?.delete(ticket) !== true) return;
    if (tickets.size === 0) this.#joins.delete(group);
    if (succeeded) this.#wished.add(group);
  }

  /** `leaveGroup` was called: the wish ends now. */
  leaving(group: string): void {
    this.#wished.delete(group);
    this.#joins.delete(group);
    this.#count(group, 1);
  }

  leaveSettled(group: string): void {
    this.#count(group, -1);
  }

  isWished(group: string): boolean {
    return this.#wished.has(group);
  }

  /** The groups to join again on a new connection: an operation on its way settles its group itself. */
  planRejoin(): string[] {
    return [...this.#wished].filter((group) => !this.#unsettled.has(group));
  }

  #count(group: string, change: 1 | -1): void {
    const count = (this.#unsettled.get(group) ?? 0) + change;
    if (count === 0) this.#unsettled.delete(group);
    else this.#unsettled.set(group, count);
  }
}
