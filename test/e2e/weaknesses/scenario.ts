import type { Settlement } from "../../helpers/settlement.js";
import { PATIENCE } from "../../helpers/patience.js";
import { ours, reference, type MakeSubject, type Subject } from "./subject.js";

/**
 * How long something that doesn't happen with the reference client is watched not happening, in ms.
 * Ours, with which it does happen, gets all the time that a slow machine may need.
 */
const WATCH = 200;

/** Whether a condition comes true in time. */
async function within(ms: number, probe: () => boolean): Promise<boolean> {
  const end = performance.now() + ms;
  while (!probe()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}

/** Whether it happens: with ours it should, with the reference it shouldn't. */
export function happens(make: MakeSubject, probe: () => boolean, watch = WATCH): Promise<boolean> {
  return within(make === ours ? PATIENCE : watch, probe);
}

/** Whether it happens: with the reference it does, with ours it shouldn't. */
export function relapses(make: MakeSubject, probe: () => boolean): Promise<boolean> {
  return within(make === ours ? WATCH : PATIENCE, probe);
}

/** What has become of a promise that ours settles and the reference doesn't. */
export async function watched<T>(
  make: MakeSubject,
  settlement: Settlement<T>,
): Promise<Settlement<T>["status"]> {
  await happens(make, () => settlement.status !== "pending");
  return settlement.status;
}

/** Runs a scenario with ours and with the reference client, side by side. */
export async function compared<T>(
  scenario: (make: MakeSubject) => Promise<T>,
): Promise<{ ours: T; reference: T }> {
  const [mine, theirs] = await Promise.all([scenario(ours), scenario(reference)]);
  return { ours: mine, reference: theirs };
}

/** Gives a subject up at the end of a scenario, whatever state it is in. */
export function ending(subject: Subject): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => subject.stop() };
}
