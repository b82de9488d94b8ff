import { CoreClient } from "web-pubsub-client/core";
import { throughWorker, type ThroughWorkerOptions } from "web-pubsub-client/tabs";
import type { EmulatorOptions } from "web-pubsub-emulator";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { InnerWorker } from "../../helpers/sharedWorker.js";
import { anyGroup, Guest, House, hub } from "../harness.js";

/** An emulator, a shared worker with one client, and the tabs that use it. */
export class Office implements AsyncDisposable {
  readonly house: House;
  readonly worker: InnerWorker;
  /** The worker's. */
  client!: CoreClient;
  readonly tabs: Guest[] = [];

  constructor(house: House, options: WebPubSubClientOptions = {}) {
    this.house = house;
    const getClientAccessUrl = () => house.emulator.clientAccessUrl(hub, { roles: anyGroup, userId: "ann" });
    this.worker = new InnerWorker(() => (this.client = new CoreClient({ getClientAccessUrl }, options)));
  }

  static async open(options: EmulatorOptions = {}, client?: WebPubSubClientOptions): Promise<Office> {
    return new Office(await House.open(options), client);
  }

  /** A tab whose client isn't started. */
  tab(options: ThroughWorkerOptions = {}): Guest {
    const [credential, made] = throughWorker(this.worker.make, options);
    const tab = new Guest(credential.getClientAccessUrl as () => Promise<string>, made);
    this.tabs.push(tab);
    return tab;
  }

  /** A tab that is connected and has joined these groups. */
  async enter(groups: string[] = [], options?: ThroughWorkerOptions): Promise<Guest> {
    const tab = this.tab(options);
    await tab.client.start();
    for (const group of groups) await tab.client.joinGroup(group);
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.tabs.map(({ client }) => client.stop()));
    await this.house[Symbol.asyncDispose]();
    this.worker[Symbol.dispose]();
  }
}
