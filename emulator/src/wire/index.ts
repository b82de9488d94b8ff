import type { Codec } from "../service/codec.js";
import { jsonCodec, reliableJsonCodec } from "./json.js";
import { protobufCodec, reliableProtobufCodec } from "./protobuf.js";

/** Every subprotocol that the service speaks. */
export const codecs: readonly Codec[] = [reliableJsonCodec, jsonCodec, reliableProtobufCodec, protobufCodec];
