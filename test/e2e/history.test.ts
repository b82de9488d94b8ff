import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Gap, GroupMessage, HistoryOptions, HistoryQuery } from "web-pubsub-client";
import { anyGroup, hub, House, until } from "./harness.js";

const MESSAGES = 10_000;
const RESTARTS = 20;

type Line = { readonly id: number };

/** Everything that was sent, in its order; ids are positions. It answers as a server does: some time later. */
class Store implements HistoryOptions<Line> {
  readonly lines: Line[] = [];
  readonly limit = 100;
  readonly key = ({ data }: GroupMessage<Line>): number => data.id;
  loads = 0;

  readonly load = async ({ after, before, limit }: HistoryQuery<Line>): Promise<{ data: Line }[]> => {
    this.loads++;
    await setImmediate();
    const lines = after
      ? this.lines.slice(after.data.id + 1).slice(0, limit)
      : this.lines.slice(0, before?.data.id).slice(-limit);
    return lines.map((data) => ({ data }));
  };
}

test("a room whose service restarts 20 times under load shows every message once and in order", async () => {
  await using house = await House.open();
  const store = new Store();
  const url = () => house.emulator.clientAccessUrl(hub, { userId: "ann", roles: anyGroup });
  // 1012 spreads the first attempt over 5 s; this draws 0.
  const ann = house.guestWith(url, { environment: { random: () => 0 } });
  const room = ann.client.group<Line>("room", { history: store });
  const shown: number[] = [];
  const gaps: Gap<Line>[] = [];
  room.subscribe(({ data }) => shown.push(data.id));
  room.onGap((gap) => gaps.push(gap));
  await ann.client.start();
  await until(() => room.complete);

  let restarts = 0;
  for (let id = 0; id < MESSAGES; id++) {
    if (id % 500 === 250) {
      await until(() => ann.of("connected").length === restarts + 1);
      house.faults.restartService({ sockets: restarts++ % 2 === 0 ? "close" : "cut" });
    }
    store.lines.push({ id });
    house.hub.sendToGroup("room", { id });
    if (id % 25 === 0) await setImmediate();
  }
  await until(() => room.complete && shown.length >= MESSAGES);

  expect(restarts).toBe(RESTARTS);
  expect(shown).toEqual(Array.from({ length: MESSAGES }, (_, id) => id));
  expect(gaps.length).toBeGreaterThan(0);
  expect(gaps.every(({ filled, messages }) => filled && messages.length === 0)).toBe(true);
});
