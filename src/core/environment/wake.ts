import { watchApp } from "./platform.js";

/** How often the clock is checked, in ms: a wake without any event is noticed within this time. */
const CHECK_INTERVAL = 1_000;
/** A check that is late by more than this, in ms, means that the machine slept. */
const JUMP = 5_000;

const listeners = new Set<() => void>();
let end: (() => void) | undefined;

/**
 * Calls its listener when the page or the machine wakes or the network returns. The signs are `online`,
 * `visibilitychange` to visible, `resume`, `pageshow`, in React Native those of the app, and a jump of the wall clock. All
 * clients share one watch; it keeps no process alive and ends with its last listener.
 */
export function onWake(listener: () => void): () => void {
  // A new function, so that a listener that is given twice counts twice.
  const entry = (): void => listener();
  end ??= watch(() => {
    for (const each of [...listeners]) each();
  });
  listeners.add(entry);
  return () => {
    if (listeners.delete(entry) && listeners.size === 0) {
      end?.();
      end = undefined;
    }
  };
}

function watch(wake: () => void): () => void {
  // Platforms without pages may have a part of one.
  const { document: page } = globalThis as { document?: Partial<Document> | null };
  const onVisibility = (): void => {
    if (page?.visibilityState === "visible") wake();
  };
  const signs: [Partial<EventTarget> | null | undefined, string, () => void][] = [
    [globalThis, "online", wake],
    [globalThis, "pageshow", wake],
    [page, "visibilitychange", onVisibility],
    // A page may be frozen and resumed while it is hidden.
    [page, "resume", wake],
  ];
  for (const [target, name, listener] of signs) target?.addEventListener?.(name, listener);
  const endOfApp = watchApp?.(wake);

  // Last, so that no timer is left running if the platform refuses a listener.
  let expected = Date.now() + CHECK_INTERVAL;
  const interval = setInterval(() => {
    const now = Date.now();
    const slept = now - expected > JUMP;
    expected = now + CHECK_INTERVAL;
    if (slept) wake();
  }, CHECK_INTERVAL);
  // A timer of Node keeps the process alive; one of a browser is a number.
  (interval as { unref?: () => void }).unref?.();
  return () => {
    clearInterval(interval);
    for (const [target, name, listener] of signs) target?.removeEventListener?.(name, listener);
    endOfApp?.();
  };
}
