import { logger } from "../../core/log.js";
import type { GroupDataMessage } from "../../core/models/messages.js";
import type { GroupState, GroupStateRecord } from "../presence/models.js";
import type { OperationOptions, WebPubSubResult } from "../../core/models/options.js";
import type { GroupStreamWriter, OpenGroupStreamOptions } from "../streams/models.js";
import type { GroupRegistry, GroupStatus } from "../../core/session/groupRegistry.js";
import type { GroupStates } from "../presence/groupStates.js";
import { sendToGroupMessage, type MessageContent } from "../../core/session/operationMessage.js";
import type { Session } from "../../core/session/session.js";
import type { InboundStreams } from "../streams/inboundStreams.js";
import type { OutboundStreams } from "../streams/outboundStreams.js";
import { Emitter, type OnListenerError } from "../../core/util/emitter.js";
import { InvalidMessageError } from "./groupErrors.js";
import type { Group } from "./group.js";
import type { GroupMessage, GroupMessagesOptions, GroupSendOptions } from "./groupOptions.js";
import { followStreams, type GroupStreamsOptions, type GroupStreamView } from "../streams/followStreams.js";
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

/** What handles are a view of. */
export interface GroupParts {
  readonly session: Session;
  readonly groupStates: GroupStates;
  readonly inbound: InboundStreams;
  readonly outbound: OutboundStreams;
}

/** What a handle needs of the one that made it. */
export interface GroupHost {
  readonly parts: GroupParts;
  /** Somebody listens to this handle, or nobody does any more. */
  attach(name: string, handle: Receiver, attached: boolean): void;
  /** One subscriber more, until the function it returns is called. */
  hold(name: string): () => void;
  holdStates(name: string): () => void;
  states(name: string): readonly GroupStateRecord[];
  readonly onListenerError: OnListenerError;
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
    return this.#registry.status(this.name);
  }

  get error(): Error | undefined {
    return this.#registry.refusal(this.name);
  }

  subscribe(listener: (message: GroupMessage<T>) => unknown): () => void {
    return this.#listen("message", listener, () => this.#host.hold(this.name));
  }

  onStatusChange(listener: (status: GroupStatus) => unknown): () => void {
    return this.#listen("status", listener);
  }

  onInvalidMessage(listener: (error: InvalidMessageError) => unknown): () => void {
    return this.#listen("invalid", listener);
  }

  send(data: In, options?: GroupSendOptions): Promise<WebPubSubResult> {
    return this.#host.parts.session.submit(
      () =>
        sendToGroupMessage(
          this.name,
          data as MessageContent,
          options?.dataType ?? undefined,
          options ?? undefined,
        ),
      options,
    );
  }

  get states(): readonly GroupStateRecord[] {
    return this.#host.states(this.name);
  }

  get statesError(): Error | undefined {
    return this.#host.parts.groupStates.watches.refusal(this.name);
  }

  subscribeStates(listener: (states: readonly GroupStateRecord[]) => unknown): () => void {
    return this.#listen("states", listener, () => this.#host.holdStates(this.name));
  }

  setState(state: GroupState | undefined, options?: OperationOptions): Promise<WebPubSubResult> {
    return this.#host.parts.groupStates.own.set(this.name, state, options);
  }

  subscribeStreams(
    listener: (streams: readonly GroupStreamView[]) => unknown,
    options?: GroupStreamsOptions,
  ): () => void {
    // First, since it may throw.
    const end = followStreams(this.name, this.#host, listener, options);
    const leave = this.#host.hold(this.name);
    return () => {
      end();
      leave();
    };
  }

  openStream(options?: OpenGroupStreamOptions): Promise<GroupStreamWriter> {
    return this.#host.parts.outbound.open(this.name, options);
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

  get #registry(): GroupRegistry {
    return this.#host.parts.session.memberships.registry;
  }

  /** @param hold takes what must be there to listen; what it returns gives it back */
  #listen<E extends keyof Events<T>>(
    event: E,
    listener: (args: Events<T>[E]) => unknown,
    hold?: () => () => void,
  ): () => void {
    const remove = this.#emitter.on(event, listener);
    if (this.#listeners++ === 0) {
      this.#told = this.status;
      this.#host.attach(this.name, this, true);
    }
    const release = hold?.();
    let removed = false;
    return () => {
      if (removed) return;
      removed = true;
      remove();
      if (--this.#listeners === 0) this.#host.attach(this.name, this, false);
      release?.();
    };
  }
}
