import { describe, expect, test } from "vitest";
import type { Environment, WebPubSubClientOptions, WebPubSubClientProtocol } from "web-pubsub-client";
import { WebPubSubProtobufProtocol, WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";
import { WebSocket } from "ws";
import { House, until } from "../harness.js";

/** The client's clock, which the test turns; the service's goes on by itself. */
class Clock {
  readonly environment: Partial<Environment> = {
    now: () => this.#now,
    setTimer: (callback, delayInMs) => {
      const timer = { due: this.#now + delayInMs, callback };
      this.#timers.add(timer);
      return timer;
    },
    clearTimer: (handle) => void this.#timers.delete(handle as Timer),
  };
  readonly #timers = new Set<Timer>();
  #now = 1_000_000;

  /** Lets the time go on; what is due meanwhile happens in its order. */
  turn(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((one, other) => one.due - other.due);
      if (next === undefined || next.due > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** What a client sends and gets, as hex, over all its sockets. */
class Wire {
  readonly sent: string[] = [];
  readonly received: string[] = [];
  readonly webSocket: WebPubSubClientOptions["webSocket"];

  constructor() {
    const { sent, received } = this;
    this.webSocket = class extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        this.on("message", (data: ArrayBuffer) => received.push(hex(data)));
      }
      override send(data: ArrayBuffer): void {
        sent.push(hex(data));
        super.send(data);
      }
    };
  }

  get pings(): number {
    return this.sent.filter((frame) => frame === "4a00").length;
  }

  get pongs(): number {
    return this.received.filter((frame) => frame === "2200").length;
  }
}

function hex(data: ArrayBuffer): string {
  return Buffer.from(data).toString("hex");
}

const keepAlive = { keepAliveIntervalInMs: 7_000, keepAliveTimeoutInMs: 9_000 };

/** A member of the group `room` whose clock and frames the test has in hand. */
async function enter(house: House, protocol: WebPubSubClientProtocol) {
  const clock = new Clock();
  const wire = new Wire();
  const ann = await house.welcome("ann", ["room"], {
    protocol,
    ...keepAlive,
    webSocket: wire.webSocket,
    environment: clock.environment,
  });
  return { clock, wire, ann };
}

describe.each([WebPubSubProtobufReliableProtocol(), WebPubSubProtobufProtocol()])("$name", (protocol) => {
  test("a ping every interval, each answered by the service, keeps a quiet connection", async () => {
    await using house = await House.open();
    const { clock, wire, ann } = await enter(house, protocol);
    const before = wire.sent.length;
    // Far more than what an unanswered ping is given.
    for (let n = 1; n <= 20; n++) {
      clock.turn(6_999);
      expect(wire.pings).toBe(n - 1);
      clock.turn(1);
      expect(wire.pings).toBe(n);
      await until(() => wire.pongs === n);
    }
    expect([wire.sent.length - before, ann.story, house.warnings]).toEqual([20, ["connected"], []]);
  });

  test("a half-open link is found when the answer to a ping stays out, and made good", async () => {
    await using house = await House.open();
    const { clock, wire, ann } = await enter(house, protocol);
    const { connectionId } = ann.client;
    expect(house.faults.goHalfOpen()).toBe(1);
    house.hub.sendToGroup("room", "unheard");
    clock.turn(7_000 + 8_999);
    expect([ann.client.state, wire.pongs]).toEqual(["Connected", 0]);
    clock.turn(1);
    const [, lost] = ann.of("state-changed").filter(({ state }) => state !== "Connecting");
    expect(lost?.error).toMatchObject({ name: "ConnectionError", code: "NoAnswer" });

    // No quicker than real time, whose answers it waits for.
    await until(() => (clock.turn(1), ann.client.state === "Connected"));
    const sent = ann.client.sendToGroup("room", "and back");
    await until(() => (clock.turn(1), ann.heard.includes("and back")));
    expect(await sent).toMatchObject({ isDuplicated: false });
    if (protocol.isReliableSubProtocol) {
      expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
      expect(ann.heard).toEqual(["unheard", "and back"]);
      expect(ann.client.connectionId).toBe(connectionId);
    } else {
      // Without recovery a new connection takes over: what was sent meanwhile is lost, the group is joined again.
      expect(ann.story).toEqual(["connected", "disconnected", "connected"]);
      expect(ann.heard).toEqual(["and back"]);
      expect(ann.client.connectionId).not.toBe(connectionId);
    }
  });
});
