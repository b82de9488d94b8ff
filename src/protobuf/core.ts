/** Entry point of the protobuf subprotocols without features; their frames are passed as arguments. */
import type { WebPubSubClientProtocol } from "../core/codec/protocol.js";
import { protobufCodec } from "./codec.js";
import type { ProtobufFrames } from "./frames.js";

export { invocationFrames } from "./invocationFrames.js";
export { presenceFrames } from "./presenceFrames.js";
export { streamFrames } from "./streamFrames.js";
export type { ProtobufFrames } from "./frames.js";

/**
 * The `protobuf.webpubsub.azure.v1` subprotocol: messages are lost with their connection. Messages don't name their
 * sender: `fromUserId` is empty.
 * @param features the frames of the features that the client uses: `invocationFrames`, `presenceFrames`,
 * `streamFrames`
 */
export const WebPubSubProtobufProtocol = (...features: ProtobufFrames[]): WebPubSubClientProtocol =>
  protobufCodec("protobuf.webpubsub.azure.v1", false, features);

/**
 * The `protobuf.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss. Messages don't name
 * their sender: `fromUserId` is empty.
 * @param features the frames of the features that the client uses: `invocationFrames`, `presenceFrames`,
 * `streamFrames`
 */
export const WebPubSubProtobufReliableProtocol = (...features: ProtobufFrames[]): WebPubSubClientProtocol =>
  protobufCodec("protobuf.reliable.webpubsub.azure.v1", true, features);
