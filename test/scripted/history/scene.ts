import { expect } from "vitest";
import type { Gap, Group, HistoryOptions, StandardSchemaV1 } from "web-pubsub-client";
import { ack, fromGroup } from "../../helpers/frames.js";
import { HistoryStore } from "../../helpers/historyStore.js";
import { Stage, turn, type StageOptions } from "../../helpers/stage.js";

export interface SceneOptions extends StageOptions {
  readonly limit?: number;
  readonly history?: Partial<HistoryOptions<string>>;
  readonly schema?: StandardSchemaV1<string, string>;
}

/** A client with a handle of `room` that has history, and what its subscriber and its listeners were told. */
export class Scene {
  readonly stage: Stage;
  readonly store: HistoryStore;
  readonly room: Group<string>;
  readonly seen: string[] = [];
  readonly keys: number[] = [];
  /** `a..b +x,y 2 filled`: from, to, messages, count; `failed: words` instead of `filled`. */
  readonly gaps: string[] = [];
  readonly complete: boolean[] = [];
  #sequenceId = 0;

  constructor({ limit, history, schema, ...options }: SceneOptions = {}) {
    this.stage = new Stage(options);
    this.store = new HistoryStore(limit, history);
    this.room = this.stage.client.group<string>("room", { schema, history: this.store.options });
    this.room.onGap((gap) => this.gaps.push(inWords(gap)));
    this.room.onCompleteChange((complete) => this.complete.push(complete));
  }

  subscribe(): () => void {
    return this.room.subscribe(({ data, key }) => {
      this.seen.push(data);
      this.keys.push(key);
    });
  }

  /** Connects; the group is joined and its first load is answered. */
  async begin(): Promise<() => void> {
    await this.stage.connect();
    const end = this.subscribe();
    await this.joined();
    return end;
  }

  /** The service confirms the join. */
  async joined(error?: string): Promise<void> {
    this.stage.socket.receiveFrame(ack(this.stage.socket.frames("joinGroup").at(-1)?.["ackId"], error));
    await turn();
  }

  /** The connection is lost for good, and a new one stands. The group has yet to be joined. */
  async lose(connectionId = "B"): Promise<void> {
    await this.stage.drop();
    await this.stage.drop(1008);
    await turn(5_000);
    await this.stage.accept(connectionId);
    this.#sequenceId = 0;
    expect(this.stage.client.connectionId).toBe(connectionId);
  }

  /** The store gets these, and then they are sent to the group. */
  send(...texts: string[]): void {
    this.store.add(...texts);
    this.receive(...texts);
  }

  /** They are sent to the group only. */
  receive(...texts: string[]): void {
    for (const text of texts) this.stage.socket.receiveFrame(fromGroup(text, ++this.#sequenceId));
  }
}

function inWords({ from, to, filled, count, messages, error }: Gap<string>): string {
  const late = messages.length > 0 ? ` +${messages.map(({ data }) => data).join()}` : "";
  return `${from?.data ?? ""}..${to?.data ?? ""}${late} ${count} ${filled ? "filled" : (error?.message ?? "open")}`;
}
