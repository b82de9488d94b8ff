import { describe, expect, test } from "vitest";
import {
  createApp,
  defineComponent,
  effectScope,
  h,
  KeepAlive,
  nextTick,
  ref,
  Suspense,
  Teleport,
  version,
  watch,
} from "vue";
import { useGroup, useGroupMessages, useServerMessage, WebPubSubPlugin } from "web-pubsub-client/vue";
import { z } from "zod";
import { eventually } from "./support/room.js";
import { beside, Log, logs, Status, statuses, usePage } from "./support/vuePage.js";

const page = usePage();
const { service } = page;

describe(`groups on Vue ${version}`, () => {
  test("one socket and one join for two components; each gets everything, until the last has gone", async () => {
    const both = ref(true);
    const here = ref(true);
    const wrapper = page.show(
      defineComponent(
        () => () => h("div", here.value ? [h(Status), h(Log), both.value ? h(Log) : null] : "nobody"),
      ),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.publish("room", "to both");
    await eventually(() => expect(logs(wrapper)).toEqual([["to both"], ["to both"]]));
    both.value = false;
    await nextTick();
    service.publish("room", "to one");
    await eventually(() => expect(logs(wrapper)).toEqual([["to both", "to one"]]));
    expect(["opened", "joinGroup room"].map((each) => service.count(each))).toEqual([1, 1]);
    here.value = false;
    await eventually(() => expect(service.members("room")).toBe(0));
    expect(service.connections()).toBe(1);
  });

  test("a refused join reaches every component", async () => {
    page.url = await service.url({ roles: [] });
    const wrapper = page.show(beside(Status, Status));
    await eventually(() =>
      expect(statuses(wrapper)).toEqual(["refused (SendMessageError)", "refused (SendMessageError)"]),
    );
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("another group name: the old group is left, the new one joined, and the log begins anew", async () => {
    const group = ref("a");
    const sent: unknown[] = [];
    const wrapper = page.show(
      defineComponent(() => {
        const { send } = useGroup(group, ({ data }) => sent.push(data));
        return () =>
          h("div", [
            h(Status, { group: group.value }),
            h(Log, { group: group.value }),
            h("button", { onClick: () => void send(`to ${group.value}`) }),
          ]);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.publish("a", "in a");
    await eventually(() => expect(logs(wrapper)).toEqual([["in a"]]));
    group.value = "b";
    await nextTick();
    expect(logs(wrapper)).toEqual([[]]);
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    await eventually(() => expect(service.groups()).toEqual(["b"]));
    service.publish("a", "too late");
    await wrapper.find("button").trigger("click");
    await eventually(() => expect(logs(wrapper)).toEqual([["to b"]]));
    expect(sent).toEqual(["in a", "to b"]);
  });

  test("a handler that unmounts another component: that one isn't called any more", async () => {
    const seen: string[] = [];
    const both = ref(true);
    const One = defineComponent(() => {
      useGroup<string>("room", async ({ data }) => {
        seen.push(`one ${data}`);
        if (data === "go") both.value = false;
      });
      return () => h("i");
    });
    const Two = defineComponent(() => {
      const scope = effectScope();
      scope.run(() => useGroup<string>("room", ({ data }) => seen.push(`two ${data}`)));
      watch(both, () => scope.stop(), { flush: "sync" });
      return () => h("i");
    });
    const wrapper = page.show(
      defineComponent(() => () => h("div", [h(One), both.value ? h(Two) : null, h(Status)])),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    for (const text of ["stay", "go", "on"]) service.publish("room", text);
    await eventually(() => expect(seen).toContain("one on"));
    expect(seen).toEqual(["one stay", "two stay", "one go", "one on"]);
  });

  test("two hundred groups at once, each joined once", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `room ${i}`);
    const wrapper = page.show(
      defineComponent(
        () => () =>
          h(
            "div",
            names.map((group) => h(Status, { group })),
          ),
      ),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(names.map(() => "joined")));
    expect(names.map((group) => service.count(`joinGroup ${group}`))).toEqual(names.map(() => 1));
    expect(service.count("opened")).toBe(1);
  });

  test("in Suspense and Teleport: subscribed once the page shows it, until it is gone", async () => {
    let arrive = (): void => {};
    const arrival = new Promise<void>((resolve) => (arrive = resolve));
    const Late = defineComponent({
      async setup() {
        const messages = useGroupMessages<string>("room");
        await arrival;
        return () => h(Teleport, { to: "body" }, h("output", messages.value.map(({ data }) => data).join()));
      },
    });
    const here = ref(true);
    const wrapper = page.show(
      defineComponent(
        () => () =>
          h("div", [
            here.value
              ? h(Suspense, null, { default: () => h(Late), fallback: () => "loading" })
              : h("i", "gone"),
          ]),
      ),
    );
    await eventually(() => expect(service.connections()).toBe(1));
    expect(wrapper.text()).toBe("loading");
    expect(service.members("room")).toBe(0);
    arrive();
    await eventually(() => expect(service.members("room")).toBe(1));
    service.publish("room", "hello");
    await eventually(() => expect(document.querySelector("output")?.textContent).toBe("hello"));
    here.value = false;
    await eventually(() => expect(service.members("room")).toBe(0));
    expect(document.querySelector("output")).toBeNull();
  });

  test("a log keeps the newest; messages of the server arrive", async () => {
    const fromServer: unknown[] = [];
    const wrapper = page.show(
      defineComponent(() => {
        useServerMessage(({ data }) => fromServer.push(data));
        return () => h("div", [h(Status), h(Log, { limit: 2 }), h(Log, { limit: 0 })]);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    for (const text of ["1", "2", "3"]) service.publish("room", text);
    service.emulator.hub("chat").sendToAll("all");
    await eventually(() => expect(logs(wrapper)).toEqual([["2", "3"], []]));
    await eventually(() => expect(fromServer).toEqual(["all"]));
    page.dispose(wrapper);
    service.emulator.hub("chat").sendToAll("too late");
    await eventually(() => expect(service.connections()).toBe(0));
    expect(fromServer).toEqual(["all"]);
  });

  test("a scope inside of a component ends its own subscription", async () => {
    const scope = effectScope(true);
    const seen: unknown[] = [];
    const wrapper = page.show(
      defineComponent(() => {
        scope.run(() => useGroup("scoped", ({ data }) => seen.push(data)));
        return () => h(Status);
      }),
    );
    await eventually(() => expect(service.members("scoped")).toBe(1));
    scope.stop();
    await eventually(() => expect(service.groups()).toEqual(["room"]));
    expect(statuses(wrapper)).toEqual(["joined"]);
  });

  test("outside of components, as in a store, a scope subscribes at once and ends with its disposal", async () => {
    const app = createApp(Status).use(WebPubSubPlugin, { url: page.url, options: page.options });
    app.mount(document.createElement("div"));
    const scope = effectScope();
    const view = app.runWithContext(() => scope.run(() => useGroup("store")));
    await eventually(() => expect(view?.status.value).toBe("joined"));
    scope.stop();
    await eventually(() => expect(service.members("store")).toBe(0));
    app.unmount();
  });

  test("a scope that ends before the component is mounted subscribes to nothing", async () => {
    const wrapper = page.show(
      defineComponent(() => {
        const scope = effectScope();
        scope.run(() => useGroup("never"));
        scope.stop();
        return () => h(Status);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("a component that is kept alive stays subscribed", async () => {
    const here = ref(true);
    const wrapper = page.show(
      defineComponent(
        () => () => h(KeepAlive, null, { default: () => (here.value ? h(Log) : h(Status, { group: "b" })) }),
      ),
    );
    await eventually(() => expect(service.members("room")).toBe(1));
    here.value = false;
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.publish("room", "meanwhile");
    service.publish("b", "x");
    here.value = true;
    await eventually(() => expect(logs(wrapper)).toEqual([["meanwhile"]]));
    expect(service.members("room")).toBe(1);
  });

  test("a schema types what arrives; what doesn't fit goes to its own handler", async () => {
    const schema = z.object({ text: z.string() });
    const seen: unknown[] = [];
    const wrapper = page.show(
      defineComponent(() => {
        useGroup("room", ({ data }) => seen.push(data.text.length), {
          schema,
          onInvalidMessage: ({ groupMessage }) => seen.push(groupMessage.data),
        });
        return () => h(Status);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.publish("room", "bare");
    service.publish("room", { text: "four" });
    await eventually(() => expect(seen).toEqual(["bare", 4]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });
});
