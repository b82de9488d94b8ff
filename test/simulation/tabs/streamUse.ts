import type { GroupStream } from "../../../src/features/streams/models.js";
import type { Life } from "./deliveries.js";
import type { Member } from "./member.js";
import type { TabCall } from "./plan.js";
import type { TabsWorld } from "./world.js";

type StreamCall = Extract<TabCall, { do: "stream" }>;

/** Who has left the group waits so long for more, in ms. */
const IDLE = 60_000;

interface SentStream {
  readonly op: number;
  readonly call: StreamCall;
  outcome: "open" | "ended" | "aborted" | "failed";
  /** Members that were in its group before it was opened, each with its connection. */
  readonly audience: readonly (readonly [Member, Life])[];
}

interface ReceivedStream {
  op: number;
  last: number;
  outcome: "open" | "complete" | "failed";
}

/** The streams of a member, sent and received. */
export class StreamUse {
  readonly sent: SentStream[] = [];
  readonly received: ReceivedStream[] = [];
  pending = 0;
  readonly #world: TabsWorld;
  readonly #member: Member;

  constructor(world: TabsWorld, member: Member) {
    this.#world = world;
    this.#member = member;
    member.client.onGroupStream((stream) => void this.#read(stream), { idleTimeoutInMs: IDLE });
  }

  /** Nobody waits for anything. */
  get isQuiet(): boolean {
    return this.pending === 0 && this.received.every(({ outcome }) => outcome !== "open");
  }

  async send(call: StreamCall): Promise<void> {
    const { client, process } = this.#member;
    const op = this.#world.nextOperation();
    const audience = this.#world.tabs.flatMap((member) => {
      const { life } = member.deliveries;
      const isIn = member !== this.#member && life?.groups.get(call.group)?.status === "in";
      return isIn ? [[member, life] as const] : [];
    });
    const record: SentStream = { op, call, outcome: "open", audience };
    this.sent.push(record);
    this.#world.streams.set(op, record);
    this.pending++;
    this.#trace(() => `calls stream ${op}: ${JSON.stringify(call)}`);
    try {
      const { group, noEcho, fragments, pace, id } = call;
      const writer = await client.openGroupStream(group, {
        streamId: id ?? `s${op}`,
        ...(noEcho === true && { noEcho }),
      });
      for (let n = 1; n <= fragments; n++) {
        await writer.write({ op, n });
        if (pace > 0)
          await new Promise<void>((resolve) => this.#world.clock.after(pace, () => process.soon(resolve)));
      }
      if (call.finish === "end") await writer.end();
      else await writer.abort({ message: "no more" });
      record.outcome = call.finish === "end" ? "ended" : "aborted";
    } catch (error) {
      record.outcome = "failed";
      this.#trace(() => `stream ${op} fails: ${String(error)}`);
    }
    this.#trace(() => `stream ${op} is ${record.outcome}`);
    this.pending--;
  }

  async #read(stream: GroupStream): Promise<void> {
    const record: ReceivedStream = { op: 0, last: 0, outcome: "open" };
    this.received.push(record);
    try {
      for await (const { data } of stream) {
        const { op, n } = data as unknown as { op: number; n: number };
        if (record.op !== 0 && op !== record.op)
          this.#member.failed(`fragments of streams ${record.op} and ${op} come in one`);
        if (record.last !== 0 && n !== record.last + 1)
          this.#member.failed(`fragment ${n} of stream ${op} came after ${record.last}`);
        if (this.sent.some((sent) => sent.op === op && sent.call.noEcho === true))
          this.#member.failed(`its own stream ${op} came in spite of noEcho`);
        record.op = op;
        record.last = n;
      }
      record.outcome = "complete";
    } catch (error) {
      record.outcome = "failed";
      this.#trace(() => `the reader of stream ${record.op} fails: ${String(error)}`);
    }
    this.#trace(() => `the reader of stream ${record.op} is ${record.outcome}, up to ${record.last}`);
    this.#check(record);
  }

  /** What is complete was ended by its sender, behind its last fragment. */
  #check({ op, last, outcome }: ReceivedStream): void {
    if (outcome !== "complete" || op === 0) return;
    const call = this.#world.streams.get(op)?.call;
    if (call?.finish === "abort") this.#member.failed(`stream ${op} was aborted, but its reader isn't told`);
    else if (last !== call?.fragments)
      this.#member.failed(`stream ${op} is complete after ${last} of ${call?.fragments} fragments`);
  }

  #trace(line: () => string): void {
    this.#world.trace(this.#member.name, line);
  }
}

/** Who was in the group all the time has got what was ended without an error. */
export function checkStreams(world: TabsWorld): void {
  for (const { op, call, outcome, audience } of world.streams.values()) {
    if (outcome !== "ended") continue;
    for (const [member, life] of audience) {
      const { deliveries, process, streams } = member;
      const wasThere = deliveries.life === life && !process.hasEnded && !life.hasLeft(call.group);
      const has = streams.received.some((received) => received.op === op && received.outcome === "complete");
      if (wasThere && member.wanted && !has)
        world.failed(`${member.name}: stream ${op} was ended, but it hasn't come`);
    }
  }
}
