/** The JSON subprotocols with the frames of all features, for the complete client. */
import { jsonCodec } from "./core/codec/jsonCodec.js";
import type { WebPubSubClientProtocol } from "./core/codec/protocol.js";
import { invocationFrames } from "./features/invocations/frames.js";
import { presenceFrames } from "./features/presence/frames.js";
import { streamFrames } from "./features/streams/frames.js";

const all = [invocationFrames, presenceFrames, streamFrames];

/** The `json.webpubsub.azure.v1` subprotocol: messages are lost with their connection. */
export const WebPubSubJsonProtocol = (): WebPubSubClientProtocol =>
  jsonCodec("json.webpubsub.azure.v1", false, all);

/** The `json.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss. */
export const WebPubSubJsonReliableProtocol = (): WebPubSubClientProtocol =>
  jsonCodec("json.reliable.webpubsub.azure.v1", true, all);
