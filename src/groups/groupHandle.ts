import { logger } from "../logger.js";
import type { GroupDataMessage } from "../models/messages.js";
import type { GroupState, GroupStateRecord } from "../models/groupStates.js";
import type { OperationOptions, WebPubSubResult } from "../models/options.js";
import type {
  GroupStream,
  GroupStreamSubscription,
  GroupStreamWriter,
  OnGroupStreamOptions,
  OpenGroupStreamOptions,
} from "../models/streams.js";
import type { GroupStatus } from "../session/groupRegistry.js";
import { Emitter } from "../util/emitter.js";
import { InvalidMessageError } from "./groupErrors.js";
import type { Group } from "./group.js";
import type { GroupMessage, GroupMessagesOptions, GroupSendOptions } from "./groupOptions.js";
import { followStreams, type GroupStreamsOptions, type GroupStreamView } from "./groupStreams.js";
import { MessageIterator } from "./messageIterator.js";
import type { StandardSchemaResult, StandardSchemaV1 } from "./standardSchema.js";

/** What the owner of the handles calls. */
export interface Receiver {
  /** A message has come. */
  receive(message: GroupDataMessage, key: number): void;
  /** The status may have changed. */
  refresh(): void;
  /** The states have changed. */
  refreshStates(): void;
}

/** What a handle needs of the one that made it. */
export interface GroupHost {
  /** Somebody listens to this handle, or nobody does any more. */
  attach(name: string, handle: Receiver, attached: boolean): void;
  /** One subscriber more, until the function it returns is called. */
  hold(name: string): () => void;
  holdStates(name: string): () => void;
  status(name: string): GroupStatus;
  refusal(name: string): Error | undefined;
  states(name: string): readonly GroupStateRecord[];
  statesRefusal(name: string): Error | undefined;
  setState(name: string, state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult>;
  onStream(
    callback: (stream: GroupStream) => Promise<void>,
    options: OnGroupStreamOptions,
  ): GroupStreamSubscription;
  openStream(name: string, options?: OpenGroupStreamOptions): Promise<GroupStreamWriter>;
  send(name: string, data: unknown, options: GroupSendOptions): Promise<WebPubSubResult>;
  onListenerError(event: string, error: unknown): void;
}

type Events<T> = {
  message: GroupMessage<T>;
  status: GroupStatus;
  states: readonly GroupStateRecord[];
  invalid: InvalidMessageError;
};

/** The one implementation of `Group`. */
export class GroupHandle<T, In> implements Group<T, In>, Receiver {
  readonly name: string;
  readonly #host: GroupHost;
  readonly #schema: StandardSchemaV1<unknown, T> | undefined;
  readonly #emitter: Emitter<Events<T>>;
  #listeners = 0;
  #told: GroupStatus = "idle";
  /** The last of the validations that take time; what comes later waits for it. */
  #validating: Promise<void> | undefined;

  constructor(name: string, host: GroupHost, schema: StandardSchemaV1<unknown, T> | undefined) {
    this.name = name;
    this.#host = host;
    this.#schema = schema;
    this.#emitter = new Emitter((event, error) => host.onListenerError(`group ${name}: ${event}`, error));
  }

  get status(): GroupStatus {
    return this.#host.status(this.name);
  }

  get error(): Error | undefined {
    return this.#host.refusal(this.name);
  }

  subscribe(listener: (message: GroupMessage<T>) => unknown): () => void {
    const unlisten = this.#listen("message", listener);
    const release = this.#host.hold(this.name);
    return () => {
      unlisten();
      release();
    };
  }

  onStatusChange(listener: (status: GroupStatus) => unknown): () => void {
    return this.#listen("status", listener);
  }

  onInvalidMessage(listener: (error: InvalidMessageError) => unknown): () => void {
    return this.#listen("invalid", listener);
  }

  send(data: In, options: GroupSendOptions = {}): Promise<WebPubSubResult> {
    return this.#host.send(this.name, data, options);
  }

  get states(): readonly GroupStateRecord[] {
    return this.#host.states(this.name);
  }

  get statesError(): Error | undefined {
    return this.#host.statesRefusal(this.name);
  }

  subscribeStates(listener: (states: readonly GroupStateRecord[]) => unknown): () => void {
    const unlisten = this.#listen("states", listener);
    const release = this.#host.holdStates(this.name);
    return () => {
      unlisten();
      release();
    };
  }

  setState(state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#host.setState(this.name, state, options);
  }

  subscribeStreams(
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void {
    const leave = this.#host.hold(this.name);
    const end = followStreams(this.name, this.#host, listener, options);
    return () => {
      end();
      leave();
    };
  }

  openStream(options?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    return this.#host.openStream(this.name, options);
  }

  messages(options?: GroupMessagesOptions): AsyncIterableIterator<GroupMessage<T>> {
    return new MessageIterator(this, options);
  }

  receive(message: GroupDataMessage, key: number): void {
    const schema = this.#schema?.["~standard"];
    if (schema === undefined) {
      this.#emitter.emit("message", { ...message, data: message.data as T, key });
      return;
    }
    const settle = (result: StandardSchemaResult<T>): void => {
      if (result.issues !== undefined) this.#reject(new InvalidMessageError(message, result.issues));
      else this.#emitter.emit("message", { ...message, data: result.value, key });
    };
    const fail = (cause: unknown): void => this.#reject(new InvalidMessageError(message, [], cause));
    let outcome: (() => void) | Promise<() => void>;
    try {
      const result = schema.validate(message.data);
      outcome =
        "then" in result
          ? Promise.resolve(result).then(
              (value) => () => settle(value),
              (error: unknown) => () => fail(error),
            )
          : () => settle(result);
    } catch (thrown) {
      outcome = () => fail(thrown);
    }
    if (this.#validating === undefined && typeof outcome === "function") return outcome();
    // What came first is delivered first, whichever validation ends sooner.
    const turn = (this.#validating ?? Promise.resolve()).then(async () => {
      (await outcome)();
      if (this.#validating === turn) this.#validating = undefined;
    });
    this.#validating = turn;
  }

  refresh(): void {
    const { status } = this;
    if (status === this.#told) return;
    this.#told = status;
    this.#emitter.emit("status", status);
  }

  refreshStates(): void {
    this.#emitter.emit("states", this.states);
  }

  #reject(error: InvalidMessageError): void {
    if (this.#emitter.has("invalid")) this.#emitter.emit("invalid", error);
    else logger.warning(error.message);
  }

  #listen<E extends keyof Events<T>>(event: E, listener: (args: Events<T>[E]) => unknown): () => void {
    const remove = this.#emitter.on(event, listener);
    if (this.#listeners++ === 0) {
      this.#told = this.status;
      this.#host.attach(this.name, this, true);
    }
    let removed = false;
    return () => {
      if (removed) return;
      removed = true;
      remove();
      if (--this.#listeners === 0) this.#host.attach(this.name, this, false);
    };
  }
}
