import { DECLINED } from "../connection/closePolicy.js";
import { SendMessageError, type ConnectionError } from "../errors.js";
import type { WebPubSubResult } from "../models/options.js";
import { getOrAdd } from "../util/getOrAdd.js";
import type { FeatureHooks } from "./featureHooks.js";
import { BEFORE_ALL, BEHIND_RESTORED, GroupCalls } from "./groupCalls.js";
import type { BareGroupMessage, OperationMessage } from "../models/messages.js";
import { groupMessage } from "./operationMessage.js";
import type { Operations, SubmitOptions } from "./operations.js";

/**
 * Whether this client is in a group.
 * - `idle`: not joined, and no handle wants it.
 * - `waiting`: it is wanted, but there is no connection to join it on.
 * - `joining`: the service has been asked, or will be.
 * - `joined`: messages arrive.
 * - `refused`: the service has refused. It is asked again on the next new connection, unless it has declined the
 *   frame by closing with 1007.
 */
export type GroupStatus = "idle" | "waiting" | "joining" | "joined" | "refused";

/** Whether a group is wanted, and what is known about it at the service. */
type Entry = {
  /** They say whether the application wants to be in it. */
  readonly calls: GroupCalls;
  /** True: handles have subscribers. False: the last one has just gone. Undefined: handles don't want it. */
  held: boolean | undefined;
  /** On the current connection; `unknown`: the last operation ended unanswered. */
  known: "in" | "out" | "unknown";
  /** The refusal because of which the service isn't asked again on this connection. */
  refusal: SendMessageError | undefined;
  /** Operations that aren't settled. */
  pending: number;
  /** The last operation is a leave. */
  leaving: boolean;
};

/** A group that is wanted, or that the connection is in. */
export interface SavedGroup {
  readonly group: string;
  /** The connection is in it for sure. */
  readonly joined: boolean;
  /** By a call of the application. */
  readonly wanted: boolean;
  /** The last call was to leave it: what is still to be answered doesn't make it wanted. */
  readonly left: boolean;
}

/** The kinds of the messages that a table sends, and their lane. */
export interface GroupQuestions {
  readonly lane: string;
  readonly enter: BareGroupMessage["kind"];
  readonly leave: BareGroupMessage["kind"];
}

/** What a table needs of its owner, and what it calls. */
export interface GroupTableHost {
  /** There is a connection id to enter groups on. */
  readonly live: boolean;
  /** The status of a group may have changed. */
  onChanged(group: string): void;
  /** A group was entered. @param wasUnknown it may have been left before */
  onEntered?(group: string, wasUnknown: boolean): void;
  /** A group was left, or it isn't wanted and there is no connection to leave it on. */
  onExited?(group: string): void;
  /**
   * An internal `enter` has ended.
   * @param refusal the failure, if the service has refused for good or hasn't answered
   * @param wished the application wanted to be in the group when it ended
   */
  onAsked(group: string, refusal: SendMessageError | undefined, wished: boolean): void;
}

/**
 * Enters the groups that are wanted and leaves the others. The application wants a group by a call, handles hold
 * one while they have subscribers. What ends unanswered is asked again.
 */
export class GroupTable implements Pick<FeatureHooks, "name" | "save" | "restore" | "submitAgain"> {
  readonly name: string;
  readonly #operations: Operations;
  readonly #questions: GroupQuestions;
  readonly #host: GroupTableHost;
  readonly #entries = new Map<string, Entry>();

  constructor(operations: Operations, questions: GroupQuestions, host: GroupTableHost) {
    this.#operations = operations;
    this.#questions = questions;
    this.name = questions.lane;
    this.#host = host;
  }

  /** There is a connection id to enter groups on; its link may be down. */
  get live(): boolean {
    return this.#host.live;
  }

  /** The application's call. Once acknowledged the group is wanted, unless `leave` was called meanwhile. */
  enter(group: string, options?: SubmitOptions, isRestored = false): Promise<WebPubSubResult> {
    const { enter, lane } = this.#questions;
    const { calls } = this.#called(group, false);
    const call = calls.next(isRestored);
    return this.#operations.submit(() => groupMessage(enter, group), options, {
      lane,
      onSettled: (error, unknown) => {
        const entry = this.#settled(group, unknown, "in");
        if (!error) {
          entry.calls.entered(call);
          this.#entered(group, entry);
          // Other failures don't count as a refusal: the call may have had few retries, or a wrong name.
        } else if (this.#host.live && error.errorDetail?.name === "Forbidden") entry.refusal = error;
        this.reconcile(group);
      },
    });
  }

  /** The application's call: it no longer wants the group. The group stays entered while handles hold it. */
  leave(group: string, options?: SubmitOptions, isRestored = false): Promise<WebPubSubResult> {
    const entry = this.#entry(group);
    const call = entry.calls.next(isRestored);
    entry.calls.left(call);
    if (entry.held === true) {
      entry.calls.leaveSettled(call, true);
      const { refusal } = this.#operations;
      if (refusal === undefined) return Promise.resolve({ isDuplicated: false });
      return Promise.reject(new SendMessageError(refusal, { code: "NotStarted" }));
    }
    entry.held = entry.refusal = undefined;
    const { lane, leave } = this.#questions;
    this.#called(group, true);
    return this.#operations.submit(() => groupMessage(leave, group), options, {
      lane,
      onSettled: (error, unknown) => {
        entry.calls.leaveSettled(call, !error || unknown || !isUnsent(error));
        this.#leaveSettled(group, error, unknown);
      },
    });
  }

  /** A handle has its first subscriber, in any state of the client: the group is wanted. */
  hold(group: string): void {
    const entry = this.#entry(group);
    // A new subscriber, not one that came back within the moment: the service is asked again.
    if (entry.held !== false) entry.refusal = undefined;
    entry.held = true;
    this.reconcile(group);
  }

  /** The last subscriber has gone; another may come in a moment. */
  linger(group: string): void {
    this.#entry(group).held = false;
  }

  /** The moment is over, and no subscriber has come. */
  release(group: string): void {
    this.#entry(group).held = undefined;
    if (!this.#host.live && !this.isWanted(group)) this.#host.onExited?.(group);
    this.reconcile(group);
  }

  /**
   * A new connection is established, and `live`.
   * @param again enter the groups that the application wants too; those that handles hold are always entered
   * @returns the groups for which the service was asked
   */
  open(again: boolean): string[] {
    const asked: string[] = [];
    for (const [group, entry] of [...this.#entries]) {
      if (!again) entry.calls.forget();
      if (this.#reconcile(group, entry)) asked.push(group);
    }
    return asked;
  }

  /** The connection id is gone; the next one starts in no group. */
  close(): void {
    for (const [group, entry] of this.#entries) {
      entry.known = "out";
      entry.calls.closed();
      if (!isWanted(entry) || !isDeclined(entry.refusal)) entry.refusal = undefined;
      this.#tidy(group, entry);
    }
  }

  /** What is wanted and known of the groups. @param isExact nothing can happen any more */
  save(isExact: boolean): SavedGroup[] {
    return [...this.#entries]
      .filter(([, { calls, known, pending }]) => !isExact || calls.wish || pending > 0 || known !== "out")
      .map(([group, { calls, known, pending }]) => ({
        group,
        joined: isExact && pending === 0 && known === "in",
        wanted: calls.wish,
        left: calls.isLeft,
      }));
  }

  /** Goes on with what was saved. `open` follows. */
  restore(saved: unknown): void {
    for (const { group, joined, wanted, left } of saved as readonly SavedGroup[]) {
      const entry = this.#entry(group);
      entry.known = joined ? "in" : "unknown";
      if (wanted) entry.calls.entered(BEFORE_ALL);
      if (left) entry.calls.left(BEHIND_RESTORED);
    }
  }

  /** Submits an operation of the session before, if it is one of this table. */
  submitAgain(message: OperationMessage, options: SubmitOptions): Promise<WebPubSubResult> | undefined {
    if (message.kind === this.#questions.enter) return this.enter(message.group, options, true);
    if (message.kind === this.#questions.leave) return this.leave(message.group, options, true);
    return undefined;
  }

  /** Enters or leaves the group if that is missing. Waits until pending operations on it are settled. */
  reconcile(group: string): void {
    const entry = this.#entries.get(group);
    if (entry && this.#reconcile(group, entry)) this.#operations.flush();
    this.#host.onChanged(group);
  }

  status(group: string): GroupStatus {
    const entry = this.#entries.get(group);
    if (entry?.known === "in" && !isLeaving(entry)) return "joined";
    if (entry?.held === undefined) return "idle";
    if (entry.refusal) return "refused";
    return this.#host.live ? "joining" : "waiting";
  }

  /** Why the group is `refused`. */
  refusal(group: string): SendMessageError | undefined {
    return this.status(group) === "refused" ? this.#entries.get(group)?.refusal : undefined;
  }

  /** Wanted by the application, or held by a handle. */
  isWanted(group: string): boolean {
    const entry = this.#entries.get(group);
    return entry !== undefined && isWanted(entry);
  }

  /** Operations are pending, and the last one is a leave. */
  isLeaving(group: string): boolean {
    const entry = this.#entries.get(group);
    return entry !== undefined && isLeaving(entry);
  }

  /** The group isn't wanted, nothing is known about it and nothing is pending. */
  isUnused(group: string): boolean {
    return !this.#entries.has(group);
  }

  #reconcile(group: string, entry: Entry): boolean {
    const { known, pending, refusal } = entry;
    const asks = this.#host.live && pending === 0 && this.#operations.refusal === undefined;
    if (asks && isWanted(entry) && known !== "in" && !refusal) {
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
        const { wish } = entry.calls;
        // A newer call by the application takes precedence.
        const refused = error !== undefined && entry.pending === 0 && this.#host.live && isAboutGroup(error);
        if (!error) this.#entered(group, entry);
        else if (refused) entry.refusal = error;
        this.reconcile(group);
        this.#host.onAsked(group, refused ? error : undefined, wish);
      },
    });
  }

  #leaveInternal(group: string): void {
    const { lane, leave } = this.#questions;
    this.#called(group, true);
    this.#operations.submitInternal(() => groupMessage(leave, group), {
      lane,
      // No caller would learn that it failed.
      maxRetries: Infinity,
      onSettled: (error, unknown) => this.#leaveSettled(group, error, unknown),
    });
  }

  #leaveSettled(group: string, error: SendMessageError | undefined, unknown: boolean): void {
    const entry = this.#settled(group, unknown, "out");
    const isLost = !isWanted(entry) && (!this.#host.live || (unknown && entry.known === "out"));
    // After a final refusal, or without a connection, there is nothing left to ask.
    if (!error || isDenied(error) || isLost) {
      entry.known = "out";
      entry.refusal = undefined;
      this.#host.onExited?.(group);
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

  /** @param wanted the state that the operation should have led to */
  #settled(group: string, unknown: boolean, wanted: "in" | "out"): Entry {
    const entry = this.#entry(group);
    entry.pending--;
    if (unknown && entry.known !== wanted && this.#host.live) {
      entry.known = "unknown";
      // What was refused before says nothing any more.
      entry.refusal = undefined;
    }
    return entry;
  }

  #entry(group: string): Entry {
    return getOrAdd(this.#entries, group, () => ({
      calls: new GroupCalls(),
      held: undefined,
      known: "out" as const,
      refusal: undefined,
      pending: 0,
      leaving: false,
    }));
  }

  /** Nothing is kept about a group that nobody uses. */
  #tidy(group: string, entry: Entry): void {
    const { calls, known, pending, refusal } = entry;
    // A session that goes on later may have wanted what was left meanwhile.
    const isLeft = !this.#host.live && calls.isLeft;
    if (!isWanted(entry) && pending === 0 && known === "out" && !refusal && !isLeft)
      this.#entries.delete(group);
  }
}

function isWanted({ calls, held }: Entry): boolean {
  return calls.wish || held !== undefined;
}

function isLeaving({ pending, leaving }: Entry): boolean {
  return pending > 0 && leaving;
}

/** Whether an operation that can't have been executed was refused by the client itself, which isn't stopped. */
function isUnsent({ code }: SendMessageError): boolean {
  return (
    code === "InvalidMessage" || code === "AckIdInUse" || code === "TooManyPending" || code === "Aborted"
  );
}

/** Whether a failure concerns the group, not the connection. */
export function isAboutGroup({ code }: SendMessageError): boolean {
  return code === "InvalidMessage" || code === "Refused" || code === "AckTimeout" || code === "SendFailed";
}

/** The service would decline it again, on any connection. */
function isDeclined(refusal: SendMessageError | undefined): boolean {
  return (refusal?.cause as ConnectionError | undefined)?.closeCode === DECLINED;
}

function isDenied({ errorDetail }: SendMessageError): boolean {
  return errorDetail?.name === "Forbidden" || errorDetail?.name === "BadRequest";
}
