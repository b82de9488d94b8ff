import { expect } from "vitest";
import { ack, type Frame } from "./frames.js";
import type { ScriptedSocket } from "./scriptedSocket.js";
import { Stage, turn, type StageOptions } from "./stage.js";

/** A stage whose service answers every operation at once. `refuse` names an error instead. */
export class Presence extends Stage {
  readonly changes: string[] = [];
  refuse: (frame: Frame) => string | undefined = () => undefined;
  silent = false;

  constructor(options: StageOptions = {}) {
    super(options);
    this.onSocket = (socket) => {
      socket.onSent = (frame) => {
        if (frame["ackId"] === undefined || this.silent) return;
        queueMicrotask(() => socket.receiveFrame(ack(frame["ackId"], this.refuse(frame))));
      };
    };
    this.client.on("group-states-changed", (args) => {
      expect(Object.keys(args)).toEqual(["group"]);
      this.changes.push(args.group);
    });
    this.client.on("restore-group-states-failed", ({ group, error }) =>
      this.changes.push(`failed ${group}: ${error.name}`),
    );
  }

  /** Types of the operations on a socket, with the state where there is one. */
  asked(index = this.sockets.length - 1): unknown[] {
    const frames = this.sockets[index]?.frames() ?? [];
    return frames
      .filter(({ type }) => type !== "sequenceAck")
      .map(({ type, state }) => (state === undefined ? type : { [String(type)]: state }));
  }

  /** A connection that can't be recovered is followed by a new one. */
  async replace(connectionId = "B"): Promise<ScriptedSocket> {
    const before = this.sockets.length;
    await this.drop(1008);
    // A connection that lived for a moment only is followed by a pause.
    while (this.sockets.length === before) await turn(100);
    return this.accept(connectionId);
  }
}

export const snapshot = (items: object[], group = "room", sequenceId?: number) => ({
  type: "groupStateSnapshot",
  group,
  items,
  sequenceId,
});
export const update = (items: object[], group = "room", sequenceId?: number) => ({
  type: "groupStateUpdate",
  group,
  items,
  sequenceId,
});
export const item = (connectionId: string, updatedAt: number, status?: string) => ({
  connectionId,
  updatedAt,
  state: status === undefined ? undefined : { status },
});

export async function ready(options?: StageOptions): Promise<Presence> {
  const stage = new Presence(options);
  await stage.connect("A");
  return stage;
}
