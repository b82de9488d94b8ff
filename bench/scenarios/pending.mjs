import { measure } from "../measure.mjs";
import { order } from "./order.mjs";

/** So many operations are called, none is answered, the transport breaks: until the last one is settled. */
export const pending =
  (count) =>
  async ({ create, url }) => {
    const client = create(url);
    const connected = client.connected();
    await client.start();
    const id = await connected;
    await order(url, "hold", id);
    const operations = Array.from({ length: count }, (_, number) =>
      client.publish({ text: "hello", number }),
    );
    // What can go out has gone out.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const figures = await measure(count, async () => {
      await order(url, "cut", id);
      await Promise.all(operations);
    });
    await client.stop();
    return figures;
  };
