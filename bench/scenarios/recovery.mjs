import { now } from "../measure.mjs";
import { order } from "./order.mjs";

const mean = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;

/**
 * The transport is cut so many times while a message is on its way and a send is made.
 * @param delay one way, in ms
 */
export const recovery =
  (delay, times) =>
  async ({ create, url }) => {
    const client = create(`${url}?delay=${delay}`);
    const connected = client.connected();
    await client.start();
    const id = await connected;
    let got;
    client.onMessage(() => got?.(now()));
    const rounds = [];
    for (let i = 0; i < times; i++) {
      const message = new Promise((resolve) => (got = resolve));
      const { cutAt } = await order(url, "cut", id, "&message");
      const ack = client.publish({ text: "during the cut" }).then(now);
      const messageAt = await message;
      const ackAt = await ack;
      const { acceptedAt } = await order(url, "times", id);
      rounds.push({
        message: messageAt - cutAt,
        ack: ackAt - cutAt,
        trips: (messageAt - acceptedAt) / (2 * delay),
      });
      // Longer than what counts as a connection that doesn't last.
      await new Promise((resolve) => setTimeout(resolve, 6_000));
    }
    await client.stop();
    const of = (field) => mean(rounds.map((round) => round[field]));
    return { message: of("message"), ack: of("ack"), trips: of("trips") };
  };
