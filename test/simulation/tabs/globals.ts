import type { SimLocks } from "./locks.js";
import type { SimProcess } from "./process.js";

type Listener = (event: unknown) => void;

/**
 * Lets what runs find the events and the locks of the process that it runs in, where a browser has them, until the
 * returned function is called.
 */
export function installGlobals(current: () => SimProcess, locks: SimLocks | undefined): () => void {
  const target = {
    addEventListener: (name: string, listener: Listener) => current().listen(name, listener),
    removeEventListener: (name: string, listener: Listener) => current().unlisten(name, listener),
  };
  const names: Record<string, unknown> = {
    ...target,
    document: target,
    onconnect: null,
    navigator: locks === undefined ? {} : { locks },
  };
  const before = Object.keys(names).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(names))
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  };
}
