import type {
  GroupDataMessage,
  SendToGroupMessage,
  StreamAckMessage,
  StreamClosedMessage,
  StreamDataError,
  StreamDataMessage,
  StreamEndMessage,
  StreamNackMessage,
  WebPubSubMessage,
} from "../../core/models/messages.js";
import { writeTabFrame } from "./tabFrames.js";
import type { TabSession } from "./tabSession.js";

/** A stream that a tab sends. */
interface Stream {
  readonly tab: TabSession;
  /** The tab's id; the service may know it by another one. */
  readonly id: string;
  readonly realId: string;
  readonly group: string;
  /** With `noEcho`, the fragments that the service hasn't acknowledged: the sibling tabs get them then. */
  readonly fragments: Map<number, StreamDataMessage> | undefined;
  /** The sequence id of the next fragment that they get. */
  next: number;
  error: StreamDataError | undefined;
}

/** What the service leaves out for the whole connection (`noEcho`), and the sender's sibling tabs are to get. */
export type SiblingContent = Pick<GroupDataMessage, "group" | "metadata" | "stream"> &
  Pick<StreamDataMessage, "data" | "dataType">;

/** What the streams need of their owner. */
export interface SharedStreamsHost {
  /** Writes a frame; while the link is down it is dropped, as one that was lost with it. */
  write(message: WebPubSubMessage): void;
  /** Writes a frame now, or once the link is there again. */
  writeSurely(message: WebPubSubMessage): void;
  /** A message for the tabs of its group, but for one. */
  deliverToSiblings(content: SiblingContent, except: TabSession): void;
}

/** The streams that tabs send: their ids are unique among the tabs, and answers go back to the right one. */
export class SharedStreams {
  readonly #host: SharedStreamsHost;
  /** By the ids that the service knows. */
  readonly #streams = new Map<string, Stream>();

  constructor(host: SharedStreamsHost) {
    this.#host = host;
  }

  start(tab: TabSession, message: SendToGroupMessage): void {
    const { group, noEcho, stream: info } = message;
    const id = info?.streamId ?? "";
    let stream = this.#of(tab, id);
    if (stream === undefined) {
      const realId = this.#streams.has(id) ? `${id}.${tab.index}` : id;
      const fragments = noEcho ? new Map<number, StreamDataMessage>() : undefined;
      stream = { tab, id, realId, group, fragments, next: 1, error: undefined };
      this.#streams.set(realId, stream);
    }
    this.#host.write({ ...message, stream: { ...info, streamId: stream.realId } });
  }

  write(tab: TabSession, message: StreamDataMessage | StreamEndMessage): void {
    const stream = this.#of(tab, message.streamId);
    if (stream === undefined) {
      const error = { name: "StreamNotFound", message: "The stream isn't open." };
      tab.post(writeTabFrame({ kind: "streamClosed", streamId: message.streamId, error }));
      return;
    }
    const { fragments, next, realId } = stream;
    if (message.kind === "streamEnd") {
      if (message.error) stream.error = { name: "UserError", ...message.error };
    } else if (message.streamSequenceId !== undefined && message.streamSequenceId >= next) {
      fragments?.set(message.streamSequenceId, message);
    }
    this.#host.write({ ...message, streamId: realId });
  }

  /** The service has answered. */
  answered(message: StreamAckMessage | StreamNackMessage): void {
    const stream = this.#streams.get(message.streamId);
    if (stream === undefined) return;
    this.#publish(stream, message.expectedSequenceId);
    stream.tab.post(writeTabFrame({ ...message, streamId: stream.id }));
  }

  closed(message: StreamClosedMessage): void {
    const stream = this.#streams.get(message.streamId);
    if (stream === undefined) return;
    const { fragments, group, id, realId, tab } = stream;
    this.#streams.delete(realId);
    if (fragments !== undefined) {
      // Without an error everything has arrived.
      if (message.error === undefined) this.#publish(stream, Infinity);
      const error = message.error ?? stream.error;
      const info = {
        streamId: realId,
        streamSequenceId: stream.next,
        endOfStream: true,
        ...(error && { error }),
      };
      this.#host.deliverToSiblings({ group, stream: info }, tab);
    }
    tab.post(writeTabFrame({ ...message, streamId: id }));
  }

  /** A tab has gone: its receivers don't wait for more. */
  drop(tab: TabSession): void {
    for (const stream of [...this.#streams.values()]) {
      if (stream.tab !== tab) continue;
      const error = { message: "The tab that sent the stream has gone." };
      stream.error = { name: "UserError", ...error };
      this.#host.writeSurely({ kind: "streamEnd", streamId: stream.realId, error });
    }
  }

  #of(tab: TabSession, id: string): Stream | undefined {
    return [id, `${id}.${tab.index}`]
      .map((realId) => this.#streams.get(realId))
      .find((stream) => stream?.tab === tab && stream.id === id);
  }

  /** The service leaves out the whole connection: the sibling tabs get what it has accepted below a sequence id. */
  #publish(stream: Stream, below: number): void {
    const { fragments, group, realId, tab } = stream;
    for (; fragments !== undefined && stream.next < below; stream.next++) {
      const fragment = fragments.get(stream.next);
      if (fragment === undefined) return;
      fragments.delete(stream.next);
      const info = { streamId: realId, streamSequenceId: stream.next };
      const { data, dataType } = fragment;
      this.#host.deliverToSiblings({ group, data, dataType, stream: info }, tab);
    }
  }
}
