import { heap } from "../measure.mjs";

/** So many clients that do nothing but keep their connections. */
export const idle =
  (count, time) =>
  async ({ create, url }) => {
    const one = create(url);
    await one.start();
    const heapBefore = await heap();
    const rssBefore = process.memoryUsage.rss();
    const clients = Array.from({ length: count }, () => create(url));
    for (let i = 0; i < count; i += 100)
      await Promise.all(clients.slice(i, i + 100).map((client) => client.start()));
    const heapUsed = (await heap()) - heapBefore;
    const rss = process.memoryUsage.rss() - rssBefore;
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, time));
    const { user, system } = process.cpuUsage(before);
    return {
      heap: heapUsed / count / 1_024,
      rss: rss / count / 1_024,
      cpu: ((user + system) / 1_000 / count) * (60_000 / time),
    };
  };
