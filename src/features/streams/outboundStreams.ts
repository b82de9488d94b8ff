import { checkNames } from "../../core/advice.js";
import type { ConnectionError } from "../../core/errors.js";
import type { FeaturePort } from "../../core/feature.js";
import type { GroupStreamWriter, OpenGroupStreamOptions } from "./models.js";
import { checkName } from "../../core/session/operationMessage.js";
import type { FeatureHooks } from "../../core/session/featureHooks.js";
import { checkOptions, flag, positive, type OptionTable } from "../../core/util/checkOptions.js";
import { checkSignal } from "../../core/util/checkSignal.js";
import { uuid } from "../../core/util/uuid.js";
import { aborted, checked, GroupStreamError } from "./groupStreamError.js";
import { OutboundStream, type OutboundStreamOptions, type StartMessage } from "./outboundStream.js";
import { createWriter } from "./streamWriter.js";

const TABLE: OptionTable<OutboundStreamOptions & { readonly noEcho: boolean }> = {
  noEcho: [flag, false],
  // The service's, for a stream that names none.
  idleTimeoutInMs: [positive, 300_000],
  startTimeoutInMs: [positive, 30_000],
  closeTimeoutInMs: [positive, 30_000],
  // A stream that is echoed to its sender must leave the window at the service (1,000 messages, 16 MB) mostly
  // empty, since the client's sequence acks are sent behind its fragments.
  maxUnackedFragments: [positive, 128],
  maxUnackedBytes: [positive, 1 << 21],
};

/** Opens the streams that this client sends, and passes the service's answers to them. */
export class OutboundStreams implements FeatureHooks {
  readonly name = "streams";
  readonly receive: FeatureHooks["receive"] = {
    streamAck: (message) => this.#streams.get(message.streamId)?.answered(message),
    streamNack: (message) => this.#streams.get(message.streamId)?.answered(message),
    streamClosed: (message) => this.#streams.get(message.streamId)?.closed(message),
  };
  readonly #port: FeaturePort;
  readonly #streams = new Map<string, OutboundStream>();

  constructor(port: FeaturePort) {
    this.#port = port;
  }

  get pending(): number {
    let count = 0;
    for (const stream of this.#streams.values()) if (stream.isEnding) count++;
    return count;
  }

  async open(groupName: string, given?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    const options = given ?? {};
    const { settings } = this.#port;
    const streamId = options.streamId ?? uuid(() => settings.environment.random());
    const abortSignal = checkSignal(options.abortSignal);
    if (this.#port.refusal !== undefined) {
      throw new GroupStreamError("NotStarted", streamId, this.#port.refusal);
    }
    if (abortSignal?.aborted) throw aborted(streamId);
    if (this.#streams.has(streamId)) {
      throw new GroupStreamError("AlreadyExists", streamId, `Stream '${streamId}' already exists.`);
    }
    const stream = checked(streamId, () => {
      checkNames(settings, options, "openGroupStream", this);
      return this.#add(checkName("group", groupName), checkName("streamId", streamId), options);
    });
    await stream.open(abortSignal);
    return createWriter(stream, this.#port.onListenerError);
  }

  #add(group: string, streamId: string, options: OpenGroupStreamOptions): OutboundStream {
    const { noEcho, ...filled } = checkOptions(TABLE, options);
    if (filled.idleTimeoutInMs === Infinity) throw new RangeError("idleTimeoutInMs must be finite.");
    const info = { streamId, idleTimeoutInMs: options.idleTimeoutInMs };
    const start: StartMessage = { kind: "sendToGroup", group, noEcho, stream: info };
    const stream = new OutboundStream(start, filled, this.#port, () => this.#streams.delete(streamId));
    this.#streams.set(streamId, stream);
    return stream;
  }

  /** The ids of those that the service may know. */
  save(): string[] {
    return [...this.#streams.values()].filter(({ isKnown }) => isKnown).map(({ id }) => id);
  }

  /** Their receivers are told, so that they don't wait for more. */
  restore(saved: unknown): void {
    for (const id of saved as readonly string[]) if (!this.#streams.has(id)) this.#add("", id, {}).abandon();
  }

  onOpened(): void {
    for (const stream of this.#streams.values()) stream.onOpened();
  }

  onRecovered(): void {
    for (const stream of this.#streams.values()) stream.onRecovered();
  }

  onRoom(): void {
    for (const [id, stream] of [...this.#streams]) {
      if (!this.#port.hasRoom(stream.suspect)) continue;
      // A stream that has had its turn moves behind the others.
      this.#streams.delete(id);
      this.#streams.set(id, stream);
      stream.onRoom();
    }
  }

  onDeclined(): void {
    for (const stream of this.#streams.values()) stream.onDeclined();
  }

  onLost(error: ConnectionError): void {
    for (const stream of this.#streams.values()) stream.onLost(error);
  }

  onStopped(error: ConnectionError): void {
    for (const stream of this.#streams.values()) stream.onStopped(error);
  }
}
