/** What the benchmarks need of a client with the reference client's API. */
export class Contestant {
  constructor(client) {
    this.client = client;
  }

  start() {
    return this.client.start();
  }

  /** Resolves to the connection id. */
  connected() {
    return new Promise((resolve) => this.client.on("connected", ({ connectionId }) => resolve(connectionId)));
  }

  onMessage(callback) {
    this.client.on("group-message", ({ message }) => callback(message.data));
  }

  event(name, data) {
    return this.client.sendEvent(name, data, "json");
  }

  publish(data) {
    return this.client.sendToGroup("bench", data, "json");
  }

  openStream() {
    return this.client.openGroupStream("bench");
  }

  stop() {
    return this.client.stop();
  }
}
