import type { Codec, Decoded, Encoded, Frame } from "./codec.js";
import type { Payload, ServiceMessage } from "./messages.js";
import { isGroupName } from "./names.js";

/** What becomes of the frames of a client that speaks no subprotocol. */
export type BareMode =
  | { readonly kind: "event" }
  | { readonly kind: "sendToGroup"; readonly group: string; readonly noEcho: boolean };

const encoder = new TextEncoder();
// A byte order mark is a character like others.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Clients without a subprotocol of this service: a frame is all content. What comes from one is an event or goes to a
 * group; messages go to it without anything around them, and what isn't a message doesn't go at all.
 */
export class BareFrames implements Codec {
  /** One that the application made up, or the empty string. */
  readonly name: string;
  readonly reliable = false;
  readonly bare = true;
  readonly #mode: BareMode;

  constructor(name: string, mode: BareMode) {
    this.name = name;
    this.#mode = mode;
  }

  decode({ binary, bytes }: Frame): Decoded {
    const payload: Payload = binary
      ? { dataType: "binary", bytes }
      : { dataType: "text", text: decoder.decode(bytes) };
    const content = { payload, ackId: undefined, metadata: undefined };
    const mode = this.#mode;
    if (mode.kind === "event") {
      return { kind: "message", message: { kind: "event", event: "message", ...content } };
    }
    const { kind, group, noEcho } = mode;
    return { kind: "message", message: { kind, group, noEcho, ttlSeconds: 0, ...content } };
  }

  encode(message: ServiceMessage): Encoded | undefined {
    if (message.kind !== "serverData" && message.kind !== "groupData") return undefined;
    // The end of a stream has no content.
    if (message.kind === "groupData" && message.stream?.end !== undefined) return undefined;
    const frame = frameOf(message.payload);
    return { size: frame.bytes.length, frame: () => frame };
  }
}

function frameOf(payload: Payload): Frame {
  switch (payload.dataType) {
    case "text":
      return { binary: false, bytes: encoder.encode(payload.text) };
    case "json":
      return { binary: false, bytes: encoder.encode(payload.json) };
    case "binary":
    case "protobuf":
      return { binary: true, bytes: payload.bytes };
  }
}

/** What a client without a subprotocol asks for in its query; a string says what is wrong there. */
export function bareMode(query: URLSearchParams): BareMode | string {
  const mode = valueOf(query, "webpubsub_mode");
  if (mode === undefined || mode === "" || mode.toLowerCase() === "sendevent") return { kind: "event" };
  if (mode.toLowerCase() !== "sendtogroup") return `webpubsub_mode can't be ${JSON.stringify(mode)}.`;
  const group = valueOf(query, "group") ?? "";
  if (!isGroupName(group)) return "group must be given, with 1 to 1,024 characters, not all blank.";
  const noEcho = valueOf(query, "noEcho")?.toLowerCase() ?? "false";
  if (noEcho !== "true" && noEcho !== "false") return "noEcho must be true or false.";
  return { kind: "sendToGroup", group, noEcho: noEcho === "true" };
}

/** The last value of a parameter whose name may stand in any case. */
function valueOf(query: URLSearchParams, name: string): string | undefined {
  return [...query].findLast(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
