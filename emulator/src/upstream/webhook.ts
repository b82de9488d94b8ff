import { createHmac } from "node:crypto";
import type { Environment } from "../service/environment.js";
import { GroupPattern } from "../service/groupPattern.js";
import type {
  ConnectDecision,
  ConnectEvent,
  ConnectionEvent,
  GroupEvent,
  UserEvent,
  UserEventAnswer,
} from "../service/upstream.js";
import { type AbuseProtection, reason } from "./abuseProtection.js";
import {
  type CloudEvent,
  bytesOf,
  connectEvent,
  contentTypeOf,
  disconnectedEvent,
  groupEvent,
  systemEvent,
  userEvent,
} from "./cloudEvent.js";
import { cookieHeader, cookiesOf } from "./cookies.js";
import type { WebhookHandler as WebhookOptions } from "./eventHandler.js";
import { matchesEvent } from "./eventPattern.js";
import type { DisconnectedEvent, GroupEventName, Handler, SystemEvent } from "./handler.js";
import type { Outbound, OutboundResponse } from "./outbound.js";
import { PassingError, joined, limited, retrying } from "./retry.js";
import { UrlTemplate } from "./urlTemplate.js";
import { connectDecision, eventAnswer, stateOf } from "./webhookAnswer.js";

/** How long a handler may take in all, with what is tried again, in milliseconds. */
const limitInMs = 100_000;
const metadataPrefix = "X-WebPubSub-Metadata-";

/** What all webhooks of a service share. */
export interface WebhookPorts {
  readonly environment: Environment;
  readonly outbound: Outbound;
  readonly protection: AbuseProtection;
  /** Host and port of this service. */
  readonly host: () => string;
  /** Sign the connection's id. */
  readonly accessKeys: readonly string[];
  /** Aborted when the service is stopping: nothing is tried again. */
  readonly stopping: AbortSignal;
}

/** An event handler behind a URL: gets CloudEvents by HTTP, in binary mode. */
export class Webhook implements Handler {
  readonly #options: WebhookOptions;
  readonly #url: UrlTemplate;
  readonly #ports: WebhookPorts;
  readonly #groups: readonly GroupPattern[];
  /** The last notification on its way, by connection id: the next must not overtake it. */
  readonly #notifications = new Map<string, Promise<void>>();

  constructor(options: WebhookOptions, ports: WebhookPorts) {
    this.#options = options;
    this.#url = new UrlTemplate(options.url);
    this.#ports = ports;
    this.#groups = (options.groupPresenceEvents?.groupFilters ?? [])
      .map((filter) => GroupPattern.parse(filter))
      .filter((pattern) => typeof pattern !== "string");
  }

  takesSystemEvent(name: SystemEvent): boolean {
    return this.#options.systemEvents?.includes(name) === true;
  }

  takesUserEvent(name: string): boolean {
    return matchesEvent(this.#options.events, name);
  }

  takesGroupEvent(name: GroupEventName, group: string): boolean {
    if (this.#options.groupPresenceEvents?.eventNames.includes(name) !== true) return false;
    return this.#groups.length === 0 || this.#groups.some((pattern) => pattern.matches(group));
  }

  async connect(event: ConnectEvent): Promise<ConnectDecision | undefined> {
    const response = await this.#send(connectEvent(event, this.#occasion(0)));
    const decision = connectDecision(response);
    if (decision.kind !== "accepted") return decision;
    const url = this.#url.fill(event.hub, "connect");
    const cookies = cookiesOf(response.headers, url, this.#ports.environment.now());
    return cookies.length === 0 ? decision : { ...decision, cookies };
  }

  async connected(event: ConnectionEvent): Promise<void> {
    await this.#notify(systemEvent("connected", event, this.#occasion(event.eventId), "{}"));
  }

  async disconnected(event: DisconnectedEvent): Promise<void> {
    await this.#notify(disconnectedEvent(event, this.#occasion(event.eventId)));
  }

  async groupEvent(name: GroupEventName, event: GroupEvent): Promise<void> {
    await this.#notify(groupEvent(name, event, this.#occasion(event.eventId)));
  }

  async userEvent(event: UserEvent, signal?: AbortSignal): Promise<UserEventAnswer> {
    const response = await this.#send(userEvent(event, this.#occasion(event.eventId)), signal);
    const answer = eventAnswer(response);
    return answer.kind === "handled" ? { ...answer, connectionState: stateOf(response) } : answer;
  }

  /** Sends what isn't answered: of one connection one after the other, in the order in which it happened. */
  async #notify(event: CloudEvent): Promise<void> {
    const { connectionId } = event.origin;
    const before = this.#notifications.get(connectionId);
    const sent = before === undefined ? this.#deliver(event) : this.#deliverAfter(before, event);
    this.#notifications.set(connectionId, sent);
    try {
      await sent;
    } finally {
      if (this.#notifications.get(connectionId) === sent) this.#notifications.delete(connectionId);
    }
  }

  async #deliverAfter(before: Promise<void>, event: CloudEvent): Promise<void> {
    await Promise.allSettled([before]);
    await this.#deliver(event);
  }

  async #deliver(event: CloudEvent): Promise<void> {
    const { status } = await this.#send(event);
    if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`);
  }

  /** The last answer, whatever its status; rejects where none came. */
  async #send(event: CloudEvent, unwanted?: AbortSignal): Promise<OutboundResponse> {
    const { stopping } = this.#ports;
    if (unwanted === undefined) return this.#try(event, stopping);
    return joined([unwanted, stopping], async (signal) => this.#try(event, signal));
  }

  async #try(event: CloudEvent, signal: AbortSignal): Promise<OutboundResponse> {
    const { environment } = this.#ports;
    let last: OutboundResponse | undefined;
    try {
      return await limited(environment, limitInMs, signal, async (limit) =>
        retrying(environment, limit, async () => {
          last = undefined;
          last = await this.#attempt(event, limit);
          if (last.status === 408 || last.status > 499) throw new PassingError(`status ${last.status}`);
          return last;
        }),
      );
    } catch (error) {
      if (last === undefined || !(error instanceof PassingError)) throw error;
      return last;
    }
  }

  async #attempt(event: CloudEvent, signal: AbortSignal): Promise<OutboundResponse> {
    const { outbound, protection, stopping } = this.#ports;
    const { hub } = event.origin;
    await protection.check(this.#url.fill(hub, "validate"), stopping);
    const url = this.#url.fill(hub, event.eventName);
    try {
      return await outbound({
        method: "POST",
        url,
        headers: this.#headers(event, url),
        body: bytesOf(event.payload),
        signal,
      });
    } catch (cause) {
      // Also when the time is over: that is not tried again.
      if (signal.aborted) throw cause;
      throw new PassingError(`${url} could not be reached: ${reason(cause)}`, { cause });
    }
  }

  #headers(event: CloudEvent, url: string): Record<string, string> {
    const { hub, connectionId, userId, subprotocol, connectionState, cookies = [] } = event.origin;
    const headers: Record<string, string> = {
      "Content-Type": contentTypeOf(event.payload),
      "WebHook-Request-Origin": this.#ports.host(),
      "ce-specversion": "1.0",
      "ce-awpsversion": "1.0",
      "ce-type": headerValue(event.type),
      "ce-source": `/hubs/${hub}/client/${connectionId}`,
      "ce-id": event.id,
      "ce-time": new Date(event.time).toISOString(),
      "ce-hub": hub,
      "ce-connectionId": connectionId,
      "ce-eventName": headerValue(event.eventName),
      "ce-signature": this.#signature(connectionId),
    };
    if (userId !== undefined) headers["ce-userId"] = headerValue(userId);
    if (subprotocol !== undefined) headers["ce-subprotocol"] = headerValue(subprotocol);
    if (connectionState !== undefined) headers["ce-connectionState"] = connectionState;
    const cookie = cookieHeader(cookies, url);
    if (cookie !== undefined) headers["Cookie"] = cookie;
    for (const [key, value] of Object.entries(event.metadata ?? {})) {
      headers[`${metadataPrefix}${key}`] = value;
    }
    return headers;
  }

  #signature(connectionId: string): string {
    return this.#ports.accessKeys
      .map((key) => `sha256=${createHmac("sha256", key).update(connectionId).digest("hex")}`)
      .join(",");
  }

  #occasion(eventId: number) {
    return { id: String(eventId), time: this.#ports.environment.now() };
  }
}

/**
 * A value as raw UTF-8, one character for each byte: so does the cloud, and Node reads it as Latin-1. Unsettled:
 * control characters, which no header can hold, are percent-encoded.
 */
function headerValue(value: string): string {
  const bytes = Buffer.from(value).toString("latin1");
  return bytes.replaceAll(/[^\x20-\x7e\x80-\xff]/g, (sign) => encodeURIComponent(sign));
}
