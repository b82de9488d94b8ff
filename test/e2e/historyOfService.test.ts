import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Gap, HistoryOptions } from "web-pubsub-client";
import { House, until, type Guest } from "./harness.js";

interface Line {
  readonly id: string;
}

const EACH = 1_500;
const RESTARTS = 10;

test("whoever writes while the service restarts: a reader shows what the service's own store has, once and in its order", async () => {
  await using house = await House.open();
  const stored = house.hub.history("room", { id: ({ data }) => (data as Line).id });
  const history: HistoryOptions<Line> = {
    key: ({ data }) => data.id,
    load: ({ after, before, limit }) =>
      stored
        .messages({ after: after?.data.id, before: before?.data.id, limit })
        .map(({ data }) => ({ data: data as Line })),
  };
  // 1012 spreads the first attempt over 5 s; this draws 0.
  const environment = { random: () => 0 };
  const guest = (name: string): Guest => house.guest(name, { environment });
  const [ann, bob, cem] = [guest("ann"), guest("bob"), guest("cem")];
  const shown: string[] = [];
  const gaps: Gap<Line>[] = [];
  const room = ann.client.group<Line>("room", { history });
  room.subscribe(({ data }) => shown.push(data.id));
  room.onGap((gap) => gaps.push(gap));
  await Promise.all([ann, bob, cem].map(({ client }) => client.start()));
  await until(() => room.complete);

  let sent = 0;
  const write = async ({ client }: Guest, name: string): Promise<void> => {
    for (let each = 0; each < EACH; each++) {
      // What the service has executed, and not answered, is sent again on a new connection.
      await client.group<Line>("room").send({ id: `${name} ${each}` });
      sent++;
    }
  };
  const writing = Promise.all([write(bob, "bob"), write(cem, "cem")]);
  for (let restarts = 1; restarts <= RESTARTS; restarts++) {
    const due = (2 * EACH * restarts) / (RESTARTS + 1);
    await until(() => sent >= due && ann.client.connectionInfo.state === "Connected");
    house.faults.restartService({ sockets: restarts % 2 === 0 ? "close" : "cut" });
    house.hub.sendToGroup("room", { id: `server ${restarts}` });
    await setImmediate();
  }
  await writing;
  await until(() => room.complete && shown.length >= stored.length);

  expect(stored.length).toBe(2 * EACH + RESTARTS);
  expect(shown).toEqual(stored.messages().map(({ data }) => (data as Line).id));
  expect(gaps.length).toBeGreaterThan(0);
  expect(gaps.every(({ filled, count }) => filled && count > 0)).toBe(true);
});
