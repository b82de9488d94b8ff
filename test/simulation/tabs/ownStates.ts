import type { Json } from "../oracles/model.js";
import { GROUPS } from "../plans/plan.js";
import type { Port } from "./channel.js";
import type { Life } from "./deliveries.js";
import type { Member } from "./member.js";
import type { TabsWorld } from "./world.js";

interface Said {
  readonly by: Member;
  readonly life: Life;
  readonly group: string;
  readonly ackId: number | undefined;
  readonly value: string | undefined;
  /** Undefined: it isn't answered. */
  isDone: boolean | undefined;
}

/** Which state the worker's connection should have in a group, by what has reached the worker. */
export class OwnStates {
  readonly #said: Said[] = [];
  readonly #world: TabsWorld;

  constructor(world: TabsWorld) {
    this.#world = world;
  }

  /** @param port the worker's end of a tab's port */
  watch(port: Port, by: Member): void {
    port.watch = {
      gets: (message) => this.#gets(message, by),
      posts: (message) => this.#answers(message, by),
    };
  }

  /** What is wrong with the states at the service. */
  conflict(): string | undefined {
    const { backend, living, worker } = this.#world;
    const id = worker?.client.connectionId;
    for (const group of GROUPS) {
      const shown = backend.statesOf(group).find(({ connectionId }) => connectionId === id)?.state?.["is"];
      const lasts: Said[] = [];
      for (const tab of living) {
        const { life } = tab.deliveries;
        if (!tab.wanted || life === undefined || life.connectionId !== id) continue;
        const said = this.#said.filter((each) => each.life === life && each.group === group);
        // What is refused, or given up, may stand or not.
        if (said.some(({ isDone }) => isDone !== true)) return undefined;
        const last = said.at(-1);
        if (last?.value !== undefined && life.groups.get(group)?.status === "in") lasts.push(last);
      }
      lasts.sort((one, other) => this.#said.indexOf(one) - this.#said.indexOf(other));
      const newest = lasts.at(-1)?.value;
      if (shown !== newest)
        return `in ${group} the service shows the state ${shown}, the newest of a living tab is ${newest}`;
    }
    return undefined;
  }

  #gets(message: unknown, by: Member): void {
    const { life } = by.deliveries;
    if (typeof message !== "string" || life === undefined) return;
    const { type, group, ackId, state } = JSON.parse(message) as Json;
    if (type === "leaveGroup") {
      const gone = { by, life, group: String(group), ackId: ackId as number, value: undefined };
      this.#said.push({ ...gone, isDone: undefined });
    }
    if (type !== "setGroupState") return;
    this.#said.push({
      by,
      life,
      group: String(group),
      ackId: ackId as number | undefined,
      value: (state as { is: string } | undefined)?.is,
      isDone: undefined,
    });
  }

  #answers(message: unknown, by: Member): void {
    if (typeof message !== "string") return;
    const { type, ackId, success, error } = JSON.parse(message) as Json;
    if (type !== "ack") return;
    const { life } = by.deliveries;
    for (const said of this.#said)
      if (said.life === life && said.ackId === ackId)
        said.isDone = success === true || (error as { name?: string } | undefined)?.name === "Duplicate";
  }
}
