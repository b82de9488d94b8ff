import { measure, warmUp } from "../measure.mjs";

/** Receives so many messages. */
export const receive =
  (kind, bytes, count) =>
  async ({ create, url }) => {
    const client = create(url);
    await client.start();
    let got = 0;
    let expected = 0;
    let done;
    client.onMessage(() => {
      if (++got === expected) done();
    });
    const run = (n) =>
      new Promise((resolve) => {
        expected = got + n;
        done = resolve;
        void client.event("blast", { kind, bytes, count: n });
      });
    await warmUp(count, run);
    const figures = await measure(count, () => run(count));
    await client.stop();
    return figures;
  };
