import {
  WebPubSubClient,
  type Gap,
  type GroupMessage,
  type HistoryQuery,
  type StoredMessage,
} from "web-pubsub-client";
import { Random } from "../plans/random.js";
import { settle } from "../../unit/support/virtualWorld.js";
import { Service } from "./service.js";

const GROUP = "room";
const LIMIT = 5;

/** How the store answers. */
type Mood = "well" | "slow" | "failing" | "nonsense" | "silent";

/** What was shown since a subscription began, and what was told of its gaps. */
interface Shown {
  /** How many messages there were before those for whose predecessors the store was asked last: later ones are owed. */
  begin: number;
  /** With what was told late, where it belongs. */
  readonly list: GroupMessage<string>[];
  readonly given: GroupMessage<string>[];
  readonly gaps: Gap<string>[];
  /** The store was asked when it wasn't well. */
  isTroubled: boolean;
}

/**
 * One run: a room whose messages stand in a store, and a client with history in it; connections break, the service
 * restarts, refuses joins, and the store answers late, wrongly or not at all. Then all trouble ends.
 * @returns what was wrong; undefined: nothing
 */
export async function run(
  seed: number,
  trace: (line: string) => void = () => {},
): Promise<string | undefined> {
  const random = new Random(seed);
  const service = new Service();
  const texts: string[] = [];
  let mood: Mood = "well";
  let violation: string | undefined;
  const tell = (line: string): void => trace(`${service.now() - 1_000_000} ms  ${line}`);
  const fail = (why: string): void => {
    tell(`BROKEN: ${why}`);
    violation ??= why;
  };

  function page({ after, before, limit }: HistoryQuery<string>): StoredMessage<string>[] {
    const list = after
      ? texts.slice(texts.indexOf(after.data) + 1).slice(0, limit)
      : texts.slice(0, before && texts.indexOf(before.data)).slice(-limit);
    return list.map((data) => ({ data }));
  }

  function load(query: HistoryQuery<string>): StoredMessage<string>[] | Promise<StoredMessage<string>[]> {
    const { after, before, limit } = query;
    tell(`load: after ${after?.data}, before ${before?.data}, ${limit}; the store is ${mood}`);
    if (after && before) fail("a query asks for two sides");
    if (shown) shown.isTroubled ||= mood !== "well";
    if (!after && shown) shown.begin = before ? texts.indexOf(before.data) : texts.length;
    if (mood === "nonsense") return [{}] as never;
    if (mood === "silent") return new Promise(() => {});
    const isLate = random.chance(0.5);
    const delay = mood === "slow" ? random.between(0, 14_000) : random.between(0, 300);
    const fails = mood === "failing" && random.chance(0.7);
    const early = isLate ? undefined : page(query);
    return new Promise((resolve, reject) => {
      service.setTimer(() => {
        tell(`  answers ${fails ? "an error" : ""}`);
        if (fails) reject(new Error("no store"));
        else resolve(early ?? page(query));
      }, delay);
    });
  }

  const client = new WebPubSubClient("wss://host/client/hubs/chat?access_token=x", {
    environment: Object.assign(service, { random: () => random.next() }),
    releaseDelayInMs: random.pick([0, 1_000]),
  });
  const initial = random.pick([LIMIT, 0, 2, 10]);
  const room = client.group<string>(GROUP, {
    history: { key: ({ data }) => data, load, limit: LIMIT, initial },
  });
  let shown: Shown | undefined;
  let end: (() => void) | undefined;
  room.onGap((gap) => {
    const { from, to, filled, messages, error, count } = gap;
    const late = messages.map(({ data }) => data).join();
    tell(
      `gap ${from?.data}..${to?.data} +${late} ${count} ${filled ? "filled" : (error?.message ?? "open")}`,
    );
    if (shown === undefined) return fail("a gap is told without a subscriber");
    shown.gaps.push(gap);
    if (messages.length === 0) return;
    if (from && !shown.isTroubled) fail("what was missed is told late, although the store has answered well");
    const at = to ? shown.list.indexOf(to) : -1;
    if (at < 0) return fail("messages are told late, but nothing has come before them");
    shown.list.splice(at, 0, ...messages);
  });

  function subscribe(): void {
    if (end) return;
    const current: Shown = { begin: texts.length, list: [], given: [], gaps: [], isTroubled: false };
    shown = current;
    tell("subscribes");
    end = room.subscribe((message) => {
      tell(`shows ${message.data} (${message.key})`);
      current.list.push(message);
      current.given.push(message);
      if (shown !== current) fail("a subscription that has ended goes on");
    });
  }

  /** What must hold at any time. */
  function check({ given, list }: Shown): void {
    const places = given.map(({ data }) => texts.indexOf(data));
    for (const [at, place] of places.entries())
      if (at > 0 && place <= (places[at - 1] as number))
        fail(`${texts[place]} was shown after ${texts[places[at - 1] as number]}`);
    if (new Set(list.map(({ data }) => data)).size < list.length) fail("a message was shown twice");
    if (new Set(list.map(({ key }) => key)).size < list.length) fail("two messages have one key");
    if (given.some(({ key }, at) => at > 0 && key <= (given[at - 1] as GroupMessage<string>).key))
      fail("the keys don't rise");
  }

  /** After the last trouble: everything since the subscription is there, or an open end was told. */
  function checkEnd({ begin, list, gaps }: Shown): void {
    if (list.length === 0) return texts.length > begin ? fail("nothing is shown") : undefined;
    const first = texts.indexOf((list[0] as GroupMessage<string>).data);
    if (first > begin && !isOpen(gaps))
      fail(`${texts[begin]} is missing: the first one shown is ${texts[first]}`);
    if (isOpen(gaps)) return;
    for (const [at, { data }] of list.entries())
      if (data !== texts[first + at]) return fail(`${data} is shown where ${texts[first + at]} belongs`);
    if (first + list.length < texts.length) fail(`${texts[first + list.length]} is missing at the end`);
  }

  /** Everything was loaded, or an open end told. */
  function checkComplete({ gaps }: Shown): void {
    if (!room.complete && !isOpen(gaps)) fail("not everything is there at the end");
    if (room.complete && isOpen(gaps)) fail("a gap that can't be filled counts as complete");
  }

  function publish(): void {
    const text = `m${texts.length + 1}`;
    texts.push(text);
    // The store has it before it is sent; all that is sent keeps its order.
    service.setTimer(() => service.publish(GROUP, text), 30);
  }

  const steps: (() => unknown)[] = [
    publish,
    publish,
    publish,
    () => {
      for (let left = random.pick([1, 3, 12, 70]); left > 0; left--) publish();
    },
    () => service.restart(),
    () => service.drop(),
    () => void (service.refusals = 1),
    () => void (mood = random.pick(["slow", "failing", "nonsense", "silent"])),
    () => void (mood = "well"),
    () => subscribe(),
    () => {
      if (!random.chance(0.3)) return;
      tell("unsubscribes");
      end?.();
      end = shown = undefined;
    },
    async () => {
      if (!random.chance(0.3)) return;
      tell("stops and starts");
      await client.stop();
      await client.start({ keepTrying: true }).catch(() => {});
    },
  ];
  if (random.chance(0.7)) subscribe();
  client.start({ keepTrying: true }).catch(() => {});
  for (let left = random.between(5, 40); left > 0; left--) {
    const step = random.pick(steps);
    tell(`step ${steps.indexOf(step)}`);
    void step();
    await service.pass(random.pick([0, 50, 400, 3_000, 12_000]));
    if (shown) check(shown);
    if (violation) return violation;
  }
  mood = "well";
  service.refusals = 0;
  await service.pass(60_000);
  if (shown && room.status === "joined") checkComplete(shown);
  // A refused group is asked for again on a new connection only.
  service.restart();
  subscribe();
  await service.pass(120_000);
  publish();
  await service.pass(60_000);
  if (shown) {
    check(shown);
    checkComplete(shown);
    checkEnd(shown);
  }
  end?.();
  void client.stop();
  await service.pass(60_000);
  await settle();
  if (room.recent.length > 0 || room.complete) fail("something is kept without subscribers");
  return violation;
}

/** A gap whose last word is that it can't be filled. */
function isOpen(gaps: readonly Gap<string>[]): boolean {
  const last = new Map(gaps.map((gap) => [gap.from, gap]));
  return [...last.values()].some(({ filled, error }) => !filled && error === undefined);
}
