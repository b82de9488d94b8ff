import { expect, onTestFinished, test } from "vitest";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { anyGroup, type Guest, House, hub, seeded, until } from "../e2e/harness.js";
import { Proxy } from "./proxy.js";

/** Bounds of seconds between attempts become a few ms. */
const hasty: WebPubSubClientOptions = { environment: { random: () => 0.002 } };

// SEED=<number> in the environment makes the same choices again; the timing of the sockets stays real.
const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

interface Site {
  readonly house: House;
  readonly proxy: Proxy;
  /** A connected client beyond the proxy that has joined these groups. */
  readonly welcome: (userId: string, groups?: string[], options?: WebPubSubClientOptions) => Promise<Guest>;
}

async function open(): Promise<Site> {
  const house = await House.open();
  const proxy = await Proxy.before(house.emulator.endpoint);
  onTestFinished(async () => {
    await house[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  return {
    house,
    proxy,
    welcome: async (userId, groups = [], options = {}) => {
      const guest = house.guestWith(
        async () => proxy.through(await house.emulator.clientAccessUrl(hub, { roles: anyGroup, userId })),
        options,
      );
      await guest.client.start();
      for (const group of groups) await guest.client.joinGroup(group);
      return guest;
    },
  };
}

/** Expects 1, 2, 3 and so on. */
class Counter {
  count = 0;
  last = 0;
  firstMistake: { after: number; got: number } | undefined;

  note(data: unknown): void {
    const { number } = data as { number: number };
    this.count++;
    if (number !== this.last + 1) this.firstMistake ??= { after: this.last, got: number };
    this.last = number;
  }
}

test(`cuts at any byte, while thousands of messages fly both ways (seed ${seed})`, async () => {
  const MESSAGES = 6_000;
  const CUTS = 60;
  const random = seeded(seed);
  const { house, proxy, welcome } = await open();
  const receiver = await welcome("receiver", ["g"], hasty);
  const sender = await welcome("sender", [], hasty);
  const numbers = { up: new Counter(), down: new Counter() };
  receiver.client.on("group-message", ({ message }) => numbers.up.note(message.data));
  sender.client.on("server-message", ({ message }) => numbers.down.note(message.data));

  const armed = new Set<object>();
  let planned = 0;
  // Handshakes included: what is cut may be the answer to an upgrade.
  const arm = (): void => {
    for (const link of proxy.links) {
      if (planned >= CUTS || armed.has(link)) continue;
      armed.add(link);
      planned++;
      link.cutAfter(1 + Math.floor(random() * 30_000), random() < 0.5 ? "up" : "down");
    }
  };
  const operations: Promise<{ resentOnNewConnection?: boolean }>[] = [];
  for (let sent = 0; sent < MESSAGES;) {
    for (let i = 0; i < 20; i++) {
      sent++;
      const number = { number: sent, filling: "x".repeat(Math.floor(random() * 200)) };
      operations.push(sender.client.sendToGroup("g", number));
      house.hub.sendToUser("sender", number);
    }
    arm();
    await until(() => sent - Math.min(numbers.up.count, numbers.down.count) < 350);
  }
  const results = await Promise.all(operations);
  await until(() => numbers.up.last === MESSAGES && numbers.down.last === MESSAGES);
  // Whatever was on its way before these answers has come.
  await Promise.all([sender.client.joinGroup("end"), receiver.client.joinGroup("end")]);

  for (const direction of [numbers.up, numbers.down]) {
    expect(direction).toMatchObject({ count: MESSAGES, last: MESSAGES, firstMistake: undefined });
  }
  expect(results.filter(({ resentOnNewConnection }) => resentOnNewConnection)).toEqual([]);
  // All of it on two connections that were only recovered.
  expect([sender.credentialCalls, receiver.credentialCalls]).toEqual([1, 1]);
  const recoveries = sender.of("recovered").length + receiver.of("recovered").length;
  expect(recoveries).toBeGreaterThan(20);
});

test("every byte of a handshake and of what follows it is a place to be cut at", async () => {
  const { house, proxy, welcome } = await open();
  const ann = await welcome("ann", ["room"], hasty);
  let recovered = 0;
  // The upgrade's answer has about 130 bytes, the connected message 300.
  for (let byte = 1; byte < 460; byte += 9) {
    // Once the link is cut the client recovers at once; the next link is cut at its byte.
    const before = proxy.accepted;
    proxy.links[0]?.cut();
    const link = await until(() => (proxy.accepted > before ? proxy.links.at(-1) : undefined));
    link.cutAfter(byte, "down");
    house.hub.sendToUser("ann", String(byte));
    await ann.client.sendToGroup("room", `from ann ${byte}`);
    recovered++;
  }
  await until(() => ann.heard.length === 2 * recovered);
  const heard = ann.heard as string[];
  expect(heard.filter((text) => !text.startsWith("from"))).toEqual(
    Array.from({ length: recovered }, (_, i) => String(1 + 9 * i)),
  );
  expect(new Set(ann.story.slice(1))).toEqual(new Set(["recovering", "recovered"]));
  expect(ann.credentialCalls).toBe(1);
});

test.each([
  ["from the service", ["down"]],
  ["to the service", ["up"]],
  ["in both directions", ["up", "down"]],
] as const)(
  "a link that is dead %s is found by keep-alive; nothing is lost or doubled",
  async (_, directions) => {
    const { house, proxy, welcome } = await open();
    const options = { ...hasty, keepAliveIntervalInMs: 50, keepAliveTimeoutInMs: 1_000 };
    const ann = await welcome("ann", ["room"], options);
    proxy.links[0]?.fallSilent(...directions);
    const operation = ann.client.sendToGroup("room", "into the void");
    house.hub.sendToUser("ann", "unheard");
    expect(await operation).toMatchObject({ ackId: expect.any(Number) as number });
    await until(() => ann.heard.length === 2);
    await ann.client.joinGroup("end");
    expect([...(ann.heard as string[])].sort()).toEqual(["into the void", "unheard"]);
    expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
    const [lost] = ann.of("state-changed").filter(({ state }) => state === "Recovering");
    expect(lost?.error).toMatchObject({ code: "NoAnswer" });
  },
);

test("a proxy that takes connections and never answers: each attempt ends by its deadline", async () => {
  const { proxy, welcome } = await open();
  const ann = await welcome("ann", ["room"], { ...hasty, connectTimeoutInMs: 1_000 });
  proxy.deaf = 2;
  proxy.links[0]?.cut();
  await ann.client.sendToGroup("room", "after all");
  await until(() => ann.heard.length === 1);
  expect(ann.story).toEqual(["connected", "recovering", "recovered"]);
  const attempts = ann.of("state-changed").filter(({ state }) => state === "Recovering");
  expect(attempts.slice(1, 3).map(({ error }) => (error as { code?: string }).code)).toEqual([
    "Timeout",
    "Timeout",
  ]);
});

test("a slow link: a burst passes in order, the window holds, and nobody is taken for dead", async () => {
  const { house, proxy, welcome } = await open();
  const options = { keepAliveIntervalInMs: 300, keepAliveTimeoutInMs: 3_000 };
  const ann = await welcome("ann", ["room"], options);
  proxy.weather = { bytesPerSecond: 150_000, latencyInMs: 20 };
  const COUNT = 1_200;
  let most = 0;
  ann.client.on("group-message", () => {
    most = Math.max(most, house.hub.connections()[0]?.unacknowledged ?? 0);
  });
  await Promise.all(
    Array.from({ length: COUNT }, (_, i) => ann.client.sendToGroup("room", { i, filling: "x".repeat(100) })),
  );
  await until(() => ann.heard.length === COUNT);
  expect(ann.heard.map((data) => (data as { i: number }).i)).toEqual(
    Array.from({ length: COUNT }, (_, i) => i),
  );
  expect(ann.story).toEqual(["connected"]);
  expect(most).toBeLessThanOrEqual(250);
});

test("latency of 100 ms each way: operations overlap instead of waiting for one another", async () => {
  const { proxy, welcome } = await open();
  const ann = await welcome("ann", ["room"]);
  proxy.weather = { latencyInMs: 100 };
  const begin = performance.now();
  await Promise.all(Array.from({ length: 100 }, (_, i) => ann.client.sendToGroup("room", i)));
  const took = performance.now() - begin;
  await until(() => ann.heard.length === 100);
  expect(took).toBeGreaterThanOrEqual(200);
  // One after the other they would take 20 s.
  expect(took).toBeLessThan(10_000);
  expect(ann.heard).toEqual(Array.from({ length: 100 }, (_, i) => i));
});
