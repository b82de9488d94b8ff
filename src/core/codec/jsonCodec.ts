import type { KnownFrames } from "./jsonFrames.js";
import { readJson, readJsonSequenceId } from "./jsonReader.js";
import { writeJson } from "./jsonWriter.js";
import type { FrameTable, WebPubSubClientProtocol } from "./protocol.js";

/** The codec of both JSON subprotocols, which differ only in name and reliability. Features add their frames. */
export function jsonCodec(
  name: string,
  isReliableSubProtocol: boolean,
): WebPubSubClientProtocol & { readonly frames: FrameTable } {
  const known: KnownFrames = { write: new Set(), read: new Map() };
  const add: FrameTable["add"] = ({ write, readJson }) => {
    for (const kind of write) known.write.add(kind);
    for (const [type, readFrame] of Object.entries(readJson)) known.read.set(type, readFrame);
    return true;
  };
  return {
    name,
    isReliableSubProtocol,
    parseMessages: (input) => readJson(input as string, known),
    readSequenceId: readJsonSequenceId,
    writeMessage: (message) => writeJson(message, known),
    frames: { add },
  };
}
