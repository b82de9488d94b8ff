import { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "web-pubsub-client";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";

/** What the tests of streams, invocations and group states run on: the subprotocols of both codecs. */
export const codecs = [
  { name: "JSON", reliable: WebPubSubJsonReliableProtocol(), plain: WebPubSubJsonProtocol() },
  { name: "protobuf", reliable: WebPubSubProtobufReliableProtocol(), plain: WebPubSubProtobufProtocol() },
] as const;
