import { WebPubSubClient } from "../../dist/esm/index.mjs";
import { Contestant } from "./client.mjs";

export const create = (url) => new Contestant(new WebPubSubClient(url));
