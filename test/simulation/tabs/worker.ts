import { CoreClient } from "../../../src/core/index.js";
import { serveTabs } from "../../../src/features/tabs/index.js";
import { WebPubSubProtobufReliableProtocol } from "../../../src/protobuf/index.js";
import type { WebSocketLike } from "../../../src/core/environment/environment.js";
import type { Json, ModelSession } from "../oracles/model.js";
import type { WireUser } from "../world/surroundings.js";
import { textOf, Wire } from "../world/wire.js";
import type { Port } from "./channel.js";
import { SimProcess } from "./process.js";
import type { TabsWorld } from "./world.js";

/** A process with a line to the service: the worker, or the machine of an outside client. */
export class LinkedProcess extends SimProcess implements WireUser {
  readonly plan: WireUser["plan"];
  readonly sendIsBroken = false;
  readonly program = { wanted: false };
  client!: { readonly state: string };
  readonly wires: Wire[] = [];
  readonly #around: TabsWorld;

  constructor(world: TabsWorld, name: string, index: number, protobuf: boolean) {
    super(world, name, index, (url, protocol) => this.#connect(url, protocol));
    this.#around = world;
    this.plan = { browser: true, protobuf, latency: world.plan.latency };
    this.onEnd.push(() => {
      for (const wire of this.wires) {
        wire.socket.released = true;
        if (!wire.over) wire.terminate();
      }
    });
  }

  receives(_wire: Wire, message: Json, data: string | ArrayBuffer): void {
    this.#around.trace(this.name, () => `gets ${textOf(data, message)}`);
  }

  /** The newest transport that is still up. */
  get wire(): Wire | undefined {
    return this.wires.findLast((wire) => wire.alive);
  }

  #connect(url: string, protocol: string): WebSocketLike {
    const world = this.#around;
    if (this.wires.some(({ socket }) => socket.readyState < 2 && !socket.released))
      world.failed(`${this.name} opens a second connection`);
    const wire = new Wire(world, this, url, protocol, this.wires.length);
    world.trace(this.name, () => `opens a socket${wire.isRecovery ? " (recovery)" : ""}`);
    wire.socket.onTaken = (message, data) => world.trace(this.name, () => `says ${textOf(data, message)}`);
    this.wires.push(wire);
    return wire.socket;
  }
}

/** The user of the worker's connections. */
export const WORKER = "worker";

/** A shared worker whose script calls `serveTabs`. */
export class SimWorker extends LinkedProcess {
  declare client: CoreClient;
  /** When its script has run. */
  readyAt = 0;
  /** Its ends of the ports. */
  readonly ports: Port[] = [];
  readonly #world: TabsWorld;

  constructor(world: TabsWorld, index: number) {
    super(world, `worker${index}`, index, world.plan.protobuf);
    this.#world = world;
    const { asksTab, protobuf } = world.plan;
    this.enter(() =>
      serveTabs((tabs) => {
        const getClientAccessUrl = asksTab
          ? () => tabs.getClientAccessUrl()
          : () => Promise.resolve(accessUrl(WORKER));
        return (this.client = new CoreClient(
          { getClientAccessUrl },
          {
            environment: this.environment,
            ...(protobuf && { protocol: WebPubSubProtobufReliableProtocol() }),
          },
        ));
      }),
    );
  }

  /** A page has made its port. */
  connect(port: Port): void {
    this.ports.push(port);
    this.soon(() => this.dispatch("connect", { ports: [port] }));
  }

  /** What the service has of its connection. */
  get session(): ModelSession | undefined {
    return this.#world.backend.model.sessions.get(this.client.connectionId ?? "");
  }
}

/** A token is its user and the date of its end. */
export function accessUrl(user: string): string {
  return `wss://service/client/hubs/chat?access_token=${user}~1000000000`;
}
