import type { Metadata, Payload } from "../service/messages.js";
import type { ConnectEvent, EventOrigin, GroupEvent, UserEvent } from "../service/upstream.js";
import type { DisconnectedEvent, GroupEventName, SystemEvent } from "./handler.js";

const encoder = new TextEncoder();

/** What makes one event another than the next. */
export interface Occasion {
  /** Its number on its connection. */
  readonly id: string;
  /** Unix milliseconds. */
  readonly time: number;
}

/** An event as it leaves the service, by whatever transport. */
export interface CloudEvent extends Occasion {
  readonly type: string;
  readonly eventName: string;
  readonly origin: EventOrigin;
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

export function systemEvent(
  eventName: SystemEvent,
  origin: EventOrigin,
  occasion: Occasion,
  json: string,
): CloudEvent {
  const type = `azure.webpubsub.sys.${eventName}`;
  const payload = { dataType: "json", json } as const;
  return { ...occasion, type, eventName, origin, payload, metadata: undefined };
}

export function connectEvent(event: ConnectEvent, occasion: Occasion): CloudEvent {
  const { claims, query, headers, subprotocols } = event;
  const body = { claims, query, headers, subprotocols, clientCertificates: [] };
  return systemEvent("connect", event, occasion, JSON.stringify(body));
}

export function disconnectedEvent(event: DisconnectedEvent, occasion: Occasion): CloudEvent {
  return systemEvent("disconnected", event, occasion, JSON.stringify({ reason: event.reason }));
}

export function groupEvent(eventName: GroupEventName, event: GroupEvent, occasion: Occasion): CloudEvent {
  const payload = { dataType: "json", json: JSON.stringify({ group: event.group }) } as const;
  const type = `azure.webpubsub.gp.${eventName}`;
  return { ...occasion, type, eventName, origin: event, payload, metadata: undefined };
}

export function userEvent(event: UserEvent, occasion: Occasion): CloudEvent {
  const { eventName, payload, metadata } = event;
  return {
    ...occasion,
    type: `azure.webpubsub.user.${eventName}`,
    eventName,
    origin: event,
    payload,
    metadata,
  };
}

/** The MIME type of a payload, without parameters. */
export function mediaTypeOf({ dataType }: Payload): string {
  switch (dataType) {
    case "text":
      return "text/plain";
    case "json":
      return "application/json";
    case "binary":
      return "application/octet-stream";
    case "protobuf":
      return "application/x-protobuf";
  }
}

/** The MIME type of a payload for HTTP, where a text says how it is encoded. */
export function contentTypeOf(payload: Payload): string {
  const mediaType = mediaTypeOf(payload);
  return payload.dataType === "text" || payload.dataType === "json"
    ? `${mediaType}; charset=utf-8`
    : mediaType;
}

export function bytesOf(payload: Payload): Uint8Array {
  switch (payload.dataType) {
    case "text":
      return encoder.encode(payload.text);
    case "json":
      return encoder.encode(payload.json);
    case "binary":
    case "protobuf":
      return payload.bytes;
  }
}
