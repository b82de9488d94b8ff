// One contestant in one scenario, measured in a process of its own. Prints a line of JSON.
const [contestant, scenario, url] = process.argv.slice(2);
const { create } = await import(`./contestants/${contestant}.mjs`);

const receive = (kind, bytes, count) => async (client) => {
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
  await run(Math.ceil(count / 10)); // warm-up
  return measure(count, () => run(count));
};

const acknowledged = (count, inFlight) => async (client) => {
  const run = async (n) => {
    let next = 0;
    const worker = async () => {
      while (next < n) await client.publish({ text: "hello", number: next++ });
    };
    await Promise.all(Array.from({ length: inFlight }, worker));
  };
  await run(count / 10);
  return measure(count, () => run(count));
};

const scenarios = {
  "receive-json": receive("json", 40, 100_000),
  "receive-binary": receive("binary", 4096, 30_000),
  "acknowledged-sends": acknowledged(30_000, 100),
};

async function measure(count, run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    cpuPerOperation: (user + system) / count, // µs
    operationsPerSecond: count / (wall / 1_000),
    peakMemory: process.resourceUsage().maxRSS / 1024, // MiB
  };
}

const client = create(url);
await client.start();
const figures = await scenarios[scenario](client);
await client.stop();
console.log(JSON.stringify(figures));
process.exit(0);
