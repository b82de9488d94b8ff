import { expect, test } from "vitest";
import { hub, seeded, until, type Guest } from "../harness.js";
import { Office } from "./office.js";

/** Without delays between attempts. */
const hasty = { environment: { random: () => 0 } };

test("a cut reaches every tab as recovering and recovered, and nothing is missed", async () => {
  await using office = await Office.open({}, hasty);
  const tabs = [await office.enter(["room"]), await office.enter(["room"])];
  const other = await office.house.welcome("other");
  const id = office.client.connectionId;
  expect(office.house.faults.cutTransports({ userId: "ann" })).toBe(1);
  const sent = [1, 2, 3].map((n) => other.client.sendToGroup("room", n));
  await Promise.all(sent);
  const own = tabs.map(({ client }, n) => client.sendToGroup("room", `tab ${n}`));
  await Promise.all(own);
  await until(() => tabs.every(({ heard }) => heard.length === 5));
  for (const { client, heard, story } of tabs) {
    expect(story).toEqual(["connected", "recovering", "recovered"]);
    expect(heard.slice(0, 3)).toEqual([1, 2, 3]);
    expect(new Set(heard.slice(3))).toEqual(new Set(["tab 0", "tab 1"]));
    expect(client.connectionId).toBe(id);
  }
});

test("a restarted service gives every tab a new connection, with the service's words", async () => {
  await using office = await Office.open({}, hasty);
  const tabs = [await office.enter(["room"]), await office.enter(["room"])];
  const first = office.client.connectionId;
  office.house.faults.restartService({ sockets: "close" });
  await until(() => tabs.every((tab) => tab.of("connected").length === 2));
  for (const tab of tabs) {
    expect(tab.story.filter((event) => event !== "recovering")).toEqual([
      "connected",
      "disconnected",
      "connected",
    ]);
    expect(tab.of("disconnected")[0]?.message?.message).toBe("The service restarts.");
    expect(tab.client.connectionId).not.toBe(first);
  }
  await tabs[0]?.client.sendToGroup("room", "again");
  await until(() => tabs.every(({ heard }) => heard.length === 1));
  expect(office.house.hub.connections()).toHaveLength(1);
});

test("a worker that ends with the process of a page is replaced, and its tabs connect anew", async () => {
  await using office = await Office.open({}, hasty);
  const tabs = [
    await office.enter(["room"], { options: hasty }),
    await office.enter(["room"], { options: hasty }),
  ];
  const before = office.client;
  office.worker.crashWorker();
  await until(() => tabs.every((tab) => tab.of("connected").length === 2));
  await before.stop();
  expect(office.client).not.toBe(before);
  await tabs[0]?.client.sendToGroup("room", "again");
  await until(() => tabs.every(({ heard }) => heard.length === 1));
  expect(office.house.hub.connections()).toHaveLength(1);
});

test("a start that fails says why, and a later one works", async () => {
  await using office = await Office.open({ hubs: { [hub]: {} } });
  office.house.faults.refuseUpgrades({ with: 503, times: 1 });
  const tab = office.tab();
  await expect(tab.client.start()).rejects.toThrow(/503/);
  await tab.client.start();
  expect(tab.client.state).toBe("Connected");
});

test("ten tabs survive cuts, a restart and five closed tabs over one connection", async () => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const random = seeded(seed);
  const onEvent = ({ data }: { data: unknown }) => ({ data: data as never });
  const handlers = [{ events: ["echo"], onEvent }];
  await using office = await Office.open({ hubs: { [hub]: { handlers } } }, hasty);
  const { faults, hub: service } = office.house;
  const own = (n: number): string => `room${n}`;
  const tabs: Guest[] = [];
  for (let n = 0; n < 10; n++) tabs.push(await office.enter([own(n), "all"], { options: hasty }));
  const other = await office.house.welcome("other", ["all"], hasty);
  await other.client.subscribeGroupStates("all");

  const streams: string[] = [];
  other.client.onGroupStream(async (stream) => void streams.push(await stream.text()));
  const expected = new Map(tabs.map((tab) => [tab, [] as number[]]));
  const heardInOwn = new Map(tabs.map((tab) => [tab, [] as unknown[]]));
  for (const [n, tab] of tabs.entries())
    tab.client.on("group-message", ({ message }) => {
      if (message.group === own(n)) heardInOwn.get(tab)?.push(message.data);
    });

  /** Messages to every tab and from every tab, invocations and streams, with cuts meanwhile. */
  const traffic = async (rounds: number, living: Guest[]): Promise<void> => {
    const writers = await Promise.all(living.map(({ client }) => client.openGroupStream("all")));
    const results: Promise<unknown>[] = [];
    const invocations: Promise<unknown>[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const [index, tab] of living.entries()) {
        const n = tabs.indexOf(tab);
        results.push(other.client.sendToGroup(own(n), round));
        expected.get(tab)?.push(round);
        results.push(tab.client.sendToGroup("all", { n, round }));
        invocations.push(
          tab.client.invokeEvent("echo", { n, round }).then(({ data }) => expect(data).toEqual({ n, round })),
        );
        results.push(writers[index]?.write(`${round};`) ?? Promise.resolve());
      }
      if (random() < 0.4) {
        // An answer that is lost with its socket isn't repeated.
        await Promise.all(invocations.splice(0));
        await until(() => service.connections().every(({ unacknowledged }) => unacknowledged < 200));
        const recovered = living.map((tab) => tab.of("recovered").length);
        await until(() => faults.cutTransports({ userId: "ann" }) > 0);
        await until(() => living.every((tab, index) => tab.of("recovered").length > (recovered[index] ?? 0)));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([...results, ...invocations]);
    await Promise.all(writers.map((writer) => writer.end()));
  };

  for (const [n, { client }] of tabs.entries()) await client.setGroupState("all", { tab: `${n}` });
  await traffic(20, tabs);
  const whole = Array.from({ length: 20 }, (_, round) => `${round};`).join("");
  await until(() => streams.length === 10);
  expect(streams).toEqual(Array.from({ length: 10 }, () => whole));
  await until(() => tabs.every((tab) => heardInOwn.get(tab)?.length === 20));
  for (const tab of tabs) expect(heardInOwn.get(tab)).toEqual(expected.get(tab));
  await until(
    () => JSON.stringify(other.client.listGroupStates("all").map(({ state }) => state)) === '[{"tab":"9"}]',
  );

  const before = office.client.connectionId;
  faults.restartService();
  await until(() => tabs.every((tab) => tab.of("connected").length === 2));
  expect(office.client.connectionId).not.toBe(before);
  await until(() => other.client.state === "Connected");
  const [closed, living] = [tabs.slice(5), tabs.slice(0, 5)];
  await Promise.all(closed.map(({ client }) => client.stop()));
  await traffic(20, living);
  await until(() => living.every((tab) => heardInOwn.get(tab)?.length === 40));
  for (const tab of living) expect(heardInOwn.get(tab)).toEqual(expected.get(tab));
  // The tabs have set their states again in any order; the state of one that lives shows.
  const shown = (): unknown[] => other.client.listGroupStates("all").map(({ state }) => state["tab"]);
  await until(() => shown().length === 1 && ["0", "1", "2", "3", "4"].includes(String(shown()[0])));
  // Each message to all came to each tab once, and from each tab in order.
  for (const tab of living) {
    const all = tab.heard.filter((data): data is { n: number; round: number } => typeof data === "object");
    for (let n = 0; n < 10; n++) {
      const rounds = all.filter((each) => each.n === n).map(({ round }) => round);
      const once = Array.from({ length: 20 }, (_, round) => round);
      expect(rounds).toEqual(n < 5 ? [...once, ...once] : once);
    }
  }
  expect(service.connections()).toHaveLength(2);
  expect([...service.groups()].sort()).toEqual(["all", ...living.map((_, n) => own(n))].sort());
});
