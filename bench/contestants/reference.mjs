import { WebPubSubClient } from "@azure/web-pubsub-client";
import { wrap } from "./client.mjs";

export const create = (url) => wrap(new WebPubSubClient(url));
