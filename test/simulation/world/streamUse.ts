import type {
  GroupStream,
  GroupStreamMessage,
  GroupStreamWriter,
} from "../../../src/features/streams/models.js";
import type { GroupStreamError } from "../../../src/features/streams/groupStreamError.js";
import type { WebPubSubClientState } from "../../../src/core/models/events.js";
import type { Actor } from "./actor.js";
import type { Json } from "../oracles/model.js";
import { isCalm, type StreamCall } from "../plans/plan.js";
import type { Signal } from "./signal.js";
import type { World } from "./world.js";

/** So many fragments of a stream may be unacknowledged. */
const WINDOW = 128;
/** A silence so long, in ms, that no line makes a keep-alive come too late. */
const LONG_IDLE = 5_000;
const ABORT_WORDS = "no more";

/** One stream that the program sends. */
export interface SentStream {
  readonly op: number;
  readonly streamId: string;
  readonly call: StreamCall;
  readonly stateAtCall: WebPubSubClientState;
  readonly signal: Signal | undefined;
  /** Promises of the client that aren't settled. */
  pending: number;
  /** When the first fragment was called to be written. */
  beganAt: number | undefined;
  /** The program has done what it wanted, or can't. */
  isOver: boolean;
  outcome: "opening" | "open" | "ended" | "aborted" | "failed";
  error: Error | undefined;
  /** It was open when its client was suspended, and the next client knows of it. */
  isSuspended: boolean;
  /** Calls waited then. */
  hasWaited: boolean;
  /** When the program has asked for its end, and when all was over. */
  endsAt: number | undefined;
  overAt: number | undefined;
}

/** One stream that came. */
export interface ReceivedStream {
  readonly streamId: string;
  readonly connectionId: string | undefined;
  /** On which page, or in which process. */
  readonly page: number;
  /** Number of the first fragment: the beginning may have been missed. */
  first: number;
  /** Number of the last one. */
  last: number;
  outcome: "open" | "complete" | "left" | "failed";
}

/** A fragment: which stream, which one of it. */
interface Fragment {
  readonly op: number;
  readonly n: number;
}

/** The program's streams, sent and received. */
export class StreamUse {
  readonly sent: SentStream[] = [];
  readonly received: ReceivedStream[] = [];
  /** Fragments that the service has acknowledged, by stream. */
  readonly #acknowledged = new Map<string, number>();
  #page = 0;
  readonly #actor: Actor;
  readonly #world: World;

  constructor(actor: Actor, world: World) {
    this.#actor = actor;
    this.#world = world;
    this.begins();
  }

  /** A new page or process begins. */
  begins(): void {
    this.#page++;
    this.#actor.client.onGroupStream((stream) => void this.#read(stream));
  }

  /** Those that the service knows and that haven't ended. */
  get open(): readonly SentStream[] {
    return this.sent.filter(({ outcome }) => outcome === "open");
  }

  /** Their client is about to be suspended. @param known what the next client knows of */
  suspends(known = this.open): void {
    const { open } = this;
    for (const stream of known) stream.isSuspended ||= open.includes(stream);
    for (const stream of this.sent) stream.hasWaited ||= stream.pending > 0;
  }

  /** Calls without an answer. */
  get pending(): number {
    return this.sent.reduce((sum, { pending }) => sum + pending, 0);
  }

  /** Nothing goes on any more but streams that were left open. */
  get isQuiet(): boolean {
    return this.sent.every(({ isOver }) => isOver);
  }

  send(call: StreamCall, signal: Signal | undefined): void {
    const { client } = this.#actor;
    const op = this.#world.nextOperation();
    const record: SentStream = {
      op,
      streamId: `s${op}`,
      call,
      stateAtCall: client.state,
      signal,
      pending: 0,
      beganAt: undefined,
      isOver: false,
      outcome: "opening",
      error: undefined,
      isSuspended: false,
      hasWaited: false,
      endsAt: undefined,
      overAt: undefined,
    };
    this.sent.push(record);
    this.#trace(() => `calls op ${op}: ${JSON.stringify(call)} while ${client.state}`);
    void this.#send(record);
  }

  /** The client is about to get a frame. */
  hears(message: Json): void {
    const { streamId } = message as { streamId?: string };
    if (streamId === undefined) return;
    const { type, error } = message as { type: string; error?: { name: string } };
    if (type === "streamAck" || type === "streamNack") {
      const known = this.#acknowledged.get(streamId) ?? 0;
      this.#acknowledged.set(streamId, Math.max(known, Number(message["expectedSequenceId"]) - 1));
    }
    if (type !== "streamClosed" || error?.name !== "IdleTimeout" || !isCalm(this.#world.plan)) return;
    const idleTimeout = this.sent.find((each) => each.streamId === streamId)?.call.idleTimeoutInMs ?? 0;
    if (idleTimeout >= LONG_IDLE) this.#failed(`stream ${streamId} was not kept alive`);
  }

  /** A socket has taken a frame. */
  writes({ type, streamId, streamSequenceId }: Json): void {
    if (type !== "streamData" || streamSequenceId === undefined) return;
    const unacknowledged = Number(streamSequenceId) - (this.#acknowledged.get(streamId as string) ?? 0);
    if (unacknowledged > WINDOW)
      this.#failed(`${unacknowledged} fragments of stream ${String(streamId)} are unacknowledged`);
  }

  async #send(record: SentStream): Promise<void> {
    try {
      await this.#write(record);
    } catch (error) {
      record.outcome = "failed";
      record.error = error as Error;
      const { code, cause } = error as GroupStreamError;
      if (record.hasWaited && (cause as { code?: string } | undefined)?.code !== "Suspended")
        this.#failed(`stream ${record.streamId} was suspended, and failed as ${code}`);
    }
    record.isOver = true;
    record.overAt = this.#world.clock.now;
    this.#trace(() => `stream ${record.streamId} is ${record.outcome}: ${record.error?.message ?? ""}`);
  }

  async #write(record: SentStream): Promise<void> {
    const { call, op, streamId, signal } = record;
    const { group, noEcho, idleTimeoutInMs } = call;
    const writer: GroupStreamWriter = await this.#asked(
      record,
      this.#actor.client.openGroupStream(group, { streamId, noEcho, idleTimeoutInMs, abortSignal: signal }),
    );
    record.outcome = "open";
    const calls: Promise<void>[] = [];
    for (let n = 1; n <= call.fragments; n++) {
      const fragment: Fragment = { op, n };
      record.beganAt ??= this.#world.clock.now;
      const written = this.#asked(record, writer.write(fragment));
      // One in a hurry doesn't wait for the window, if as many may wait, and ends behind what waits.
      if (call.pace === 0 && this.#actor.plan.maxPendingOperations > call.fragments) calls.push(written);
      else {
        await written;
        await this.#pause(call.pace);
      }
    }
    if (call.finish !== "none") record.endsAt = this.#world.clock.now;
    if (call.finish === "end") calls.push(this.#asked(record, writer.end()));
    if (call.finish === "abort")
      calls.push(this.#asked(record, writer.abort({ message: ABORT_WORDS, userErrorCode: String(op) })));
    await Promise.all(calls);
    if (call.finish !== "none") record.outcome = call.finish === "end" ? "ended" : "aborted";
  }

  async #asked<T>(record: SentStream, promise: Promise<T>): Promise<T> {
    record.pending++;
    try {
      return await promise;
    } finally {
      record.pending--;
    }
  }

  #pause(time: number): Promise<void> {
    const { clock } = this.#world;
    return new Promise((resolve) => clock.after(time, () => this.#actor.soon(resolve)));
  }

  async #read(stream: GroupStream): Promise<void> {
    const { streamId } = stream;
    const { connectionId } = this.#actor.client;
    const page = this.#page;
    const isLeft = ({ outcome, ...other }: ReceivedStream): boolean =>
      outcome === "left" &&
      other.streamId === streamId &&
      other.connectionId === connectionId &&
      other.page === page;
    if (this.received.some(isLeft)) this.#failed(`stream ${streamId} was left, but comes again`);
    const record: ReceivedStream = { streamId, connectionId, page, first: 0, last: 0, outcome: "open" };
    this.received.push(record);
    try {
      for await (const message of stream) {
        this.#check(record, message);
        // Some readers have enough.
        if (streamId.endsWith("7") && record.last >= record.first + 1) {
          record.outcome = "left";
          return;
        }
      }
      record.outcome = "complete";
    } catch (error) {
      record.outcome = "failed";
      this.#trace(() => `reader of ${streamId}: ${String(error)}`);
      if (!(error instanceof Error)) this.#failed(`the reader of ${streamId} got no Error`);
      const { message, userErrorCode } = error as GroupStreamError;
      if (message === ABORT_WORDS && `s${userErrorCode}` !== streamId)
        this.#failed(`the reader of ${streamId} got the error code ${userErrorCode}`);
    }
    this.#trace(() => `reader of ${streamId}: ${record.outcome}, ${record.first} to ${record.last}`);
  }

  #check(record: ReceivedStream, { data, stream, groupName }: GroupStreamMessage): void {
    const { op, n } = data as unknown as Fragment;
    const at = `fragment ${stream.streamSequenceId} of ${stream.streamId}`;
    if (stream.streamId !== `s${op}` || stream.streamSequenceId !== n)
      this.#failed(`${at} brings fragment ${n} of s${op}`);
    if (record.last !== 0 && n !== record.last + 1) this.#failed(`${at} came after ${record.last}`);
    if (!groupName.startsWith("open")) this.#failed(`${at} came in group ${groupName}`);
    if (record.first === 0) record.first = n;
    record.last = n;
  }

  #trace(line: () => string): void {
    this.#world.trace(this.#actor.name, line);
  }

  #failed(reason: string): void {
    this.#world.failed(`${this.#actor.name}: ${reason}`);
  }
}
