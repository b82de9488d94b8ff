/** How often the clock is looked at, in ms: a wake that nothing else tells is noticed so soon. */
const CHECK_INTERVAL = 1_000;
/** A check that comes this much too late, in ms, means that the machine slept. */
const JUMP = 5_000;

const listeners = new Set<() => void>();
let end: (() => void) | undefined;

/**
 * Tells its listener when the page or the machine wakes or the network returns: `online`,
 * `visibilitychange` to visible, `resume`, `pageshow`, and a wall clock that jumped. All clients share one
 * watch; it keeps no process alive and ends with its last listener.
 */
export function onWake(listener: () => void): () => void {
  // A fresh function, so that one listener given twice counts twice.
  const entry = (): void => listener();
  listeners.add(entry);
  end ??= watch(() => {
    for (const each of [...listeners]) each();
  });
  return () => {
    if (listeners.delete(entry) && listeners.size === 0) {
      end?.();
      end = undefined;
    }
  };
}

function watch(wake: () => void): () => void {
  let expected = Date.now() + CHECK_INTERVAL;
  const interval = setInterval(() => {
    const now = Date.now();
    const slept = now - expected > JUMP;
    expected = now + CHECK_INTERVAL;
    if (slept) wake();
  }, CHECK_INTERVAL);
  // Node's timers hold the process; browsers' are numbers.
  (interval as { unref?: () => void }).unref?.();

  const page = typeof document === "undefined" ? undefined : document;
  const onVisibility = (): void => {
    if (page?.visibilityState === "visible") wake();
  };
  const target = globalThis as Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;
  target.addEventListener?.("online", wake);
  target.addEventListener?.("pageshow", wake);
  page?.addEventListener("visibilitychange", onVisibility);
  // A page may be frozen and resumed while it is hidden.
  page?.addEventListener("resume", wake);
  return () => {
    clearInterval(interval);
    target.removeEventListener?.("online", wake);
    target.removeEventListener?.("pageshow", wake);
    page?.removeEventListener("visibilitychange", onVisibility);
    page?.removeEventListener("resume", wake);
  };
}
