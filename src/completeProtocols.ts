/** The JSON subprotocols with the frames of all features, for the complete client. */
import { jsonCodec } from "./core/codec/jsonCodec.js";
import type { WebPubSubClientProtocol } from "./core/codec/protocol.js";
import { invocationFrames } from "./features/invocations/frames.js";
import { presenceFrames } from "./features/presence/frames.js";
import { streamFrames } from "./features/streams/frames.js";

/** The codec with all frames, to which none are added. */
function completeCodec(name: string, isReliable: boolean): WebPubSubClientProtocol {
  const { frames, ...codec } = jsonCodec(name, isReliable);
  for (const each of [invocationFrames, presenceFrames, streamFrames]) frames.add(each);
  return codec;
}

/** The `json.webpubsub.azure.v1` subprotocol: messages are lost with their connection. */
export const WebPubSubJsonProtocol = (): WebPubSubClientProtocol =>
  completeCodec("json.webpubsub.azure.v1", false);

/** The `json.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss. */
export const WebPubSubJsonReliableProtocol = (): WebPubSubClientProtocol =>
  completeCodec("json.reliable.webpubsub.azure.v1", true);
