import type { FeaturePort } from "../../core/feature.js";
import type { WebPubSubResult } from "../../core/models/options.js";
import { GroupTable, type GroupQuestions, type GroupTableHost } from "../../core/session/groupTable.js";
import type { SubmitOptions } from "../../core/session/operations.js";
import { getOrAdd } from "../../core/util/getOrAdd.js";
import type { TabSession } from "./tabSession.js";

const NOBODY: readonly TabSession[] = [];
const DONE: WebPubSubResult = { isDuplicated: false };

/** Counts which tabs want which groups: the first one enters a group at the service, and the last one leaves it. */
export class SharedGroups implements GroupTableHost {
  /** Until the connection id is gone. */
  live = true;
  readonly #table: GroupTable;
  /** Aborts what is on its way when the connection id is gone. */
  readonly #abortSignal: AbortSignal;
  /** Those that are in a group, enter it, or are the last to leave it, each with what its last entering is known by. */
  readonly #tabs = new Map<string, Map<TabSession, object>>();

  constructor(port: FeaturePort, questions: GroupQuestions, abortSignal: AbortSignal) {
    this.#table = new GroupTable(port, questions, this);
    this.#abortSignal = abortSignal;
  }

  /** The tabs that get what comes for a group. Undefined: none has asked for it. */
  tabs(group: string): Iterable<TabSession> | undefined {
    const tabs = this.#tabs.get(group);
    if (tabs !== undefined && tabs.size > 0) return tabs.keys();
    // What comes until the service has answered is for nobody.
    return this.#table.isLeaving(group) ? NOBODY : undefined;
  }

  /** Other tabs are in a group, and this one isn't. */
  isOthers(group: string, tab: TabSession): boolean {
    return this.#tabs.get(group)?.has(tab) === false;
  }

  /** Other tabs are in a group. */
  hasOthers(group: string, tab: TabSession): boolean {
    const tabs = this.#tabs.get(group);
    return tabs !== undefined && tabs.size > (tabs.has(tab) ? 1 : 0);
  }

  async enter(tab: TabSession, group: string, options: SubmitOptions): Promise<WebPubSubResult> {
    const tabs = getOrAdd(this.#tabs, group, () => new Map<TabSession, object>());
    const isNew = !tabs.has(tab);
    const entering = {};
    tabs.set(tab, entering);
    // One that asks again may know that the server has removed the connection.
    if (isNew && this.#table.status(group) === "joined") return DONE;
    try {
      const result = await this.#table.enter(group, options);
      // All may have left behind one that was the last to leave, while this waited for the answer to that.
      this.#leaveUnused(group);
      return result;
    } catch (thrown) {
      if (isNew && this.#entering(tab, group) === entering) this.#remove(tab, group);
      throw thrown;
    }
  }

  async leave(tab: TabSession, group: string, options: SubmitOptions): Promise<WebPubSubResult> {
    if (this.hasOthers(group, tab)) {
      this.#remove(tab, group);
      return DONE;
    }
    const entering = this.#entering(tab, group);
    const result = await this.#table.leave(group, options);
    // It may have entered again meanwhile.
    if (this.#entering(tab, group) === entering) this.#remove(tab, group);
    return result;
  }

  /** A tab has gone. @returns the groups that it was in */
  drop(tab: TabSession): string[] {
    const left: string[] = [];
    for (const [group, tabs] of [...this.#tabs]) {
      if (!tabs.has(tab)) continue;
      left.push(group);
      this.#remove(tab, group);
      this.#leaveUnused(group);
    }
    return left;
  }

  /** The connection id is gone. */
  end(): void {
    this.live = false;
    this.#tabs.clear();
  }

  onChanged(): void {
    // Each tab's own client tells it.
  }

  onAsked(): void {
    // Nothing is entered that no tab has asked for.
  }

  #leaveUnused(group: string): void {
    if (this.#tabs.has(group) || !this.live) return;
    // What the service doesn't answer ends with the connection.
    this.#table.leave(group, { abortSignal: this.#abortSignal }).catch(() => undefined);
  }

  #entering(tab: TabSession, group: string): object | undefined {
    return this.#tabs.get(group)?.get(tab);
  }

  #remove(tab: TabSession, group: string): void {
    const tabs = this.#tabs.get(group);
    tabs?.delete(tab);
    if (tabs?.size === 0) this.#tabs.delete(group);
  }
}
