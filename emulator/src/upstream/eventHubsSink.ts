import type { EventData, EventHubProducerClient } from "@azure/event-hubs";
import type { Diagnostics } from "../service/diagnostics.js";
import { type CloudEvent, bytesOf, mediaTypeOf } from "./cloudEvent.js";
import type { EventHubsOptions } from "./eventListener.js";
import type { Sink } from "./listeners.js";

/** Most events that may wait; more are lost, as an event hub that is away for long loses them too. */
const maxWaiting = 10_000;
/** How long closing waits for what is on its way, in milliseconds. */
const closeGraceInMs = 1_000;
/** Attempts are few and short: a developer wants to hear soon that nobody is there. */
const retryOptions = { maxRetries: 1, timeoutInMs: 10_000, retryDelayInMs: 1_000 };

const { setTimeout, clearTimeout } = globalThis;

/** Events go to an event hub, in the order in which they happened. */
export class EventHubsSink implements Sink {
  readonly #producer: EventHubProducerClient;
  readonly #diagnostics: Diagnostics;
  readonly #waiting: CloudEvent[] = [];
  #sending: Promise<void> | undefined;
  #closed = false;

  private constructor(producer: EventHubProducerClient, diagnostics: Diagnostics) {
    this.#producer = producer;
    this.#diagnostics = diagnostics;
  }

  /** Loads the SDK. Rejects where it isn't installed or the options are not valid. */
  static async open(
    { connectionString, eventHubName }: EventHubsOptions,
    diagnostics: Diagnostics,
  ): Promise<EventHubsSink> {
    const { EventHubProducerClient: Producer } = await loadSdk();
    const options = { retryOptions };
    return new EventHubsSink(
      eventHubName === undefined
        ? new Producer(connectionString, options)
        : new Producer(connectionString, eventHubName, options),
      diagnostics,
    );
  }

  send(event: CloudEvent): void {
    if (this.#closed || this.#waiting.length >= maxWaiting) {
      this.#lost([event], this.#closed ? "the service is stopping" : `${maxWaiting} events are waiting`);
      return;
    }
    this.#waiting.push(event);
    this.#sending ??= this.#drain().finally(() => (this.#sending = undefined));
  }

  async close(): Promise<void> {
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeGraceInMs)));
    const end = (async () => {
      await this.#sending;
      await this.#producer.close();
    })();
    await Promise.race([end, grace]);
    clearTimeout(timer);
    // Nobody waits for an SDK that still retries: how it ends is no news any more.
    end.catch(() => undefined);
    this.#lost(this.#waiting.splice(0), "the service is stopping");
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    for (let run = this.#nextRun(); run.length > 0; run = this.#nextRun()) {
      const partitionKey = run[0]?.origin.connectionId ?? "";
      try {
        await this.#producer.sendBatch(run.map(eventData), { partitionKey });
      } catch (cause) {
        this.#lost(run, cause instanceof Error ? cause.message : String(cause), cause);
      }
    }
  }

  /** The oldest events, as far as they are of one connection: a batch goes to one partition. */
  #nextRun(): CloudEvent[] {
    const first = this.#waiting[0]?.origin.connectionId;
    let end = this.#waiting.findIndex(({ origin }) => origin.connectionId !== first);
    if (end < 0) end = this.#waiting.length;
    let bytes = 0;
    let count = 0;
    // A batch holds about 1 MB; a single event may be as large as a frame.
    for (; count < end && (count === 0 || bytes < 100_000); count++) {
      bytes += bytesOf((this.#waiting[count] as CloudEvent).payload).length;
    }
    return this.#waiting.splice(0, count);
  }

  #lost(events: readonly CloudEvent[], why: string, cause?: unknown): void {
    for (const { type, origin } of events) {
      const { hub, connectionId } = origin;
      const message = `Event ${type} was not delivered to the event hub: ${why}`;
      this.#diagnostics({ level: "warning", hub, connectionId, message, cause });
    }
  }
}

async function loadSdk() {
  try {
    return await import("@azure/event-hubs");
  } catch (cause) {
    throw new Error("An event listener with eventHubs needs the package @azure/event-hubs: install it.", {
      cause,
    });
  }
}

/** As the reference page of the cloud has it: names in lower case, no empty values, whole seconds. */
function eventData(event: CloudEvent): EventData {
  const { hub, connectionId, userId, subprotocol, connectionState } = event.origin;
  const attributes = {
    specversion: "1.0",
    awpsversion: "1.0",
    type: event.type,
    source: `/hubs/${hub}/client/${connectionId}`,
    id: event.id,
    time: new Date(event.time).toISOString().replace(/\.\d+/, ""),
    hub,
    connectionid: connectionId,
    eventname: event.eventName,
    userid: userId,
    subprotocol,
    connectionstate: connectionState,
  };
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value) properties[`cloudEvents:${name}`] = value;
  }
  // Of keys that differ in case alone the last one counts.
  for (const [key, value] of Object.entries(event.metadata ?? {})) {
    properties[`x-webpubsub-metadata-${key.toLowerCase()}`] = value;
  }
  return {
    body: Buffer.from(bytesOf(event.payload)),
    contentType: mediaTypeOf(event.payload),
    messageId: `${connectionId}/${event.id}`,
    properties,
  };
}
