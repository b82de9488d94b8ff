import { WebPubSubClient } from "@azure/web-pubsub-client";
import { Contestant } from "./client.mjs";

export const create = (url) => new Contestant(new WebPubSubClient(url));
