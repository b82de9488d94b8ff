import { WebPubSubClient } from "@azure/web-pubsub-client";

export function create(url) {
  const client = new WebPubSubClient(url);
  return {
    start: () => client.start(),
    onMessage: (callback) => client.on("group-message", ({ message }) => callback(message.data)),
    event: (name, data) => client.sendEvent(name, data, "json"),
    publish: (data) => client.sendToGroup("bench", data, "json"),
    stop: () => client.stop(),
  };
}
