import type { WebPubSubClientProtocol } from "./protocol.js";
import { readJson } from "./jsonReader.js";
import { writeJson } from "./jsonWriter.js";

/** The codec that both JSON subprotocols share; they differ in name and reliability only. */
export function jsonCodec(name: string, isReliableSubProtocol: boolean): WebPubSubClientProtocol {
  return {
    name,
    isReliableSubProtocol,
    parseMessages: (input) => readJson(input as string),
    writeMessage: writeJson,
  };
}
