import rhea, { type Container, type EventContext, type Message, type Sender } from "rhea";

/** What one event looks like to a consumer. */
export interface BrokerEvent {
  readonly address: string;
  readonly partitionKey: unknown;
  readonly messageId: unknown;
  readonly contentType: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** Marks a transfer that holds several messages, each in a data section of its own. */
const batchFormat = 0x80013700;

/**
 * A small AMQP 1.0 broker that does what a client of an event hub needs: it takes tokens at `$cbs` and events at any
 * other address.
 */
export class AmqpBroker implements AsyncDisposable {
  readonly events: BrokerEvent[] = [];
  readonly tokens: unknown[] = [];
  /** Refuses this many events before it accepts one. */
  refusals = 0;
  readonly port: number;
  readonly #server: ReturnType<Container["listen"]>;
  readonly #connections: Set<EventContext["connection"]>;

  private constructor(
    port: number,
    server: ReturnType<Container["listen"]>,
    connections: Set<EventContext["connection"]>,
  ) {
    this.port = port;
    this.#server = server;
    this.#connections = connections;
  }

  static async open(): Promise<AmqpBroker> {
    const container = rhea.create_container({ autoaccept: false });
    const connections = new Set<EventContext["connection"]>();
    (container.sasl_server_mechanisms as { enable_anonymous(): void }).enable_anonymous();
    const replies = new Map<string, Sender>();
    const taken: { broker?: AmqpBroker } = {};
    container.on("connection_open", ({ connection }: EventContext) => connections.add(connection));
    container.on("sender_open", ({ sender }: EventContext) => {
      if (sender === undefined) return;
      sender.set_source({ address: sender.source.address });
      replies.set(sender.name, sender);
    });
    container.on("receiver_open", ({ receiver }: EventContext) => {
      receiver?.set_target({ address: (receiver.target as { address: string }).address });
    });
    container.on("message", (context: EventContext) => taken.broker?.take(context, replies));
    const server = container.listen({ port: 0, host: "127.0.0.1" });
    await new Promise<void>((resolve) => server.once("listening", resolve));
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("The broker has no port.");
    taken.broker = new AmqpBroker(bound.port, server, connections);
    return taken.broker;
  }

  /** What a client of an event hub takes; it says that the broker is a local one, without TLS. */
  get connectionString(): string {
    return (
      `Endpoint=sb://127.0.0.1:${this.port};SharedAccessKeyName=key;SharedAccessKey=secret;` +
      "UseDevelopmentEmulator=true;"
    );
  }

  /** Takes one transfer. */
  take({ message, receiver, delivery }: EventContext, replies: ReadonlyMap<string, Sender>): void {
    const address = String((receiver?.target as { address?: string } | undefined)?.address);
    if (message === undefined || delivery === undefined) return;
    if (address === "$cbs") {
      this.tokens.push(message.application_properties?.["operation"]);
      delivery.accept();
      replies.get(String(message.reply_to))?.send({
        correlation_id: String(message.message_id),
        application_properties: { "status-code": 202, "status-description": "Accepted" },
        body: undefined,
      });
      return;
    }
    if (this.refusals > 0) {
      this.refusals--;
      delivery.reject({ condition: "amqp:not-allowed", description: "refused by the test" });
      return;
    }
    // The library leaves a transfer of a foreign format undecoded.
    const { format } = delivery as unknown as { format: number };
    const whole = format === batchFormat ? rhea.message.decode(message as unknown as Buffer) : message;
    const singles =
      format === batchFormat ? sections(whole).map((bytes) => rhea.message.decode(bytes)) : [whole];
    for (const single of singles as Message[]) {
      this.events.push({
        address,
        partitionKey: annotations(whole)["x-opt-partition-key"],
        messageId: single.message_id,
        contentType: single.content_type,
        properties: single.application_properties ?? {},
        body: sections(single)[0] ?? Buffer.alloc(0),
      });
    }
    delivery.accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const connection of this.#connections) {
        (connection as unknown as { socket: { destroy(): void } }).socket.destroy();
      }
    });
  }
}

function annotations(message: object): Readonly<Record<string, unknown>> {
  return (message as { message_annotations?: Record<string, unknown> }).message_annotations ?? {};
}

/** The data sections of a message. */
function sections(message: object): Buffer[] {
  const { content } = (message as { body: { content: Buffer | Buffer[] } }).body;
  return Array.isArray(content) ? content : [content];
}
