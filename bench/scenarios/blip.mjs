import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../measure.mjs";
import { order } from "./order.mjs";

/** Between two clients' cuts, so that each has its own moment, in ms. */
const STAGGER = 70;
/** Before the next cut: longer than what counts as a connection that doesn't last, in ms. */
const REST = 2_000;

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/**
 * Each transport is cut, and the service refuses as many attempts with 503: until a message that was published after
 * the cut has arrived, in s.
 * @param clients how many, in one process
 * @param refusals how many attempts are refused, cut by cut
 */
export const blip =
  (clients, refusals) =>
  async ({ create, url }) => {
    const waits = refusals.map(() => []);
    const cutAgainAndAgain = async (_, number) => {
      const client = create(url);
      const connected = client.connected();
      await client.start();
      const id = await connected;
      let got;
      client.onMessage(() => got?.(now()));
      await sleep(REST + number * STAGGER);
      for (const [i, refuse] of refusals.entries()) {
        const message = new Promise((resolve) => (got = resolve));
        const { cutAt } = await order(url, "cut", id, `&message&refuse=${refuse}`);
        waits[i].push(((await message) - cutAt) / 1_000);
        await sleep(REST);
      }
      await client.stop();
    };
    await Promise.all(Array.from({ length: clients }, cutAgainAndAgain));
    return Object.fromEntries(
      refusals.flatMap((refuse, i) => [
        [`median${refuse}`, median(waits[i])],
        [`worst${refuse}`, Math.max(...waits[i])],
      ]),
    );
  };
