/** Entry point of the protobuf subprotocols with the frames of all features. */
import type { WebPubSubClientProtocol } from "../core/codec/protocol.js";
import { protobufCodec } from "./codec.js";
import { invocationFrames } from "./invocationFrames.js";
import { presenceFrames } from "./presenceFrames.js";
import { streamFrames } from "./streamFrames.js";

const all = [invocationFrames, presenceFrames, streamFrames];

/**
 * The `protobuf.webpubsub.azure.v1` subprotocol: messages are lost with their connection. Messages don't name their
 * sender: `fromUserId` is empty.
 */
export const WebPubSubProtobufProtocol = (): WebPubSubClientProtocol =>
  protobufCodec("protobuf.webpubsub.azure.v1", false, all, true);

/**
 * The `protobuf.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss. Messages don't name
 * their sender: `fromUserId` is empty.
 */
export const WebPubSubProtobufReliableProtocol = (): WebPubSubClientProtocol =>
  protobufCodec("protobuf.reliable.webpubsub.azure.v1", true, all, true);
