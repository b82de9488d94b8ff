import { measure, warmUp } from "../measure.mjs";

/** Sends a stream of text fragments and ends it. */
export const stream =
  (count, bytes) =>
  async ({ create, url }) => {
    const client = create(url);
    await client.start();
    const text = "x".repeat(bytes);
    const run = async (n) => {
      const writer = await client.openStream();
      for (let i = 0; i < n; i++) await writer.write(text, "text");
      await writer.end();
    };
    await warmUp(count, run);
    const figures = await measure(count, () => run(count));
    await client.stop();
    return figures;
  };
