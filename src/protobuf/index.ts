/** Entry point of the protobuf subprotocols, which have no invocations, streams or group states. */
import type { WebPubSubClientProtocol } from "../core/codec/protocol.js";
import { readProtobuf, readSequenceId } from "./reader.js";
import { writeProtobuf } from "./writer.js";

const codec = (name: string, isReliableSubProtocol: boolean): WebPubSubClientProtocol => ({
  name,
  isReliableSubProtocol,
  parseMessages: readProtobuf,
  readSequenceId: readSequenceId,
  writeMessage: writeProtobuf,
  // Features have no frames in this format, so there is nothing to add.
  frames: { format: "protobuf", add: () => undefined },
});

/**
 * The `protobuf.webpubsub.azure.v1` subprotocol: messages are lost with their connection. Messages
 * don't name their sender: `fromUserId` is empty. Invocations, streams and group states need JSON.
 */
export const WebPubSubProtobufProtocol = (): WebPubSubClientProtocol =>
  codec("protobuf.webpubsub.azure.v1", false);

/**
 * The `protobuf.reliable.webpubsub.azure.v1` subprotocol: connections are recovered without loss.
 * Messages don't name their sender: `fromUserId` is empty. Invocations, streams and group states
 * need JSON.
 */
export const WebPubSubProtobufReliableProtocol = (): WebPubSubClientProtocol =>
  codec("protobuf.reliable.webpubsub.azure.v1", true);
