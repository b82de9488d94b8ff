/**
 * A program as users of the reference client write it. It is compiled and run against the reference
 * and against ours (tsconfig.json and program.test.ts beside it swap this one import, nothing else).
 */
import {
  SendMessageError,
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
  type AckMessageError,
  type DisconnectedMessage,
  type GetClientAccessUrlOptions,
  type GroupDataMessage,
  type JoinGroupOptions,
  type JSONTypes,
  type LeaveGroupOptions,
  type OnConnectedArgs,
  type OnDisconnectedArgs,
  type OnGroupDataMessageArgs,
  type OnRejoinGroupFailedArgs,
  type OnServerDataMessageArgs,
  type OnStoppedArgs,
  type RetryMode,
  type SendEventOptions,
  type SendMessageErrorOptions,
  type SendToGroupOptions,
  type ServerDataMessage,
  type StartOptions,
  type WebPubSubClientCredential,
  type WebPubSubClientOptions,
  type WebPubSubClientProtocol,
  type WebPubSubDataType,
  type WebPubSubMessage,
  type WebPubSubResult,
  type WebPubSubRetryOptions,
} from "@azure/web-pubsub-client";
import { describe } from "./describe.js";

const mode: RetryMode = "Exponential";
const retry: WebPubSubRetryOptions = {
  maxRetries: 2,
  retryDelayInMs: 5,
  maxRetryDelayInMs: 50,
  mode,
};
const options: WebPubSubClientOptions = {
  protocol: WebPubSubJsonReliableProtocol(),
  autoReconnect: true,
  autoRejoinGroups: true,
  messageRetryOptions: retry,
  reconnectRetryOptions: { mode: "Fixed", retryDelayInMs: 5 },
  keepAliveTimeoutInMs: 60_000,
  keepAliveIntervalInMs: 20_000,
};

/** A credential as a class, which uses its `this`. */
class Negotiation implements WebPubSubClientCredential {
  #calls = 0;
  readonly #negotiate: () => Promise<string>;

  constructor(negotiate: () => Promise<string>) {
    this.#negotiate = negotiate;
  }

  get calls(): number {
    return this.#calls;
  }

  async getClientAccessUrl(getOptions?: GetClientAccessUrlOptions): Promise<string> {
    if (getOptions?.abortSignal?.aborted) throw new Error("aborted");
    this.#calls++;
    return this.#negotiate();
  }
}

/** A codec of one's own: the service's JSON with a look at every message. */
class WatchingProtocol implements WebPubSubClientProtocol {
  readonly name = "json.reliable.webpubsub.azure.v1";
  readonly isReliableSubProtocol = true;
  readonly #codec: WebPubSubClientProtocol = WebPubSubJsonReliableProtocol();
  readonly seen: string[] = [];

  parseMessages(input: string | ArrayBuffer | Buffer): WebPubSubMessage[] | WebPubSubMessage | null {
    const parsed = this.#codec.parseMessages(input);
    for (const message of Array.isArray(parsed) ? parsed : parsed === null ? [] : [parsed]) {
      this.seen.push(describe(message));
    }
    return parsed;
  }

  writeMessage(message: WebPubSubMessage): string | ArrayBuffer {
    this.seen.push(describe(message));
    return this.#codec.writeMessage(message);
  }
}

class Chat extends WebPubSubClient {
  constructor(credential: WebPubSubClientCredential, protocol: WebPubSubClientProtocol) {
    super(credential, { ...options, protocol });
  }
}

export interface Report {
  heard: unknown[];
  events: string[];
  results: WebPubSubResult[];
  wire: string[];
  refusal: SendMessageError | undefined;
  negotiations: number;
}

/**
 * Connects, joins, sends in every form, is refused once, leaves and stops.
 * @param untilHeard resolves when the report has so many messages
 */
export async function run(
  negotiate: () => Promise<string>,
  untilHeard: (report: Report, count: number) => Promise<void>,
): Promise<Report> {
  const credential = new Negotiation(negotiate);
  const protocol = new WatchingProtocol();
  const client: WebPubSubClient = new Chat(credential, protocol);
  const results: WebPubSubResult[] = [];
  const report: Report = {
    heard: [],
    events: [],
    results,
    wire: protocol.seen,
    refusal: undefined,
    negotiations: 0,
  };

  client.on("connected", (e: OnConnectedArgs) => {
    report.events.push(`connected ${e.userId} ${e.connectionId.length > 0}`);
  });
  client.on("disconnected", (e: OnDisconnectedArgs) => {
    const message: DisconnectedMessage | undefined = e.message;
    report.events.push(`disconnected ${e.connectionId !== undefined} ${message?.message ?? ""}`);
  });
  const stopped = new Promise<void>((resolve) => {
    client.on("stopped", (_e: OnStoppedArgs) => {
      report.events.push("stopped");
      resolve();
    });
  });
  const onFailed = (e: OnRejoinGroupFailedArgs): void => {
    report.events.push(`rejoin failed ${e.group} ${e.error.message}`);
  };
  client.on("rejoin-group-failed", onFailed);
  client.off("rejoin-group-failed", onFailed);
  const onGroup = ({ message }: OnGroupDataMessageArgs): void => {
    report.heard.push([message.group, message.fromUserId, message.dataType, plain(message)]);
  };
  client.on("group-message", onGroup);
  client.on("server-message", ({ message }: OnServerDataMessageArgs) => {
    report.heard.push(["server", message.dataType, plain(message)]);
  });
  const never = (): void => {
    report.events.push("a listener that was removed");
  };
  client.on("connected", never);
  client.on("disconnected", never);
  client.on("stopped", never);
  client.on("server-message", never);
  client.on("group-message", never);
  client.off("connected", never);
  client.off("disconnected", never);
  client.off("stopped", never);
  client.off("server-message", never);
  client.off("group-message", never);

  const abortSignal = new AbortController().signal;
  const startOptions: StartOptions = { abortSignal };
  await client.start(startOptions);

  const joining: JoinGroupOptions = { ackId: 1_000, abortSignal };
  results.push(await client.joinGroup("room", joining));
  results.push(await client.joinGroup("hall"));

  const sending: SendToGroupOptions = { noEcho: false, fireAndForget: false, ackId: 2_000, abortSignal };
  results.push(await client.sendToGroup("room", "hello", "text", sending));
  results.push(await client.sendToGroup("room", { deep: [1, "two", null] }, "json"));
  results.push(await client.sendToGroup("hall", Uint8Array.of(1, 2, 3).buffer, "binary"));
  results.push(await client.sendToGroup("room", "not to me", "text", { noEcho: true }));
  results.push(await client.sendToGroup("room", true, "json", { fireAndForget: true }));

  const asking: SendEventOptions = { fireAndForget: false, ackId: 3_000, abortSignal };
  results.push(await client.sendEvent("ask", 6, "json", asking));
  results.push(await client.sendEvent("ask", 7, "json", { fireAndForget: true }));
  await untilHeard(report, 6);

  try {
    await client.joinGroup("forbidden");
  } catch (error) {
    if (!(error instanceof SendMessageError)) throw error;
    const detail: AckMessageError | undefined = error.errorDetail;
    if (detail?.name === "Forbidden" && typeof error.ackId === "number") report.refusal = error;
  }

  const leaving: LeaveGroupOptions = { ackId: 4_000, abortSignal };
  results.push(await client.leaveGroup("hall", leaving));
  client.stop();
  await stopped;
  report.negotiations = credential.calls;
  return report;
}

/** The other constructor forms. */
export function constructAll(url: string): WebPubSubClient[] {
  return [
    new WebPubSubClient(url),
    new WebPubSubClient(url, { protocol: WebPubSubJsonProtocol() }),
    new WebPubSubClient({ getClientAccessUrl: url }),
    new WebPubSubClient({ getClientAccessUrl: async () => url }, { autoReconnect: false }),
    new WebPubSubClient(
      { getClientAccessUrl: (o?: GetClientAccessUrlOptions) => Promise.resolve(o ? url : "") },
      options,
    ),
  ];
}

export function makeError(): SendMessageError {
  const detail: AckMessageError = { name: "Forbidden", message: "no" };
  const errorOptions: SendMessageErrorOptions = { ackId: 7, errorDetail: detail };
  const error = new SendMessageError("failed", errorOptions);
  error.ackId = 8;
  error.name = "SendMessageError";
  return error;
}

/** The payload in a form that can be compared. */
function plain(message: GroupDataMessage | ServerDataMessage): unknown {
  const dataType: WebPubSubDataType = message.dataType;
  const data: JSONTypes | ArrayBuffer = message.data;
  switch (dataType) {
    case "text":
    case "json":
      return data;
    case "binary":
    case "protobuf":
      return [...new Uint8Array(data as ArrayBuffer)];
    default: {
      const none: never = dataType;
      return none;
    }
  }
}
