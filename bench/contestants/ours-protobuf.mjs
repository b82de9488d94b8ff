import { WebPubSubClient } from "../../dist/esm/index.mjs";
import { WebPubSubProtobufReliableProtocol } from "../../dist/esm/protobuf.mjs";
import { Contestant } from "./client.mjs";

export const create = (url) =>
  new Contestant(new WebPubSubClient(url, { protocol: WebPubSubProtobufReliableProtocol() }));
