import { maxAnswerBytes } from "../service/limits.js";
import type { Metadata, Payload } from "../service/messages.js";
import { isGroupName, metadataProblem } from "../service/names.js";
import type { ConnectDecision, UserEventAnswer } from "../service/upstream.js";
import type { OutboundResponse } from "./outbound.js";

/** Most characters of a refusal that are passed on to the client. */
const maxMessageLength = 1_000;
const metadataPrefix = "x-webpubsub-metadata-";

type Changes = Pick<
  Extract<ConnectDecision, { readonly kind: "accepted" }>,
  "userId" | "groups" | "roles" | "subprotocol"
>;

/** What a webhook's answer to `connect` means. Throws where it means nothing. */
export function connectDecision(response: OutboundResponse): ConnectDecision {
  const { status, body } = response;
  if (status < 200 || status > 399) {
    const said = new TextDecoder().decode(body).slice(0, maxMessageLength);
    return { kind: "refused", status, message: said || "The connect handler refused the client." };
  }
  if (status > 299) throw new Error(`it answered with status ${status}`);
  return { kind: "accepted", ...changes(body), connectionState: stateOf(response) };
}

/** What a webhook's answer to a user event means. */
export function eventAnswer(response: OutboundResponse): UserEventAnswer {
  const { status, body } = response;
  if (status < 200 || status > 299) return { kind: "failed", reason: `it answered with status ${status}` };
  if (body.length > maxAnswerBytes) return { kind: "failed", reason: "its answer is larger than 16 MiB" };
  const metadata = metadataOf(response.headers);
  const problem = metadata && metadataProblem(metadata);
  if (problem !== undefined) return { kind: "failed", reason: `its metadata is not valid: ${problem}` };
  // Unsettled: an empty body sends nothing, whatever the status; most servers answer so without being told.
  if (body.length === 0 && metadata === undefined) return { kind: "handled" };
  const payload = payloadOf(response.headers.get("Content-Type") ?? "", body);
  if (typeof payload === "string") return { kind: "failed", reason: payload };
  return { kind: "handled", reply: { payload, metadata } };
}

/**
 * What the answer leaves on the connection. Of a repeated header the last one counts, as in the vendor's emulator. They
 * arrive here joined by commas, which base64 doesn't have.
 */
export function stateOf({ headers }: OutboundResponse): string | undefined {
  return headers.get("ce-connectionState")?.split(",").at(-1)?.trim();
}

function changes(body: Uint8Array): Changes {
  if (body.length === 0) return {};
  const json = parsed(new TextDecoder().decode(body));
  if (json === null) return {};
  if (typeof json !== "object" || Array.isArray(json)) {
    throw new TypeError("its answer is no JSON object");
  }
  const { userId, groups, roles, subprotocol } = json as Record<string, unknown>;
  const text = (name: string, value: unknown) => {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw new TypeError(`${name} in its answer is no string`);
    return value;
  };
  const list = (name: string, value: unknown, isItem: (item: unknown) => boolean) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value) || !value.every(isItem))
      throw new TypeError(`${name} in its answer is not valid`);
    return value as string[];
  };
  return {
    userId: text("userId", userId),
    groups: list("groups", groups, isGroupName),
    roles: list("roles", roles, (item) => typeof item === "string"),
    subprotocol: text("subprotocol", subprotocol) || undefined,
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new TypeError("its answer is not JSON, as that to connect must be, or empty", { cause });
  }
}

/** A string says what is wrong. */
function payloadOf(contentType: string, bytes: Uint8Array): Payload | string {
  if (bytes.length === 0) return { dataType: "text", text: "" };
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  switch (mediaType) {
    case "":
    case "application/octet-stream":
      return { dataType: "binary", bytes };
    case "application/x-protobuf":
      return { dataType: "protobuf", bytes };
    case "text/plain":
      return { dataType: "text", text: new TextDecoder().decode(bytes) };
    case "application/json":
      return jsonOf(new TextDecoder().decode(bytes));
    default:
      return (
        `the Content-Type of its answer is ${mediaType}, but must be text/plain, application/json or ` +
        "application/octet-stream" +
        // By far the usual cause, and hard to see from the outside.
        (mediaType === "text/html"
          ? '. Express\'s res.send says text/html: call res.type("text/plain") before it'
          : "")
      );
  }
}

function jsonOf(json: string): Payload | string {
  try {
    JSON.parse(json);
  } catch {
    return "its answer is not JSON, as its Content-Type says";
  }
  return { dataType: "json", json };
}

function metadataOf(headers: Headers): Metadata | undefined {
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith(metadataPrefix)) metadata[name.slice(metadataPrefix.length)] = value;
  }
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}
