import { connect, createServer, type Server, type Socket } from "node:net";
import { Pipe } from "./pipe.js";

/** What the network does to a link. Each field for both directions. */
export interface Weather {
  /** Added to each byte's way, in ms. */
  readonly latencyInMs?: number;
  /** Bytes a second in each direction; 0 or left out: no limit. */
  readonly bytesPerSecond?: number;
}

export type Direction = "up" | "down";

/**
 * A TCP proxy on loopback that behaves like a bad network: latency, bandwidth, cuts at any byte, links that are dead
 * without a sign.
 */
export class Proxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #links = new Set<ProxyLink>();
  #weather: Weather = {};
  /** Links that were made so far. */
  accepted = 0;
  /** So many of the next links are silent from the start. */
  deaf = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      this.accepted++;
      const link = new ProxyLink(client, connect({ ...target, allowHalfOpen: true }), this.#weather, () =>
        this.#links.delete(link),
      );
      this.#links.add(link);
      if (this.deaf === 0) return;
      this.deaf--;
      link.fallSilent();
    });
  }

  /** @param endpoint of the service, such as `http://127.0.0.1:8080` */
  static async before(endpoint: string): Promise<Proxy> {
    const { hostname, port } = new URL(endpoint);
    const proxy = new Proxy({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The same URL by way of the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy is closed.");
    changed.port = String(address.port);
    return changed.href;
  }

  /** Open links, oldest first. */
  get links(): readonly ProxyLink[] {
    return [...this.#links];
  }

  /** For open links and new ones. */
  set weather(weather: Weather) {
    this.#weather = weather;
    for (const link of this.#links) link.weather = weather;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection through the proxy. */
export class ProxyLink {
  readonly #sockets: readonly [Socket, Socket];
  readonly #pipes: Readonly<Record<Direction, Pipe>>;
  readonly #ended: () => void;
  #over = false;

  constructor(client: Socket, service: Socket, weather: Weather, ended: () => void) {
    this.#sockets = [client, service];
    this.#ended = ended;
    this.#pipes = { up: new Pipe(client, service, weather), down: new Pipe(service, client, weather) };
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      // Whichever end breaks, the other one hears it.
      socket.on("error", () => this.cut());
      socket.on("close", () => this.#closed());
    }
  }

  set weather(weather: Weather) {
    this.#pipes.up.weather = weather;
    this.#pipes.down.weather = weather;
  }

  /** Whether nothing passes any more, in one direction at least. */
  get silent(): boolean {
    return this.#pipes.up.stopped || this.#pipes.down.stopped;
  }

  /** Bytes that went through so far. */
  get bytes(): Readonly<Record<Direction, number>> {
    return { up: this.#pipes.up.passed, down: this.#pipes.down.passed };
  }

  /** Ends both sides at once, by a reset where the system allows; what is on its way is lost. */
  cut(): void {
    for (const socket of this.#sockets) {
      // Waits for bytes that nobody may ever take; the second call doesn't.
      socket.resetAndDestroy();
      socket.destroy();
    }
    this.#closed();
  }

  /** Cuts when exactly so many further bytes have gone in a direction: also within a frame or its header. */
  cutAfter(bytes: number, direction: Direction): void {
    this.#pipes[direction].stopAfter(bytes, () => this.cut());
  }

  /** From here on nothing goes through, in one direction or both, and nobody is told. */
  fallSilent(...directions: Direction[]): void {
    for (const direction of directions.length > 0 ? directions : (["up", "down"] as const)) {
      this.#pipes[direction].stopAfter(0, () => undefined);
    }
  }

  /** When both ends are closed, or one closed and the other can't hear it. */
  #closed(): void {
    if (this.#over) return;
    const [client, service] = this.#sockets;
    if (!client.destroyed || !service.destroyed) {
      // A close goes on like bytes do; a silent link passes nothing on.
      if (client.destroyed) this.#pipes.up.end(() => service.destroy());
      if (service.destroyed) this.#pipes.down.end(() => client.destroy());
      return;
    }
    this.#over = true;
    this.#pipes.up.drop();
    this.#pipes.down.drop();
    this.#ended();
  }
}
