/** The JSON subprotocols of the core; each feature adds its frames when it is first used. */
import { jsonCodec } from "./jsonCodec.js";
import type { WebPubSubClientProtocol } from "./protocol.js";

/** The `json.webpubsub.azure.v1` subprotocol: messages are lost with their connection. Features add their frames. */
export const WebPubSubJsonProtocol = (): WebPubSubClientProtocol =>
  jsonCodec("json.webpubsub.azure.v1", false);

/**
 * The `json.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss. Features add their
 * frames.
 */
export const WebPubSubJsonReliableProtocol = (): WebPubSubClientProtocol =>
  jsonCodec("json.reliable.webpubsub.azure.v1", true);
