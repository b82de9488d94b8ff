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
