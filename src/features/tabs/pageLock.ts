/** Web Locks: the browser takes them from a page or worker that ends, however it ends. Where there are none, nothing happens. */

type WhileHeld = () => Promise<void> | void;
type Locks = {
  request(name: string, options: { signal?: AbortSignal }, whileHeld: WhileHeld): Promise<unknown>;
};

function findLocks(): Locks | undefined {
  const { locks } = ((globalThis as { navigator?: unknown }).navigator ?? {}) as { locks?: Locks };
  return typeof locks?.request === "function" ? locks : undefined;
}

/**
 * Holds a lock, and calls back once it does.
 * @returns a function that releases it
 */
export function holdLock(name: string, onHeld: () => void): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  // It is refused where a page has no origin, for example; the worker's probes tell then.
  const refused = (): void => undefined;
  findLocks()
    ?.request(name, {}, () => {
      onHeld();
      return held;
    })
    .catch(refused);
  return release;
}

/**
 * Calls back once nobody holds a lock any more.
 * @returns a function that ends the waiting
 */
export function awaitLock(name: string, onFree: () => void): () => void {
  const waiting = new AbortController();
  // Without it, or once the waiting has ended. The probes tell then.
  const refused = (): void => undefined;
  findLocks()?.request(name, { signal: waiting.signal }, onFree).catch(refused);
  return () => waiting.abort();
}
