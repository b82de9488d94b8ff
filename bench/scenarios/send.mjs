import { measure, warmUp } from "../measure.mjs";

/** Sends so many messages, so many of them unanswered at a time. */
export const send =
  (count, inFlight) =>
  async ({ create, url }) => {
    const client = create(url);
    await client.start();
    const run = async (n) => {
      let next = 0;
      const worker = async () => {
        while (next < n) await client.publish({ text: "hello", number: next++ });
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
    };
    await warmUp(count, run);
    const figures = await measure(count, () => run(count));
    await client.stop();
    return figures;
  };
