import type { HonoRequest } from "hono";
import { maxFrameBytes } from "../../service/limits.js";
import type { Metadata, Payload } from "../../service/messages.js";
import { metadataProblem } from "../../service/names.js";
import { RestError } from "./restError.js";

const metadataPrefix = "x-webpubsub-metadata-";

/** What a request wants to be sent. */
export interface Message {
  readonly payload: Payload;
  readonly metadata: Metadata | undefined;
}

/** The message in a request: its content by the content type, its metadata by headers. */
export async function messageOf(request: HonoRequest): Promise<Message> {
  const metadata = metadataOf(request);
  return { payload: payloadOf(mediaTypeOf(request), await bytesOf(request)), metadata };
}

/** The JSON object in a request. */
export async function jsonOf(request: HonoRequest): Promise<Readonly<Record<string, unknown>>> {
  const mediaType = mediaTypeOf(request);
  if (mediaType !== "application/json") throw unsupported(mediaType, "application/json");
  const value = parse(textOf(await bytesOf(request)));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RestError(400, "The body must be a JSON object.");
  }
  return value as Record<string, unknown>;
}

/** Reads the body, but never more than a frame can hold. */
async function bytesOf({ raw }: HonoRequest): Promise<Uint8Array> {
  const tooLarge = new RestError(413, `The body is larger than ${maxFrameBytes} bytes.`);
  if (Number(raw.headers.get("Content-Length") ?? 0) > maxFrameBytes) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of raw.body ?? []) {
      size += chunk.length;
      if (size > maxFrameBytes) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error === tooLarge) throw error;
    // The client is gone: nobody reads this answer, and it is no failure of the service.
    throw new RestError(400, "The body ended too early.");
  }
  return Buffer.concat(chunks);
}

function mediaTypeOf(request: HonoRequest): string {
  return (request.header("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

function payloadOf(mediaType: string, bytes: Uint8Array): Payload {
  switch (mediaType) {
    case "application/json": {
      const json = textOf(bytes);
      parse(json);
      return { dataType: "json", json };
    }
    case "text/plain":
      return { dataType: "text", text: textOf(bytes) };
    case "application/octet-stream":
    case "":
      return { dataType: "binary", bytes };
    default:
      throw unsupported(mediaType, "application/json, text/plain or application/octet-stream");
  }
}

function unsupported(mediaType: string, wanted: string): RestError {
  return new RestError(415, `Content-Type must be ${wanted}, not ${JSON.stringify(mediaType)}.`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RestError(400, "The body is not UTF-8.");
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RestError(400, `The body is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
}

function metadataOf(request: HonoRequest): Metadata | undefined {
  const metadata: Record<string, string> = {};
  for (const [name, value] of request.raw.headers) {
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = value;
  }
  const problem = metadataProblem(metadata);
  if (problem !== undefined) throw new RestError(400, `The metadata headers are not valid: ${problem}.`);
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}
