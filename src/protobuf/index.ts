/** Entry point of the protobuf subprotocols, which have no invocations, streams and group states. */
import type { WebPubSubClientProtocol } from "../core/codec/protocol.js";
import { readProtobuf } from "./reader.js";
import { writeProtobuf } from "./writer.js";

const codec = (name: string, isReliableSubProtocol: boolean): WebPubSubClientProtocol => ({
  name,
  isReliableSubProtocol,
  parseMessages: readProtobuf,
  writeMessage: writeProtobuf,
  // Features have no frames in this format, so it carries messages only.
  frames: { format: "protobuf", add: () => undefined },
});

/**
 * The `protobuf.webpubsub.azure.v1` subprotocol: a lost connection loses its messages. Messages
 * don't tell their sender: `fromUserId` is empty. Invocations, streams and group state need JSON.
 */
export const WebPubSubProtobufProtocol = (): WebPubSubClientProtocol =>
  codec("protobuf.webpubsub.azure.v1", false);

/**
 * The `protobuf.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss.
 * Messages don't tell their sender: `fromUserId` is empty. Invocations, streams and group state
 * need JSON.
 */
export const WebPubSubProtobufReliableProtocol = (): WebPubSubClientProtocol =>
  codec("protobuf.reliable.webpubsub.azure.v1", true);
