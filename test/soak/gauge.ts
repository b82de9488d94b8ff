import { readdirSync } from "node:fs";

/** What a process holds at one moment. */
export interface Gauge {
  /** After a forced collection, in bytes. */
  readonly heap: number;
  /** Open file descriptors; undefined where the system doesn't tell. */
  readonly descriptors: number | undefined;
}

export async function gauge(): Promise<Gauge> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("Run with --expose-gc.");
  // What finalizers and closed sockets let go of is free one turn later.
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { heap: process.memoryUsage().heapUsed, descriptors: countDescriptors() };
}

function countDescriptors(): number | undefined {
  if (process.platform !== "linux") return undefined;
  // One of them is the look itself.
  return readdirSync("/proc/self/fd").length - 1;
}
