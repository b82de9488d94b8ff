import type { GroupStream, GroupStreamError, InvocationError, WebPubSubClient } from "web-pubsub-client";
import type { StreamLedger } from "./streamLedger.js";

/** What all members have done and seen besides messages. */
export class FeatureCounts {
  statesSet = 0;
  invocationsAnswered = 0;
  /** Excused: the connection was replaced before the answer came. */
  invocationsLost = 0;
  streamsEnded = 0;
  /** Excused: the sender's connection was replaced. */
  streamsBroken = 0;
  streamsReceived = 0;
  readonly wrong: string[] = [];
}

const FRAGMENTS = 10;
/** How streams may end for their readers, and calls for their callers, when connections are replaced. */
const BY_NEW_CONNECTION: ReadonlySet<string> = new Set(["ConnectionLost", "Cancelled", "Timeout"]);

interface Fragment {
  readonly stream: string;
  readonly n: number;
}

/** What one member does besides sending messages, and what it sees of the others. */
export class FeatureUse {
  pending = 0;
  /** What it has said last about itself. */
  said: string | undefined;
  readonly #client: WebPubSubClient;
  readonly #name: string;
  readonly #group: string;
  readonly #ledger: StreamLedger;
  readonly #counts: FeatureCounts;
  #turns: number;

  /** @param first where it begins, so that not all do the same at the same time */
  constructor(
    client: WebPubSubClient,
    name: string,
    group: string,
    ledger: StreamLedger,
    counts: FeatureCounts,
    first: number,
  ) {
    this.#client = client;
    this.#name = name;
    this.#group = group;
    this.#ledger = ledger;
    this.#counts = counts;
    this.#turns = first;
    client.onGroupStream((stream) => void this.#read(stream));
  }

  async begin(): Promise<void> {
    await this.#client.subscribeGroupStates(this.#group);
  }

  /** Does the next thing. */
  async turn(peers: readonly string[]): Promise<void> {
    const turn = ++this.#turns;
    this.pending++;
    try {
      if (turn % 3 === 1) await this.#setState(String(turn));
      else if (turn % 3 === 2) await this.#invoke(turn);
      else await this.#stream(`${this.#name}-${turn}`, peers);
    } catch (error) {
      this.#wrong(String(error));
    }
    this.pending--;
  }

  /** What this member doesn't know of others, each with its connection id. */
  missed(others: readonly { use: FeatureUse; name: string; connectionId: string | undefined }[]): string[] {
    const known = this.#client.listGroupStates(this.#group);
    return others.flatMap(({ use, name, connectionId }) => {
      if (use.said === undefined) return [];
      const record = known.find((each) => each.connectionId === connectionId);
      if (record?.state["said"] === use.said && record.userId === name) return [];
      return [`${name} said ${use.said}, known is ${JSON.stringify(record)}`];
    });
  }

  async #setState(said: string): Promise<void> {
    await this.#client.setGroupState(this.#group, { said });
    this.said = said;
    this.#counts.statesSet++;
  }

  async #invoke(turn: number): Promise<void> {
    const asked = { by: this.#name, turn };
    try {
      const { data } = await this.#client.invokeEvent("ask", asked, { timeoutInMs: 60_000 });
      this.#counts.invocationsAnswered++;
      if (JSON.stringify(data) !== JSON.stringify(asked)) this.#wrong(`answer ${JSON.stringify(data)}`);
    } catch (error) {
      if (!BY_NEW_CONNECTION.has(String((error as InvocationError).code))) throw error;
      this.#counts.invocationsLost++;
    }
  }

  async #stream(streamId: string, peers: readonly string[]): Promise<void> {
    this.#ledger.opens(streamId, peers);
    try {
      const writer = await this.#client.openGroupStream(this.#group, { streamId });
      for (let n = 1; n <= FRAGMENTS; n++) await writer.write({ stream: streamId, n });
      await writer.end();
      this.#counts.streamsEnded++;
      this.#ledger.settled(streamId, "ended");
    } catch (error) {
      this.#ledger.settled(streamId, "failed");
      if (!BY_NEW_CONNECTION.has((error as GroupStreamError).code)) throw error;
      this.#counts.streamsBroken++;
    }
  }

  async #read(received: GroupStream): Promise<void> {
    const { streamId } = received;
    let last = 0;
    try {
      for await (const { data } of received) {
        const { stream, n } = data as unknown as Fragment;
        if (stream !== streamId || (last > 0 && n !== last + 1))
          this.#wrong(`fragment ${n} of ${stream} came after ${last} of ${streamId}`);
        last = n;
      }
      if (last !== FRAGMENTS) this.#wrong(`stream ${streamId} looked complete after ${last}`);
      this.#counts.streamsReceived++;
      this.#ledger.arrived(streamId, this.#name);
    } catch (error) {
      if (!BY_NEW_CONNECTION.has((error as GroupStreamError).code))
        this.#wrong(`stream ${streamId}: ${String(error)}`);
    }
  }

  #wrong(what: string): void {
    this.#counts.wrong.push(`${this.#name}: ${what}`);
  }
}
