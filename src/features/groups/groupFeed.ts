import type { FeaturePort } from "../../core/feature.js";
import type { GroupDataMessage } from "../../core/models/messages.js";
import type { WebPubSubResult } from "../../core/models/options.js";
import type { GroupStatus } from "../../core/session/groupTable.js";
import { sendToGroupMessage, type MessageContent } from "../../core/session/operationMessage.js";
import { Emitter } from "../../core/util/emitter.js";
import { InvalidMessageError } from "./groupErrors.js";
import type { GroupMessage, GroupSendOptions } from "./groupOptions.js";
import type { StandardSchemaResult, StandardSchemaV1 } from "./standardSchema.js";

/** What the owner of the feeds calls on a feed. */
export interface Receiver {
  /** It has subscribers. */
  readonly isHeard: boolean;
  /** A message was received. */
  receive(message: GroupDataMessage, key: number): unknown;
  /** The status may have changed. */
  refresh(): void;
}

/** What a feed needs of its owner. */
export interface FeedHost {
  readonly port: FeaturePort;
  /** That of the newest message. */
  key: number;
  /** The feed has listeners now, or has none any more. */
  attach(name: string, feed: Receiver, attached: boolean): void;
  /** Adds a subscriber; the returned function removes it. */
  hold(name: string): () => void;
  /** Nobody listens for the invalid messages of a group. */
  unheard(error: InvalidMessageError): void;
}

type Events<T> = {
  messages: GroupMessage<T>;
  status: GroupStatus;
  "invalid messages": InvalidMessageError;
};

/** The inside of a group's handle: keeps its listeners, and checks its messages by the schema. */
export class GroupFeed<T, In> implements Receiver {
  readonly name: string;
  readonly #host: FeedHost;
  readonly #schema: StandardSchemaV1<unknown, T> | undefined;
  readonly #emitter: Emitter<Events<T>>;
  #listeners = 0;
  #told: GroupStatus = "idle";
  /** The last asynchronous validation; later messages wait for it. */
  #validating: Promise<void> | undefined;

  constructor(name: string, host: FeedHost, schema: StandardSchemaV1<unknown, T> | undefined) {
    this.name = name;
    this.#host = host;
    this.#schema = schema;
    this.#emitter = new Emitter((event, error) =>
      host.port.onListenerError(`the ${event} of group ${name}`, error),
    );
  }

  get port(): FeaturePort {
    return this.#host.port;
  }

  get isHeard(): boolean {
    return this.#emitter.has("messages");
  }

  get status(): GroupStatus {
    return this.port.memberships.status(this.name);
  }

  get error(): Error | undefined {
    return this.port.memberships.refusal(this.name);
  }

  subscribe(listener: (message: GroupMessage<T>) => unknown): () => void {
    return this.#listen("messages", listener, () => this.hold());
  }

  /** Adds a subscriber; the returned function removes it. */
  hold(): () => void {
    return this.#host.hold(this.name);
  }

  onStatusChange(listener: (status: GroupStatus) => unknown): () => void {
    return this.#listen("status", listener);
  }

  onInvalidMessage(listener: (error: InvalidMessageError) => unknown): () => void {
    return this.#listen("invalid messages", listener);
  }

  send(data: In, options?: GroupSendOptions): Promise<WebPubSubResult> {
    return this.port.submit(
      () =>
        sendToGroupMessage(
          this.name,
          data as MessageContent,
          options?.dataType ?? undefined,
          options ?? undefined,
        ),
      options,
      { call: "a handle's send" },
    );
  }

  /**
   * Checks a message by the schema.
   * @param deliver called with it if it is valid, once those before it are checked
   * @returns what to wait for until then, if anything
   */
  receive(
    message: GroupDataMessage,
    key: number,
    deliver: (message: GroupMessage<T>) => void = this.deliver,
  ): Promise<void> | void {
    const schema = this.#schema?.["~standard"];
    if (schema === undefined) return deliver({ ...message, data: message.data as T, key });
    const fail = (cause: unknown): void => this.#reject(new InvalidMessageError(message, [], cause));
    const settle = (result: StandardSchemaResult<T>): void => {
      try {
        if (result.issues) this.#reject(new InvalidMessageError(message, result.issues));
        else deliver({ ...message, data: result.value, key });
      } catch (thrown) {
        // The schema's problems can't be read.
        fail(thrown);
      }
    };
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
    // Messages are delivered in their order, even if a later validation ends sooner.
    const turn = (this.#validating ?? Promise.resolve()).then(async () => {
      (await outcome)();
      if (this.#validating === turn) this.#validating = undefined;
    });
    return (this.#validating = turn);
  }

  /** Gives a message to the subscribers. */
  deliver = (message: GroupMessage<T>): void => this.#emitter.emit("messages", message);

  refresh(): void {
    const { status } = this;
    if (status === this.#told) return;
    this.#told = status;
    this.#emitter.emit("status", status);
  }

  #reject(error: InvalidMessageError): void {
    if (this.#emitter.has("invalid messages")) this.#emitter.emit("invalid messages", error);
    else this.#host.unheard(error);
  }

  /** @param hold called when listening begins; the function that it returns is called when it ends */
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
