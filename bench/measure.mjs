// Figures of this process.

/** CPU time per operation in µs, operations per second, peak memory in MiB. */
export async function measure(count, run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    cpu: (user + system) / count,
    rate: count / (wall / 1_000),
    memory: process.resourceUsage().maxRSS / 1_024,
  };
}

const WARM_UP_IN_MS = 3_000;

/**
 * Runs a tenth of the work again and again for some seconds: an engine compiles a client that has more in it for
 * longer, and what counts is how it runs once that is over.
 */
export async function warmUp(count, run) {
  const end = performance.now() + WARM_UP_IN_MS;
  do await run(Math.ceil(count / 10));
  while (performance.now() < end);
}

/** Bytes in use once all garbage is gone; needs `--expose-gc`. */
export async function heap() {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** A clock that all processes of this machine share, in ms. */
export const now = () => performance.timeOrigin + performance.now();
