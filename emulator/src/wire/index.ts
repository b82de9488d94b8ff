import type { Codec } from "../service/codec.js";
import { jsonCodec, reliableJsonCodec } from "./json.js";

/** Every subprotocol that the service speaks. */
export const codecs: readonly Codec[] = [reliableJsonCodec, jsonCodec];
