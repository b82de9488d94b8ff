import type { Sent } from "../../core/connection/clientObserver.js";
import type { Effect, Event, State } from "../../core/connection/state.js";
import type { FeaturePort } from "../../core/feature.js";
import type { InvokeMessage, OperationMessage, WebPubSubMessage } from "../../core/models/messages.js";
import { checkMetadata } from "../../core/session/operationMessage.js";
import { safely } from "../../core/util/safely.js";
import { AttemptLog } from "./attemptLog.js";
import { describeReceived, describeWritten } from "./frames.js";
import type { Observer } from "./models.js";
import { makeRecord, type OperationRecord } from "./operationRecord.js";

type Method = Exclude<keyof Observer, "addMetadata">;

/** Tells one observer what happens. */
export class Recorder {
  readonly #port: FeaturePort;
  readonly #observer: Observer;
  readonly #content: boolean;
  readonly #attempts: AttemptLog;
  /** By their messages, which are the same objects from the call to the end. */
  readonly #operations = new WeakMap<object, OperationRecord>();
  readonly #unlisten: () => void;
  #isOver = false;

  constructor(port: FeaturePort, observer: Observer, content: boolean) {
    this.#port = port;
    this.#observer = observer;
    this.#content = content;
    this.#attempts = new AttemptLog(port.settings.pingFrame !== undefined, (method, record) =>
      this.#tell(method, record),
    );
    this.#unlisten = port.events().on("state-changed", (change) => this.#tell("onState", change));
  }

  stop(): void {
    this.#isOver = true;
    this.#unlisten();
  }

  stepped(event: Event, before: State, after: State, effects: readonly Effect[]): void {
    this.#attempts.step(event, before, after, effects, this.#now);
    this.#tellLoad();
  }

  received(frame: string | ArrayBuffer, messages: readonly (WebPubSubMessage | null)[]): void {
    const at = this.#now;
    if (this.#observer.onFrame) this.#tell("onFrame", describeReceived(frame, messages, at, this.#content));
    this.#attempts.received(messages, at);
    this.#tellLoad();
  }

  written(frame: string | ArrayBuffer, sent: Sent | undefined): void {
    const at = this.#now;
    const { pingFrame } = this.#port.settings;
    if (frame === pingFrame) this.#attempts.pinged(at);
    if (this.#observer.onFrame)
      this.#tell(
        "onFrame",
        describeWritten(frame, frame === pingFrame ? { kind: "ping" } : sent?.message, at, this.#content),
      );
    const operation = sent?.message && this.#operations.get(sent.message);
    if (operation) {
      operation.timesSent++;
      operation.sentAt = at;
      this.#tell("onOperationSent", operation);
    }
    this.#tellLoad();
  }

  submitted(message: OperationMessage | InvokeMessage, isInternal: boolean): (error?: Error) => void {
    const operation = makeRecord(message, isInternal, this.#now, this.#content);
    this.#operations.set(message, operation);
    const { kind } = message;
    // The JSON subprotocols have none for invocations.
    const isOnProtobuf = this.#port.settings.protocol.name.startsWith("protobuf");
    const hasMetadata = kind === "sendToGroup" || kind === "sendEvent" || (kind === "invoke" && isOnProtobuf);
    if (this.#observer.addMetadata && hasMetadata)
      this.#try(() => {
        const metadata = this.#observer.addMetadata?.(operation);
        if (metadata) message.metadata = checkMetadata({ ...metadata, ...message.metadata });
      });
    this.#tell("onOperationQueued", operation);
    this.#tellLoad();
    return (error) => {
      operation.durationInMs = this.#now - operation.queuedAt;
      operation.error = error;
      this.#tell("onOperationSettled", operation);
      this.#tellLoad();
    };
  }

  get #now(): number {
    return this.#port.settings.environment.now();
  }

  #tellLoad(): void {
    if (this.#observer.onLoad) this.#tell("onLoad", this.#port.load);
  }

  #tell<Name extends Method>(name: Name, told: Parameters<NonNullable<Observer[Name]>>[0]): void {
    const observer = this.#observer as Partial<Record<Method, (told: unknown) => unknown>>;
    if (!this.#isOver && observer[name]) this.#try(() => observer[name]?.(told));
  }

  #try(action: () => unknown): void {
    safely(action, (error) => this.#port.onListenerError("an observation", error))(undefined);
  }
}
