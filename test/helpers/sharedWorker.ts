import { serveTabs, type MessagePortLike, type SharedWorkerLike } from "web-pubsub-client/tabs";

type Connect = Parameters<typeof serveTabs>[0];
type ConnectListener = (event: { ports: MessagePortLike[] }) => void;

/** How the two ends of a port are connected. */
export type MakeChannel = () => { readonly port1: MessagePortLike; readonly port2: MessagePortLike };

/** Web Locks of one process, whose holders can be made to end as pages do. */
class Locks {
  readonly #queues = new Map<string, (() => Promise<void>)[]>();
  readonly #releases = new Map<string, () => void>();

  async request(
    name: string,
    { signal }: { signal?: AbortSignal },
    whileHeld: () => Promise<void> | void,
  ): Promise<void> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    const run = async (): Promise<void> => {
      if (signal?.aborted) {
        queue.shift();
        return queue[0]?.();
      }
      const ended = new Promise<void>((resolve) => this.#releases.set(name, resolve));
      await Promise.race([whileHeld(), ended]);
      queue.shift();
      void queue[0]?.();
    };
    if (queue.push(run) === 1) await run();
  }

  /** The holder of a lock ends. */
  end(name: string): void {
    this.#releases.get(name)?.();
  }
}

/** A `SharedWorker` inside this process: its script calls `serveTabs`, and pages reach it by real message channels. */
export class InnerWorker implements Disposable {
  /** The pages' ends of the ports, in the order in which they were made, and the locks that they hold. */
  readonly pages: { readonly port: MessagePortLike; lock?: string }[] = [];
  #listeners: ConnectListener[] = [];
  readonly #connect: Connect;
  readonly #makeChannel: MakeChannel;
  /** The worker's own lock, and its ends of the ports. */
  #lock = "";
  #ports: MessagePortLike[] = [];
  readonly #locks = new Locks();
  readonly #navigator = Object.getOwnPropertyDescriptor(globalThis, "navigator");

  constructor(connect: Connect, makeChannel: MakeChannel = () => new MessageChannel()) {
    this.#connect = connect;
    this.#makeChannel = makeChannel;
    Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: this.#locks } });
    this.#run();
  }

  /** Runs the worker's script. */
  #run(): void {
    const scope = globalThis as { onconnect?: unknown; addEventListener?: unknown };
    const { addEventListener } = scope;
    scope.onconnect = null;
    scope.addEventListener = (type: string, listener: ConnectListener) => {
      if (type === "connect") this.#listeners.push(listener);
    };
    try {
      serveTabs(this.#connect);
    } finally {
      delete scope.onconnect;
      if (addEventListener === undefined) delete scope.addEventListener;
      else scope.addEventListener = addEventListener;
    }
  }

  /** What a page calls. */
  readonly make = (): SharedWorkerLike => {
    const { port1, port2 } = this.#makeChannel();
    const page: (typeof this.pages)[number] = { port: port1 };
    this.pages.push(page);
    const post = port2.postMessage.bind(port2);
    port2.postMessage = (message) => {
      const said = message as { type?: string; lock?: string };
      if (said.type === "welcome") page.lock = said.lock;
      if (said.type === "locked") this.#lock = said.lock ?? "";
      post(message);
    };
    this.#ports.push(port2);
    for (const listener of this.#listeners) listener({ ports: [port2] });
    return { port: port1, onerror: null };
  };

  /** A page's process ends without a word. */
  crash(index: number): void {
    const page = this.pages[index];
    if (page === undefined) throw new Error(`There is no page ${index}.`);
    page.port.onmessage = null;
    page.port.close();
    this.#locks.end(page.lock ?? "");
  }

  /** The worker's process ends without a word; the next page starts another one. */
  crashWorker(): void {
    for (const port of this.#ports.splice(0)) {
      port.onmessage = null;
      port.close();
    }
    this.#listeners = [];
    this.#locks.end(this.#lock);
    this.#run();
  }

  [Symbol.dispose](): void {
    if (this.#navigator === undefined) delete (globalThis as { navigator?: unknown }).navigator;
    else Object.defineProperty(globalThis, "navigator", this.#navigator);
  }
}
