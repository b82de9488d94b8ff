import { WebPubSubClient } from "web-pubsub-client";
import * as label from "./label.mjs";

/** One client as a user, with what happens to it told to the transcript. */
export class Guest {
  name;
  client;
  recoveries = 0;
  connections = 0;
  #groups;

  constructor(name, groups, house, ledger, transcript) {
    this.name = name;
    this.#groups = groups;
    // A function, so that every new connection gets a fresh token.
    const client = new WebPubSubClient({ getClientAccessUrl: () => house.urlFor(name) });
    this.client = client;

    client.on("connected", () => {
      this.connections++;
      transcript.tell(name, this.connections === 1 ? "connected" : "connected anew");
    });
    client.on("disconnected", ({ message }) => {
      if (client.state === "Stopping") return;
      transcript.tell(name, `lost its connection for good ${message?.message ?? ""}`);
    });
    client.on("stopped", () => transcript.tell(name, "left"));
    client.on("recovered", () => {
      this.recoveries++;
      transcript.tell(name, "recovered: the same connection, nothing missed");
    });
    client.on("state-changed", ({ state, attempt, nextDelayInMs, code }) => {
      if (state !== "Recovering") return;
      const why = attempt === 1 ? `lost its transport (${code})` : "was refused";
      transcript.tell(
        name,
        `${why}, ${nextDelayInMs === 0 ? "recovers at once" : `tries again in ${nextDelayInMs} ms`}`,
      );
    });
    client.on("group-message", ({ message }) => ledger.note(name, label.read(message)));
    client.on("server-message", ({ message }) => ledger.note(name, label.read(message)));
  }

  async arrive() {
    await this.client.start();
    for (const group of this.#groups) await this.client.joinGroup(group);
  }

  /** Leaving waits for an answer, so whatever was on its way before has come by then. */
  async leave() {
    for (const group of this.#groups) await this.client.leaveGroup(group);
    await this.client.stop();
  }
}
