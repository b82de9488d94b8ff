import { describe, expect, expectTypeOf, test } from "vitest";
import { defineComponent, h, nextTick, ref, version, type ShallowRef } from "vue";
import type { GroupMessage } from "web-pubsub-client";
import { useGroupMessages } from "web-pubsub-client/vue";
import { HistoryStore } from "../helpers/historyStore.js";
import { eventually } from "./support/room.js";
import { logs, statuses, usePage } from "./support/vuePage.js";

const page = usePage();
const { service } = page;

/** The log of a room with history, and whether it is complete. */
const filled = (store: HistoryStore, limit?: number, group: () => string = () => "room") =>
  defineComponent(() => {
    const { messages, complete, loadOlder } = useGroupMessages<string>(group, {
      history: store.options,
      limit,
    });
    const count = ref<number>();
    const older = (): void => void loadOlder().then(({ length }) => (count.value = length));
    return () =>
      h("div", [
        h(
          "ol",
          messages.value.map(({ key, data }) => h("li", { key }, data)),
        ),
        h("p", String(complete.value)),
        h("button", { onClick: older }, String(count.value)),
      ]);
  });

/** The store gets it, then the group. */
function publish(store: HistoryStore, ...texts: string[]): void {
  for (const text of texts) {
    store.add(text);
    service.publish("room", text);
  }
}

describe(`history on Vue ${version}`, () => {
  test("shows what the store has, then what is received, and what a restart of the service has hidden", async () => {
    const store = new HistoryStore().add("a", "b");
    page.options = { ...page.options, environment: { ...page.spy.environment, random: () => 0 } };
    const wrapper = page.show(filled(store));
    expect(statuses(wrapper)).toEqual(["false"]);
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b"]]));
    await eventually(() => expect(statuses(wrapper)).toEqual(["true"]));
    publish(store, "c");
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b", "c"]]));

    service.emulator.faults.restartService();
    store.add("d", "e");
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b", "c", "d", "e"]]));
    await eventually(() => expect(statuses(wrapper)).toEqual(["true"]));
  });

  test("a component that comes later shows what the others show", async () => {
    const store = new HistoryStore().add("a");
    const both = ref(false);
    const [First, Second] = [filled(store), filled(store, 1)];
    const wrapper = page.show(
      defineComponent(() => () => h("div", [h(First), both.value ? h(Second) : null])),
    );
    await eventually(() => expect(logs(wrapper)).toEqual([["a"]]));
    publish(store, "b");
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b"]]));
    both.value = true;
    await nextTick();
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b"], ["b"]]));
    expect(store.asked).toEqual(["newest 3"]);
  });

  test("`loadOlder` puts a page in front, and the list may be longer by that", async () => {
    const store = new HistoryStore(2).add("a", "b", "c", "d", "e");
    const wrapper = page.show(filled(store, 2));
    await eventually(() => expect(logs(wrapper)).toEqual([["d", "e"]]));
    const older = () => wrapper.find("button").trigger("click");
    await older();
    await eventually(() => expect(logs(wrapper)).toEqual([["b", "c", "d", "e"]]));
    publish(store, "f");
    await eventually(() => expect(logs(wrapper)).toEqual([["c", "d", "e", "f"]]));
    await older();
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b", "c", "d", "e", "f"]]));
    await older();
    await eventually(() => expect(wrapper.find("button").text()).toBe("0"));
    expect(logs(wrapper)).toEqual([["a", "b", "c", "d", "e", "f"]]);
  });

  test("`loadOlder` that is called at once, and twice, brings nothing twice", async () => {
    const store = new HistoryStore(2).add("a", "b", "c", "d");
    const wrapper = page.show(filled(store, 2));
    await wrapper.find("button").trigger("click");
    await wrapper.find("button").trigger("click");
    await eventually(() => expect(wrapper.find("button").text()).toBe("2"));
    expect(logs(wrapper)).toEqual([["a", "b", "c", "d"]]);
  });

  test("`loadOlder` that brings nothing lets the list grow no longer", async () => {
    const store = new HistoryStore(2).add("a", "b");
    const wrapper = page.show(filled(store, 2));
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b"]]));
    await wrapper.find("button").trigger("click");
    await eventually(() => expect(wrapper.find("button").text()).toBe("0"));
    publish(store, "c", "d", "e");
    await eventually(() => expect(logs(wrapper)).toEqual([["d", "e"]]));
  });

  test("what is loaded late stands where it belongs", async () => {
    const store = new HistoryStore().add("a", "b");
    store.fails("down");
    const load = store.later();
    page.options = { ...page.options, reconnectRetryOptions: { retryDelayInMs: 1 } };
    const wrapper = page.show(filled(store));
    await eventually(() => expect(store.asked).toHaveLength(2));
    publish(store, "c");
    await eventually(() => expect(logs(wrapper)).toEqual([["c"]]));
    load.answer();
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b", "c"]]));
  });

  test("another group begins anew, and without history it is a list as before", async () => {
    const store = new HistoryStore().add("a");
    const group = ref("one");
    const wrapper = page.show(filled(store, undefined, () => group.value));
    await eventually(() => expect(logs(wrapper)).toEqual([["a"]]));
    store.add("b");
    group.value = "two";
    await nextTick();
    await eventually(() => expect(logs(wrapper)).toEqual([["a", "b"]]));

    page.show(
      defineComponent(() => {
        expectTypeOf(useGroupMessages<string>("room")).toEqualTypeOf<
          Readonly<ShallowRef<readonly GroupMessage<string>[]>>
        >();
        return () => null;
      }),
    );
  });
});
