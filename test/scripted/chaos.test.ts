import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OnStateChangedArgs, WebPubSubClient, WebPubSubClientEvents } from "web-pubsub-client";
import { ack, connected, disconnected, fromGroup, pong } from "../helpers/frames.js";
import { limit } from "../helpers/patience.js";
import type { ScriptedSocket } from "../helpers/scriptedSocket.js";
import { seeded } from "../helpers/seeded.js";
import { follow, type Settlement } from "../helpers/settlement.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const RUNS = Number(process.env["CHAOS_RUNS"] ?? 100);
const FIRST_SEED = Number(process.env["CHAOS_SEED"] ?? 1);
const STEPS = 80;

/** One client among sockets, calls, times and listeners that do anything at any moment. */
class Chaos {
  readonly stage: Stage;
  readonly client: WebPubSubClient;
  readonly settlements: Settlement<unknown>[] = [];
  readonly changes: OnStateChangedArgs[] = [];
  readonly #random: () => number;
  readonly #wakes = new Set<() => void>();
  #depth = 0;
  #sequence = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
    const random = this.#random;
    this.stage = new Stage({
      random,
      autoReconnect: random() < 0.8,
      socket: {
        closing: this.#pick(["sync", "async", "silent"] as const),
        canTerminate: random() < 0.7,
      },
      ackTimeoutInMs: this.#pick([0, 500, 30_000]),
      resendOnNewConnection: random() < 0.5,
      maxPendingOperations: this.#pick([2, 10_000]),
      ...(random() < 0.3 && { reconnectRetryOptions: { maxRetries: 3, retryDelayInMs: 100 } }),
      environment: {
        onWake: (listener) => {
          this.#wakes.add(listener);
          return () => void this.#wakes.delete(listener);
        },
      },
    });
    this.client = this.stage.client;
    this.client.on("state-changed", (change) => this.changes.push(change));
    const events: (keyof WebPubSubClientEvents)[] = [
      "state-changed",
      "connected",
      "disconnected",
      "recovering",
      "recovered",
      "stopped",
      "group-message",
      "rejoin-group-failed",
    ];
    for (const event of events) {
      this.client.on(event, () => {
        // Not for ever: one call inside a listener may lead to the next event.
        if (this.#depth > 2 || random() > 0.15) return;
        this.#depth++;
        this.act();
        this.#depth--;
        if (random() < 0.1) throw new Error("a listener");
      });
    }
    this.stage.onSocket = (socket) => {
      if (random() < 0.05) {
        this.stage.sockets.pop();
        throw new Error("no socket");
      }
      if (random() < 0.3) socket.onSent = () => this.#sent(socket);
    };
  }

  /** Something, whatever it is. */
  act(): void {
    const { client } = this;
    const actions: (() => unknown)[] = [
      () => this.#follow(client.start({ ...this.#signal(), keepTrying: this.#random() < 0.3 })),
      () => this.#random() < 0.15 && this.#follow(client.stop()),
      () => this.#random() < 0.1 && this.#follow(client.stop({ drainInMs: 2_000 })),
      () => this.#follow(client.joinGroup(this.#group(), this.#signal())),
      () => this.#follow(client.leaveGroup(this.#group(), this.#signal())),
      () => this.#follow(client.sendToGroup(this.#group(), "x", this.#signal())),
      () => this.#follow(client.sendToGroup(this.#group(), "x", { ackId: Math.floor(this.#random() * 20) })),
      () => this.#follow(client.sendEvent("e", "x", { fireAndForget: true, ...this.#signal() })),
      () => this.#wakes.forEach((wake) => wake()),
      () => this.#socketActs(),
      () => this.#socketActs(),
      () => this.#socketActs(),
      () => this.#socketActs(),
    ];
    this.#pick(actions)?.();
  }

  async step(): Promise<void> {
    this.act();
    await turn(this.#pick([0, 0, 1, 10, 60, 500, 1_000, 5_000, 20_000]));
  }

  #follow(promise: Promise<unknown>): void {
    this.settlements.push(follow(promise));
  }

  #group(): string {
    return this.#pick(["a", "b", "c"]);
  }

  #signal(): { abortSignal?: AbortSignal } {
    const chance = this.#random();
    if (chance < 0.05) return { abortSignal: AbortSignal.abort() };
    if (chance > 0.3) return {};
    const abort = new AbortController();
    setTimeout(() => abort.abort(), chance * 10_000);
    return { abortSignal: abort.signal };
  }

  #socketActs(): void {
    const socket = this.#random() < 0.85 ? this.stage.sockets.at(-1) : this.#pick(this.stage.sockets);
    if (socket === undefined) return;
    const { readyState } = socket;
    if (readyState === 0 && this.#random() < 0.8) socket.receiveOpen();
    else if (this.#random() < 0.12)
      socket.receiveClose(this.#pick([1000, 1001, 1006, 1006, 1006, 1008, 1009, 1012]));
    else if (this.#random() < 0.03) socket.readyState = 3;
    else if (this.#random() < 0.05)
      socket.sendError = socket.sendError === undefined ? new Error("full") : undefined;
    else if (readyState === 1) this.#frame(socket);
    else if (this.#random() < 0.5) socket.late.close();
    else socket.late.frame(pong);
  }

  #frame(socket: ScriptedSocket): void {
    const asked = socket.url.searchParams.get("awps_connection_id");
    const fresh = `id-${this.stage.sockets.indexOf(socket)}`;
    const id = asked !== null && this.#random() < 0.9 ? asked : fresh;
    if (/ing$/.test(this.client.state) && this.#random() < 0.5) {
      socket.receiveFrame(connected(id));
      return;
    }
    const operation = this.#pick(socket.sent.filter((frame) => frame["ackId"] !== undefined));
    const error = this.#pick([
      undefined,
      undefined,
      undefined,
      "Duplicate",
      "Forbidden",
      "InternalServerError",
    ]);
    socket.receiveFrame(
      this.#pick([
        connected(id, this.#random() < 0.8 ? `token-${id}` : ""),
        connected(id),
        pong,
        ack(operation?.["ackId"] ?? 1, error),
        ack(operation?.["ackId"] ?? 2),
        fromGroup("m", ++this.#sequence),
        fromGroup("m", this.#sequence),
        disconnected("bye"),
        "{",
        { type: "news" },
        { type: "ack", ackId: 3, success: false, error: null },
      ]),
    );
  }

  /** A peer that answers, breaks off or makes trouble within the call of `send`. */
  #sent(socket: ScriptedSocket): void {
    const chance = this.#random();
    if (chance < 0.3) this.#frame(socket);
    else if (chance < 0.35) socket.receiveClose(1006);
    else if (chance < 0.4 && this.#depth < 3) {
      this.#depth++;
      this.act();
      this.#depth--;
    }
  }

  #pick<T>(items: readonly [T, ...T[]]): T;
  #pick<T>(items: readonly T[]): T | undefined;
  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }
}

/** What must hold whatever happened. */
function checkStory({ stage, changes }: Chaos): void {
  let state = "Stopped";
  for (const change of changes) {
    expect(change.previousState).toBe(state);
    state = change.state;
  }
  let told: string | undefined;
  let recovering = false;
  for (const [event, id] of stage.named.map((entry) => entry.split(" "))) {
    switch (event) {
      case "connected":
        expect(told).toBeUndefined();
        [told, recovering] = [id, false];
        break;
      case "recovering":
        expect([told, recovering]).toEqual([id, false]);
        recovering = true;
        break;
      case "recovered":
        expect([told, recovering]).toEqual([id, true]);
        recovering = false;
        break;
      case "disconnected":
        expect(told).toBe(id);
        told = undefined;
        break;
      case "stopped":
        expect(told).toBeUndefined();
        break;
      default:
    }
  }
  expect(told, "every connection that was announced has ended").toBeUndefined();
}

test(
  "whatever sockets, callers, listeners and the clock do, the client ends in good order",
  { timeout: limit(10_000 + RUNS * 100) },
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const chaos = new Chaos(seed);
      const { client, stage } = chaos;
      try {
        for (let step = 0; step < STEPS; step++) await chaos.step();
        // A listener may start it again when it stops.
        while (client.state !== "Stopped") {
          const stopped = follow(client.stop());
          await turn(100);
          expect(stopped.status).toBe("resolved");
        }
        await turn(60_000);
        if (client.state !== "Stopped") continue;
        expect(chaos.settlements.filter(({ status }) => status === "pending")).toEqual([]);
        expect(vi.getTimerCount()).toBe(0);
        for (const socket of stage.sockets) {
          expect(socket.terminated || socket.readyState >= 2 || socket.closeCalls.length > 0).toBe(true);
        }
        checkStory(chaos);
      } catch (error) {
        throw new Error(`Seed ${seed}: ${String(error)}\n${stage.journal.join("\n")}`, { cause: error });
      }
      vi.clearAllTimers();
    }
  },
);
