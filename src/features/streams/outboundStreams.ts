import type { ConnectionError } from "../../core/errors.js";
import { toError } from "../../core/errors.js";
import type { WebPubSubMessage } from "../../core/models/messages.js";
import type { GroupStreamWriter, OpenGroupStreamOptions } from "./models.js";
import { positive, type Settings } from "../../core/options.js";
import { checkName } from "../../core/session/operationMessage.js";
import type { SessionHost, SessionPart } from "../../core/session/sessionPart.js";
import { whenAborted } from "../../core/util/whenAborted.js";
import { checkFlag } from "../../core/util/checkFlag.js";
import { checkSignal } from "../../core/util/checkSignal.js";
import type { OnListenerError } from "../../core/util/emitter.js";
import { uuid } from "../../core/util/uuid.js";
import { aborted, GroupStreamError } from "./groupStreamError.js";
import { OutboundStream } from "./outboundStream.js";
import { StreamWriter } from "./streamWriter.js";

/** The streams that this client sends. */
export class OutboundStreams implements SessionPart {
  readonly #settings: Settings;
  readonly #host: SessionHost;
  readonly #onListenerError: OnListenerError;
  readonly #streams = new Map<string, OutboundStream>();

  constructor(settings: Settings, host: SessionHost, onListenerError: OnListenerError) {
    this.#settings = settings;
    this.#host = host;
    this.#onListenerError = onListenerError;
  }

  get pending(): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.isEnding) count++;
    return count;
  }

  async open(groupName: string, given?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    const options = given ?? {};
    const { environment } = this.#settings;
    const streamId = options.streamId ?? uuid(() => environment.random());
    const abortSignal = checkSignal(options.abortSignal);
    if (this.#host.refusal !== undefined) {
      throw new GroupStreamError("NotStarted", streamId, this.#host.refusal);
    }
    if (abortSignal?.aborted) throw aborted(streamId);
    if (this.#streams.has(streamId)) {
      throw new GroupStreamError("AlreadyExists", streamId, `Stream '${streamId}' already exists.`);
    }
    const stream = this.#create(groupName, streamId, options);
    const writer = new StreamWriter(stream, this.#onListenerError);
    this.#streams.set(streamId, stream);
    stream.onGone = () => this.#streams.delete(streamId);
    stream.onClosed = (error) => {
      if (error !== undefined) writer.failed(error);
      this.#host.settled();
    };
    const unlisten = whenAborted(abortSignal, () => stream.giveUp(aborted(streamId)));
    stream.begins();
    try {
      await stream.opened;
    } finally {
      unlisten();
    }
    return writer;
  }

  begins(): void {
    for (const stream of this.#streams.values()) stream.begins();
  }

  resumes(): void {
    for (const stream of this.#streams.values()) stream.resumes();
  }

  flows(): void {
    for (const [id, stream] of [...this.#streams]) {
      if (!this.#host.hasRoom()) return;
      // Whoever has had its turn comes after the others.
      this.#streams.delete(id);
      this.#streams.set(id, stream);
      stream.flows();
    }
  }

  ends(error: ConnectionError): void {
    for (const stream of this.#streams.values()) stream.ends(error);
  }

  refuse(error: ConnectionError): void {
    for (const stream of this.#streams.values()) stream.refuse(error);
  }

  receive(message: WebPubSubMessage): void {
    switch (message.kind) {
      case "streamAck":
        this.#streams.get(message.streamId)?.acknowledged(message);
        return;
      case "streamNack":
        this.#streams.get(message.streamId)?.refused(message);
        return;
      case "streamClosed":
        this.#streams.get(message.streamId)?.closed(message);
        return;
      default:
    }
  }

  #create(groupName: string, streamId: string, options: OpenGroupStreamOptions): OutboundStream {
    const pick = (
      name: "startTimeoutInMs" | "closeTimeoutInMs" | "maxUnackedFragments" | "maxUnackedBytes",
      byDefault: number,
    ): number => positive(name, options[name], byDefault);
    try {
      const { idleTimeoutInMs } = options;
      if (positive("idleTimeoutInMs", idleTimeoutInMs, 1) === Infinity)
        throw new RangeError("idleTimeoutInMs must be finite.");
      const group = checkName("group", groupName);
      const stream = { streamId: checkName("streamId", streamId), idleTimeoutInMs };
      return new OutboundStream(
        { kind: "sendToGroup", group, noEcho: checkFlag("noEcho", options.noEcho, false), stream },
        {
          startTimeoutInMs: pick("startTimeoutInMs", 30_000),
          closeTimeoutInMs: pick("closeTimeoutInMs", 30_000),
          // A stream that comes back to its sender must leave its window at the service (1,000 messages,
          // 16 MB) mostly empty: the client's own sequence acks wait in the same line.
          maxUnackedFragments: pick("maxUnackedFragments", 128),
          maxUnackedBytes: pick("maxUnackedBytes", 1 << 21),
        },
        this.#settings,
        this.#host,
      );
    } catch (thrown) {
      const cause = toError(thrown);
      throw new GroupStreamError("InvalidMessage", streamId, cause.message, { cause });
    }
  }
}
