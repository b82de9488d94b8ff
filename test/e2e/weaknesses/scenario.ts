import type { Settlement } from "../../helpers/settlement.js";
import { ours, reference, type MakeSubject, type Subject } from "./subject.js";

/**
 * How long something that doesn't happen is watched not happening, in ms. A machine too slow for it
 * can only hide a weakness of the reference client, and the test fails then.
 */
const WATCH = 200;

/** Whether a condition comes true in time. */
export async function within(probe: () => boolean, ms = WATCH): Promise<boolean> {
  const end = performance.now() + ms;
  while (!probe()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}

/** What has become of a promise after a while. */
export async function watched<T>(settlement: Settlement<T>): Promise<Settlement<T>["status"]> {
  await within(() => settlement.status !== "pending");
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
