import type { Environment, WebSocketLike } from "../../../src/core/environment/environment.js";

/** A socket whose other end is the test. */
export class TestSocket implements WebSocketLike {
  readyState = 0;
  binaryType = "blob";
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly url: string;
  readonly sent: (string | ArrayBuffer)[] = [];

  constructor(url: string) {
    this.url = url;
  }

  send(data: string | ArrayBuffer): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = 2;
  }

  terminate(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  receives(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  closes(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" } as never);
  }
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Clock, timers, chance and sockets under the test's control: timers fire exactly when they are due. */
export class VirtualWorld implements Environment {
  readonly sockets: TestSocket[] = [];
  chance = 0;
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  get socket(): TestSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error("No socket has been opened yet.");
    return last;
  }

  get timers(): number {
    return this.#timers.size;
  }

  readonly now = (): number => this.#now;
  readonly uptime = (): number => this.#now;
  readonly random = (): number => this.chance;
  readonly onWake = (): (() => void) => () => undefined;

  readonly setTimer = (callback: () => void, delayInMs: number): Timer => {
    const timer = { at: this.#now + delayInMs, callback };
    this.#timers.add(timer);
    return timer;
  };

  readonly clearTimer = (handle: unknown): void => {
    this.#timers.delete(handle as Timer);
  };

  readonly createWebSocket = (url: string): WebSocketLike => {
    const socket = new TestSocket(url);
    this.sockets.push(socket);
    return socket;
  };

  /** Lets time pass, timers and the promises between them included. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at).find(({ at }) => at <= end);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets everything run that waits for promises only. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
