// What the benchmarks need of a client with the reference client's API.

export const wrap = (client) => ({
  start: () => client.start(),
  /** Resolves to the connection id. */
  connected: () =>
    new Promise((resolve) => client.on("connected", ({ connectionId }) => resolve(connectionId))),
  onMessage: (callback) => void client.on("group-message", ({ message }) => callback(message.data)),
  event: (name, data) => client.sendEvent(name, data, "json"),
  publish: (data) => client.sendToGroup("bench", data, "json"),
  openStream: () => client.openGroupStream("bench"),
  stop: () => client.stop(),
});
