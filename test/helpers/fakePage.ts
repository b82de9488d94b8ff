import { vi } from "vitest";

/** A storage like `sessionStorage`, whose room can be limited. */
export class FakeStorage {
  readonly items = new Map<string, string>();
  /** How many characters a value may have. */
  room = Infinity;

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (value.length > this.room)
      throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  /** All that is stored, as one text. */
  get text(): string {
    return [...this.items.values()].join();
  }
}

/** The locks of an origin: each is held by one, and the others wait. */
export class FakeLocks {
  readonly held = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  async request(
    name: string,
    { signal }: { signal: AbortSignal },
    whileHeld: () => Promise<void>,
  ): Promise<void> {
    while (this.held.has(name)) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    }
    this.held.add(name);
    await whileHeld();
    this.held.delete(name);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A page in Node: its events, its storage and the locks of its origin. `vi.unstubAllGlobals()` ends it. */
export class FakePage {
  readonly storage = new FakeStorage();
  readonly locks = new FakeLocks();
  readonly #window = new EventTarget();
  readonly #document = new EventTarget();
  /** How many listeners the page has. */
  listeners = 0;

  constructor() {
    const target = this.#window;
    vi.stubGlobal("document", this.#counting(this.#document));
    vi.stubGlobal("addEventListener", this.#counting(target).addEventListener);
    vi.stubGlobal("removeEventListener", this.#counting(target).removeEventListener);
    vi.stubGlobal("sessionStorage", this.storage);
    vi.stubGlobal("navigator", { locks: this.locks });
  }

  #counting(target: EventTarget): Pick<EventTarget, "addEventListener" | "removeEventListener"> {
    const names = ["pagehide", "freeze", "resume"];
    return {
      addEventListener: (name, listener) => {
        if (names.includes(name)) this.listeners++;
        target.addEventListener(name, listener);
      },
      removeEventListener: (name, listener) => {
        if (names.includes(name)) this.listeners--;
        target.removeEventListener(name, listener);
      },
    };
  }

  hide(): void {
    this.#window.dispatchEvent(new Event("pagehide"));
  }

  /** It is restored from the back-forward cache. */
  show(): void {
    this.#document.dispatchEvent(new Event("resume"));
    this.#window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  }

  freeze(): void {
    this.#document.dispatchEvent(new Event("freeze"));
  }

  thaw(): void {
    this.#document.dispatchEvent(new Event("resume"));
  }
}
