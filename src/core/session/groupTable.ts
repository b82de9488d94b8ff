import { SendMessageError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";
import { getOrAdd } from "../util/getOrAdd.js";
import { groupMessage, type BareGroupMessage } from "./operationMessage.js";
import type { Operations, SubmitOptions } from "./operations.js";

/**
 * How this client stands to a group.
 * - `idle`: nobody has asked for it.
 * - `waiting`: wanted, and there is no connection to join it on.
 * - `joining`: the service has been asked.
 * - `joined`: messages arrive.
 * - `refused`: the service said no; it is asked again on the next new connection.
 */
export type GroupStatus = "idle" | "waiting" | "joining" | "joined" | "refused";

/** What is wanted of a group, and what is known of the service's side. */
type Entry = {
  /** The application has entered it and not left it. */
  wished: boolean;
  /** Wanted by handles; false: nobody is subscribed any more, but may be again in a moment. */
  held: boolean | undefined;
  /** On the connection that stands; `unknown`: the last operation ended unanswered. */
  known: "in" | "out" | "unknown";
  /** Why it isn't asked for again on this connection. */
  refusal: SendMessageError | undefined;
  /** Operations that aren't settled; and whether the last one called is a leave. */
  pending: number;
  leaving: boolean;
  /** How often the application has left it: a call to enter makes no wish any more after that. */
  left: number;
};

/** What a table asks of the service, and in which lane. */
export interface GroupQuestions {
  readonly lane: string;
  readonly enter: BareGroupMessage["kind"];
  readonly leave: BareGroupMessage["kind"];
}

/** What a table must know, and whom it tells. */
export interface GroupTableHost {
  /** There is a connection id to enter groups on. */
  readonly live: boolean;
  /** What is known of a group may have changed. */
  onChanged(group: string): void;
  /** It was entered. @param wasUnknown it may have been left before */
  onEntered?(group: string, wasUnknown: boolean): void;
  /** It was left, or nobody wants it and there is no connection to leave it on. */
  onLeft(group: string): void;
  /**
   * What the client has asked by itself has ended.
   * @param refusal the service has refused for good, or hasn't answered
   */
  onAsked(group: string, refusal: SendMessageError | undefined, wished: boolean): void;
}

/**
 * Keeps the service in step with what is wanted of groups: the application wishes for one by a call, handles
 * hold one while they have subscribers. Whatever ends unanswered is asked again.
 */
export class GroupTable {
  readonly #operations: Operations;
  readonly #questions: GroupQuestions;
  readonly #host: GroupTableHost;
  readonly #entries = new Map<string, Entry>();

  constructor(operations: Operations, questions: GroupQuestions, host: GroupTableHost) {
    this.#operations = operations;
    this.#questions = questions;
    this.#host = host;
  }

  /** The application's call. Once acknowledged it is a wish, unless it was called off meanwhile. */
  enter(group: string, options?: SubmitOptions): Promise<WebPubSubResult> {
    const { enter, lane } = this.#questions;
    const { left } = this.#called(group, false);
    return this.#operations.submit(() => groupMessage(enter, group), options, {
      lane,
      onSettled: (error, unknown) => {
        const entry = this.#settled(group, unknown, "in");
        if (error === undefined) {
          entry.wished ||= entry.left === left;
          this.#entered(group, entry);
          // A call of the application's may have been given few tries, or a wrong name.
        } else if (this.#host.live && error.errorDetail?.name === "Forbidden") entry.refusal = error;
        this.reconcile(group);
      },
    });
  }

  /** The application's call, which ends its wish at once. While handles hold the group it isn't left. */
  leave(group: string, options?: SubmitOptions): Promise<WebPubSubResult> {
    const entry = this.#entry(group);
    entry.wished = false;
    entry.left++;
    if (entry.held === true) {
      const { refusal } = this.#operations;
      if (refusal === undefined) return Promise.resolve({ isDuplicated: false });
      return Promise.reject(new SendMessageError(refusal, { code: "NotStarted" }));
    }
    entry.held = entry.refusal = undefined;
    const { lane, leave } = this.#questions;
    this.#called(group, true);
    return this.#operations.submit(() => groupMessage(leave, group), options, {
      lane,
      onSettled: (error, unknown) => this.#leaveSettled(group, error, unknown),
    });
  }

  /** A handle has its first subscriber: the group is wanted, in any state of the client. */
  hold(group: string): void {
    const entry = this.#entry(group);
    // Somebody new has come, and not merely come back: that is worth another question.
    if (entry.held !== false) entry.refusal = undefined;
    entry.held = true;
    this.reconcile(group);
  }

  /** The last subscriber has gone, perhaps for a moment only. */
  linger(group: string): void {
    this.#entry(group).held = false;
  }

  /** The moment is over. */
  release(group: string): void {
    this.#entry(group).held = undefined;
    if (!this.#host.live && !this.isWanted(group)) this.#host.onLeft(group);
    this.reconcile(group);
  }

  /**
   * A new connection stands, and is `live`.
   * @param again the application's wishes count for it too; what handles hold always does
   * @returns the groups that it is asked for
   */
  open(again: boolean): string[] {
    const asked: string[] = [];
    for (const [group, entry] of [...this.#entries]) {
      entry.wished &&= again;
      if (this.#reconcile(group, entry)) asked.push(group);
    }
    return asked;
  }

  /** The connection id is gone: the next one knows of no group. */
  close(): void {
    for (const [group, entry] of this.#entries) {
      entry.known = "out";
      entry.refusal = undefined;
      this.#tidy(group, entry);
    }
  }

  /** Asks the service for what is missing. What was called and isn't settled comes first. */
  reconcile(group: string): void {
    const entry = this.#entries.get(group);
    if (entry !== undefined && this.#reconcile(group, entry)) this.#operations.flush();
    this.#host.onChanged(group);
  }

  status(group: string): GroupStatus {
    const entry = this.#entries.get(group);
    if (entry?.known === "in" && !isLeaving(entry)) return "joined";
    if (entry?.held === undefined) return "idle";
    if (entry.refusal !== undefined) return "refused";
    return this.#host.live ? "joining" : "waiting";
  }

  /** Why the group is `refused`. */
  refusal(group: string): SendMessageError | undefined {
    return this.status(group) === "refused" ? this.#entries.get(group)?.refusal : undefined;
  }

  /** Wished for, or held by a handle. */
  isWanted(group: string): boolean {
    const entry = this.#entries.get(group);
    return entry !== undefined && isWanted(entry);
  }

  /** The last call that isn't settled is a leave. */
  isLeaving(group: string): boolean {
    const entry = this.#entries.get(group);
    return entry !== undefined && isLeaving(entry);
  }

  /** Nothing is wanted of the group, nothing known and nothing asked. */
  isUnknown(group: string): boolean {
    return !this.#entries.has(group);
  }

  #reconcile(group: string, entry: Entry): boolean {
    const { known, pending, refusal } = entry;
    const asks = this.#host.live && pending === 0 && this.#operations.refusal === undefined;
    if (asks && isWanted(entry) && known !== "in" && refusal === undefined) {
      this.#enterInternal(group);
      return true;
    }
    if (asks && !isWanted(entry) && known !== "out") {
      this.#leaveInternal(group);
      return true;
    }
    this.#tidy(group, entry);
    return false;
  }

  #enterInternal(group: string): void {
    const { enter, lane } = this.#questions;
    this.#called(group, false);
    this.#operations.submitInternal(() => groupMessage(enter, group), {
      lane,
      onSettled: (error, unknown) => {
        const entry = this.#settled(group, unknown, "in");
        const { wished } = entry;
        // Where the application has called meanwhile, that decides.
        const refused = error !== undefined && entry.pending === 0 && this.#host.live && isVerdict(error);
        if (error === undefined) this.#entered(group, entry);
        else if (refused) entry.refusal = error;
        this.reconcile(group);
        this.#host.onAsked(group, refused ? error : undefined, wished);
      },
    });
  }

  #leaveInternal(group: string): void {
    const { lane, leave } = this.#questions;
    this.#called(group, true);
    this.#operations.submitInternal(() => groupMessage(leave, group), {
      lane,
      retryForever: true,
      onSettled: (error, unknown) => this.#leaveSettled(group, error, unknown),
    });
  }

  #leaveSettled(group: string, error: SendMessageError | undefined, unknown: boolean): void {
    const entry = this.#settled(group, unknown, "out");
    const isLost = !this.#host.live && !isWanted(entry);
    // Where the service refuses for good, or the connection is gone, there is nothing left to ask.
    if (error === undefined || isDenied(error) || isLost) {
      entry.known = "out";
      entry.refusal = undefined;
      this.#host.onLeft(group);
    }
    this.reconcile(group);
  }

  #entered(group: string, entry: Entry): void {
    const wasUnknown = entry.known === "unknown";
    entry.known = "in";
    entry.refusal = undefined;
    this.#host.onEntered?.(group, wasUnknown);
  }

  #called(group: string, leaving: boolean): Entry {
    const entry = this.#entry(group);
    entry.pending++;
    entry.leaving = leaving;
    return entry;
  }

  /** @param wanted what the operation would have made of the group */
  #settled(group: string, unknown: boolean, wanted: "in" | "out"): Entry {
    const entry = this.#entry(group);
    entry.pending--;
    if (unknown && entry.known !== wanted && this.#host.live) entry.known = "unknown";
    return entry;
  }

  #entry(group: string): Entry {
    return getOrAdd(this.#entries, group, () => ({
      wished: false,
      held: undefined,
      known: "out" as const,
      refusal: undefined,
      pending: 0,
      leaving: false,
      left: 0,
    }));
  }

  /** Nothing is kept of a group that nobody has to do with. */
  #tidy(group: string, entry: Entry): void {
    if (!isWanted(entry) && entry.pending === 0 && entry.known === "out" && entry.refusal === undefined)
      this.#entries.delete(group);
  }
}

function isWanted({ wished, held }: Entry): boolean {
  return wished || held !== undefined;
}

function isLeaving({ pending, leaving }: Entry): boolean {
  return pending > 0 && leaving;
}

/** Whether a failure speaks about the group, and not about the connection. */
function isVerdict({ code }: SendMessageError): boolean {
  return code === "InvalidMessage" || code === "Refused" || code === "AckTimeout" || code === "SendFailed";
}

function isDenied({ errorDetail }: SendMessageError): boolean {
  return errorDetail?.name === "Forbidden" || errorDetail?.name === "BadRequest";
}
