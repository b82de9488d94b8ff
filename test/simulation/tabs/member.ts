import { WebPubSubClient } from "../../../src/webPubSubClient.js";
import type { WebPubSubClientCredential } from "../../../src/core/credential.js";
import type { WebPubSubClientOptions } from "../../../src/core/models/options.js";
import type { WebPubSubResult } from "../../../src/core/models/options.js";
import { REPLY } from "../oracles/model.js";
import { Signal } from "../world/signal.js";
import { Deliveries } from "./deliveries.js";
import type { TabCall } from "./plan.js";
import type { SimProcess } from "./process.js";
import { StreamUse } from "./streamUse.js";
import type { TabsWorld } from "./world.js";

/** A call of a program that asks the service for something. */
export interface Operation {
  readonly op: number;
  readonly by: Member;
  readonly call: TabCall;
  readonly calledAt: number;
  /** How many connections the tab had had when it was called. */
  readonly lives: number;
  readonly signal: Signal | undefined;
  settled: boolean;
  result: WebPubSubResult | undefined;
  error: Error | undefined;
  settledAt: number;
}

/** Time between a failed start and the next, in ms. */
const START_AGAIN = 500;

/** A complete client in a process of its own, and the program that uses it: a tab, or an outside client. */
export class Member {
  readonly name: string;
  readonly process: SimProcess;
  readonly client: WebPubSubClient;
  readonly isTab: boolean;
  readonly streams: StreamUse;
  readonly deliveries: Deliveries;
  readonly operations: Operation[] = [];
  /** The program wants to be connected. */
  wanted = false;
  #invocations = 0;
  #stopping = 0;
  readonly #keepTrying: boolean;
  readonly #world: TabsWorld;

  constructor(
    world: TabsWorld,
    process: SimProcess,
    credential: WebPubSubClientCredential,
    options: WebPubSubClientOptions,
    { isTab, keepTrying }: { readonly isTab: boolean; readonly keepTrying: boolean },
  ) {
    this.#world = world;
    this.process = process;
    this.name = process.name;
    this.isTab = isTab;
    this.#keepTrying = keepTrying;
    this.client = new WebPubSubClient(credential, options);
    this.client.on("state-changed", ({ previousState, state, reason, error }) =>
      world.trace(
        this.name,
        () => `${previousState} -> ${state} ${reason ?? ""} ${error === undefined ? "" : error.message}`,
      ),
    );
    this.deliveries = new Deliveries(world, this, (reason) => this.failed(reason));
    this.streams = new StreamUse(world, this);
  }

  call(call: TabCall): void {
    this.process.soon(() => this.#call(call));
  }

  /** Promises that aren't settled. */
  get pending(): number {
    const operations = this.operations.filter(({ settled }) => !settled).length;
    return operations + this.#invocations + this.#stopping + this.streams.pending;
  }

  failed(reason: string): void {
    this.#world.failed(`${this.name}: ${reason}`);
  }

  #call(call: TabCall): void {
    const { client } = this;
    switch (call.do) {
      case "start":
        this.wanted = true;
        return this.#start();
      case "stop":
        this.wanted = false;
        this.#stopping++;
        void client.stop().then(() => void this.#stopping--);
        return;
      case "stream":
        return void this.streams.send(call);
      case "invoke":
        return void this.#invoke(call);
      case "join":
        return this.#operate(call, (options) => client.joinGroup(call.group, options));
      case "leave":
        return this.#operate(call, (options) => client.leaveGroup(call.group, options));
      case "watch":
        return this.#operate(call, (options) => client.subscribeGroupStates(call.group, options));
      case "unwatch":
        return this.#operate(call, (options) => client.unsubscribeGroupStates(call.group, options));
      case "set":
        return this.#operate(call, (options) =>
          client.setGroupState(call.group, { is: call.value }, options),
        );
      case "clear":
        return this.#operate(call, (options) => client.clearGroupState(call.group, options));
      case "event":
        return this.#operate(call, (options, op) =>
          client.sendEvent("note", { op }, "json", { ...options, fireAndForget: call.forget === true }),
        );
      case "send":
        for (let i = call.times ?? 1; i > 0; i--)
          this.#operate(call, (options, op) =>
            client.sendToGroup(call.group, { op }, "json", {
              ...options,
              noEcho: call.noEcho === true,
              fireAndForget: call.forget === true,
            }),
          );
    }
  }

  #start(): void {
    if (!this.wanted || this.client.state !== "Stopped") return;
    this.client.start({ keepTrying: this.#keepTrying }).catch((error: Error) => {
      this.#world.trace(this.name, () => `start fails: ${error.message}`);
      this.process.environment.setTimer(() => this.#start(), START_AGAIN);
    });
  }

  #signal(call: TabCall): Signal | undefined {
    const { clock } = this.#world;
    if (!("abortAfter" in call) || call.abortAfter === undefined) return undefined;
    const signal = new Signal(() => clock.now);
    clock.after(call.abortAfter, () => this.process.soon(() => signal.abort()));
    return signal;
  }

  #operate(
    call: TabCall,
    ask: (options: { abortSignal?: Signal }, op: number) => Promise<WebPubSubResult>,
  ): void {
    const signal = this.#signal(call);
    const record: Operation = {
      op: this.#world.nextOperation(),
      by: this,
      call,
      calledAt: this.#world.clock.now,
      lives: this.deliveries.lives.length,
      signal,
      settled: false,
      result: undefined,
      error: undefined,
      settledAt: Infinity,
    };
    this.operations.push(record);
    this.#world.operations.set(record.op, record);
    this.#world.trace(this.name, () => `calls op ${record.op}: ${JSON.stringify(call)}`);
    const settles = (how: { result?: WebPubSubResult; error?: Error }): void => {
      if (record.settled) this.failed(`op ${record.op} settles twice`);
      Object.assign(record, how, { settled: true, settledAt: this.#world.clock.now });
      this.#world.trace(
        this.name,
        () => `op ${record.op} settles: ${how.error?.message ?? JSON.stringify(how.result)}`,
      );
    };
    ask(signal === undefined ? {} : { abortSignal: signal }, record.op).then(
      (result) => settles({ result }),
      (error: Error) => settles({ error }),
    );
  }

  async #invoke(call: TabCall): Promise<void> {
    const op = this.#world.nextOperation();
    const abortSignal = this.#signal(call);
    this.#invocations++;
    this.#world.trace(this.name, () => `calls invocation ${op}`);
    try {
      const { data } = await this.client.invokeEvent("ask", { op }, "json", {
        timeoutInMs: 20_000,
        ...(abortSignal && { abortSignal }),
      });
      if ((data as { op?: number }).op !== REPLY + op)
        this.failed(`invocation ${op} got ${JSON.stringify(data)}`);
    } catch (error) {
      this.#world.trace(this.name, () => `invocation ${op} fails: ${String(error)}`);
    }
    this.#invocations--;
  }
}
