import fc from "fast-check";
import { expect, test } from "vitest";
import { type TestClient, World } from "./world.js";

/** What can happen to a reliable connection. */
type Step = "send" | "die" | "recover" | "replace" | "ack" | "wait";
const step = fc.constantFrom<Step>("send", "send", "send", "die", "recover", "replace", "ack", "wait");

/** A client that does what the protocol asks: drops what it has seen, remembers the largest sequence id. */
class Receiver {
  client: TestClient;
  readonly delivered: unknown[] = [];
  largest = 0;
  #read = 0;

  constructor(client: TestClient) {
    this.client = client;
  }

  read(): void {
    for (const { sequenceId, data } of this.client.data.slice(this.#read)) {
      if (Number(sequenceId) <= this.largest) continue;
      this.largest = Number(sequenceId);
      this.delivered.push(data);
    }
    this.#read = this.client.data.length;
  }

  use(client: TestClient): void {
    this.client = client;
    this.#read = 0;
  }
}

test("whatever happens to the transport, each message is delivered once and in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 2), async (steps, replays) => {
      const world = new World({ interference: { replays: () => replays } });
      const sender = await world.client();
      const receiver = new Receiver(await world.client({ "webpubsub.group": "g" }));
      let alive = true;
      let sent = 0;
      const recover = async () => {
        receiver.use(await world.recover(receiver.client));
        alive = true;
      };
      for (const next of steps) {
        if (next === "send") {
          const data = ++sent;
          sender.say({ type: "sendToGroup", group: "g", dataType: "json", data, ackId: data });
          // Half of what is sent while the client is there is lost with the socket: it isn't read before it dies.
          if (alive && data % 2 === 0) receiver.read();
        } else if (next === "die") {
          receiver.client.link?.closed(1006);
          alive = false;
        } else if (next === "recover" || next === "replace") {
          if (next === "replace" || !alive) await recover();
        } else if (next === "ack" && alive) {
          receiver.read();
          receiver.client.say({ type: "sequenceAck", sequenceId: receiver.largest });
        } else world.clock.advance(100);
      }
      await recover();
      receiver.read();
      expect(receiver.delivered).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
      expect(sender.acks.map(({ ackId }) => ackId)).toEqual(receiver.delivered);
    }),
    { numRuns: 300 },
  );
});
