import { WebPubSubClient } from "../../dist/esm/index.mjs";
import { wrap } from "./client.mjs";

export const create = (url) => wrap(new WebPubSubClient(url));
