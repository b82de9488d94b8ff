import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import { useGroupMessages, type GroupHistoryView, type MaybeGetter } from "web-pubsub-client/svelte";
import { HistoryStore } from "../helpers/historyStore.js";
import { eventually } from "./support/room.js";
import { state, usePage, version, type Setup } from "./support/sveltePage.js";

const page = usePage();
const { service } = page;

/** The view of the component that was initialised last. */
let view: GroupHistoryView<string>;

/** The log of a room with history, and whether it is complete. */
const filled =
  (store: HistoryStore, limit?: number, group: MaybeGetter<string> = "room"): Setup =>
  () => {
    const room = useGroupMessages<string>(group, { history: store.options, limit });
    view = room;
    return () => `${room.messages.map(({ data }) => data).join("")} ${room.complete}`;
  };

/** The store gets it, then the group. */
function publish(store: HistoryStore, ...texts: string[]): void {
  for (const text of texts) {
    store.add(text);
    service.publish("room", text);
  }
}

describe(`history on Svelte ${version}`, () => {
  test("shows what the store has, then what is received, and what a restart of the service has hidden", async () => {
    const store = new HistoryStore().add("a", "b");
    page.options = { ...page.options, environment: { ...page.spy.environment, random: () => 0 } };
    const shown = page.show(filled(store));
    expect(shown.texts()).toEqual([" false"]);
    await eventually(() => expect(shown.texts()).toEqual(["ab true"]));
    publish(store, "c");
    await eventually(() => expect(shown.texts()).toEqual(["abc true"]));

    service.emulator.faults.restartService();
    store.add("d", "e");
    await eventually(() => expect(shown.texts()).toEqual(["abcde true"]));
  });

  test("a component that comes later shows what the others show", async () => {
    const store = new HistoryStore().add("a");
    const [first, second] = [filled(store), filled(store, 1)];
    const shown = page.show(first);
    await eventually(() => expect(shown.texts()).toEqual(["a true"]));
    publish(store, "b");
    await eventually(() => expect(shown.texts()).toEqual(["ab true"]));
    shown.change(first, second);
    await eventually(() => expect(shown.texts()).toEqual(["ab true", "b true"]));
    expect(store.asked).toEqual(["newest 3"]);
  });

  test("`loadOlder` puts a page in front, and the list may be longer by that", async () => {
    const store = new HistoryStore(2).add("a", "b", "c", "d", "e");
    const shown = page.show(filled(store, 2));
    await eventually(() => expect(shown.texts()).toEqual(["de true"]));
    expect((await view.loadOlder()).map(({ data }) => data)).toEqual(["b", "c"]);
    await eventually(() => expect(shown.texts()).toEqual(["bcde true"]));
    publish(store, "f");
    await eventually(() => expect(shown.texts()).toEqual(["cdef true"]));
    await view.loadOlder();
    await eventually(() => expect(shown.texts()).toEqual(["abcdef true"]));
    expect(await view.loadOlder()).toEqual([]);
    expect(shown.texts()).toEqual(["abcdef true"]);
  });

  test("`loadOlder` that is called at once, and twice, brings nothing twice", async () => {
    const store = new HistoryStore(2).add("a", "b", "c", "d");
    const shown = page.show(filled(store, 2));
    await Promise.all([view.loadOlder(), view.loadOlder()]);
    await eventually(() => expect(shown.texts()).toEqual(["abcd true"]));
  });

  test("`loadOlder` that fails or brings nothing lets the list grow no longer", async () => {
    const store = new HistoryStore(2).add("a", "b");
    const shown = page.show(filled(store, 2));
    await eventually(() => expect(shown.texts()).toEqual(["ab true"]));
    expect(await view.loadOlder()).toEqual([]);
    store.fails("down");
    await expect(view.loadOlder()).rejects.toThrow("down");
    publish(store, "c", "d", "e");
    await eventually(() => expect(shown.texts()).toEqual(["de true"]));
  });

  test("what is loaded late stands where it belongs", async () => {
    const store = new HistoryStore().add("a", "b");
    store.fails("down");
    const load = store.later();
    page.options = { ...page.options, reconnectRetryOptions: { retryDelayInMs: 1 } };
    const shown = page.show(filled(store));
    await eventually(() => expect(store.asked).toHaveLength(2));
    publish(store, "c");
    await eventually(() => expect(shown.texts()).toEqual(["c false"]));
    load.answer();
    await eventually(() => expect(shown.texts()).toEqual(["abc true"]));
  });

  test("another group begins anew; what was asked for the old one is not shown", async () => {
    const store = new HistoryStore(2).add("a", "b", "c");
    const group = state("room");
    const shown = page.show(filled(store, undefined, () => group.current));
    await eventually(() => expect(shown.texts()).toEqual(["bc true"]));
    const load = store.later();
    const older = view.loadOlder();
    group.current = "hall";
    flushSync();
    expect(shown.texts()[0]).not.toContain("b");
    load.answer();
    await older;
    await eventually(() => expect(shown.texts()).toEqual(["bc true"]));
  });
});
