import { WebPubSubClient as ReferenceClient } from "@azure/web-pubsub-client";
import {
  WebPubSubClient,
  type GetClientAccessUrlOptions,
  type OnGroupStreamOptions,
  type OpenGroupStreamOptions,
  type WebPubSubClientOptions,
  type WebPubSubDataType,
} from "web-pubsub-client";

export interface Result {
  ackId?: number;
  isDuplicated: boolean;
}

export interface CallOptions {
  ackId?: number;
  abortSignal?: AbortSignal;
  fireAndForget?: boolean;
}

export type Credential =
  string | { getClientAccessUrl: (options?: GetClientAccessUrlOptions) => Promise<string> };

export interface StreamWriter {
  write(
    content: unknown,
    dataType: WebPubSubDataType,
    options?: { abortSignal?: AbortSignal },
  ): Promise<void>;
  end(): Promise<void>;
}

export interface Stream extends AsyncIterable<{ readonly data: unknown }> {
  readonly streamId: string;
}

/** What both clients can do, so that one scenario runs against either. */
export interface Subject {
  start(options?: { abortSignal?: AbortSignal }): Promise<void>;
  stop(): void | Promise<void>;
  on(event: string, listener: (args: Record<string, unknown>) => unknown): void;
  joinGroup(group: string, options?: CallOptions): Promise<Result>;
  sendToGroup(
    group: string,
    content: unknown,
    dataType: WebPubSubDataType,
    options?: CallOptions,
  ): Promise<Result>;
  sendEvent(
    event: string,
    content: unknown,
    dataType: WebPubSubDataType,
    options?: CallOptions,
  ): Promise<Result>;
  invokeEvent(event: string, content: unknown, dataType: WebPubSubDataType): Promise<unknown>;
  openGroupStream(group: string, options?: OpenGroupStreamOptions): Promise<StreamWriter>;
  onGroupStream(callback: (stream: Stream) => unknown, options?: OnGroupStreamOptions): unknown;
}

export type MakeSubject = (credential: Credential, options?: WebPubSubClientOptions) => Subject;

/** The client of this package. */
export const ours: MakeSubject = (credential, options) =>
  (typeof credential === "string"
    ? new WebPubSubClient(credential, options)
    : new WebPubSubClient(credential, options)) as Subject;

/** The reference client, 1.1.0. */
export const reference: MakeSubject = (credential, options) => {
  const given = options;
  const client =
    typeof credential === "string"
      ? new ReferenceClient(credential, given)
      : new ReferenceClient(credential, given);
  return client as unknown as Subject;
};
