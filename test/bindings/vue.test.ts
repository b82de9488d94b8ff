import { mount, type VueWrapper } from "@vue/test-utils";
import { type } from "arktype";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  createApp,
  createSSRApp,
  defineComponent,
  effectScope,
  h,
  KeepAlive,
  nextTick,
  onMounted,
  reactive,
  ref,
  Suspense,
  Teleport,
  version,
  watch,
  type App,
  type Component,
} from "vue";
import { renderToString } from "vue/server-renderer";
import type {
  ConnectionInfo,
  GroupContent,
  GroupMessage,
  GroupState,
  GroupStateRecord,
  GroupStatus,
  GroupStreamView,
  GroupStreamWriter,
  InvalidMessageError,
  ServerDataMessage,
  WebPubSubClient,
  WebPubSubClientOptions,
  WebPubSubResult,
} from "web-pubsub-client";
import {
  useConnection,
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  useServerMessage,
  useWebPubSubClient,
  WebPubSubPlugin,
  type GroupStreamsView,
  type GroupView,
} from "web-pubsub-client/vue";
import * as v from "valibot";
import { z } from "zod";
import { eventually, releaseDelayInMs, useEmulator } from "./support/room.js";
import { spySockets } from "./support/spySocket.js";

const service = useEmulator();
let url: string;
let spy: ReturnType<typeof spySockets>;
let options: WebPubSubClientOptions;
const mounted: VueWrapper[] = [];

// Vue tells of mistakes (mismatches on hydration, wrong scopes) by console.warn.
const complaints = vi.spyOn(console, "warn");

beforeEach(async () => {
  url = await service.url();
  spy = spySockets();
  options = { releaseDelayInMs, environment: spy.environment };
  complaints.mockClear();
});
afterEach(async () => {
  for (const wrapper of mounted.splice(0)) wrapper.unmount();
  expect(complaints.mock.calls).toEqual([]);
  await eventually(() => expect(service.connections()).toBe(0));
});

/** Mounts a component in an application with the plugin. */
function show(component: Component): VueWrapper {
  const root = defineComponent(() => () => h(component));
  const wrapper = mount(root, { global: { plugins: [[WebPubSubPlugin, { url, options }]] } });
  mounted.push(wrapper);
  return wrapper;
}

function dispose(wrapper: VueWrapper): void {
  mounted.splice(mounted.indexOf(wrapper), 1);
  wrapper.unmount();
}

const Status = defineComponent({
  props: { group: { type: String, default: "room" } },
  setup(props) {
    const { status, error } = useGroup(() => props.group);
    return () => h("p", `${status.value}${error.value ? ` (${error.value.name})` : ""}`);
  },
});

const Log = defineComponent({
  props: { group: { type: String, default: "room" }, limit: { type: Number, default: undefined } },
  setup(props) {
    const messages = useGroupMessages<string>(() => props.group, { limit: props.limit });
    return () =>
      h(
        "ol",
        messages.value.map(({ key, data }) => h("li", { key }, data)),
      );
  },
});

const statuses = (wrapper: VueWrapper): string[] => wrapper.findAll("p").map((each) => each.text());
const logs = (wrapper: VueWrapper): string[][] =>
  wrapper.findAll("ol").map((list) => list.findAll("li").map((each) => each.text()));
const page = (...children: Component[]) =>
  defineComponent(
    () => () =>
      h(
        "div",
        children.map((child) => h(child)),
      ),
  );

describe(`on Vue ${version}`, () => {
  test("this is the Vue that the run is for", () => {
    expect(version.startsWith(process.env["VUE_MINOR"] ?? "3.5")).toBe(true);
  });

  test("the three lines of the README work as written", async () => {
    const Room = defineComponent(() => {
      const { send } = useGroup("room");
      const messages = useGroupMessages("room");
      return () => h("button", { onClick: () => void send("hello") }, `${messages.value.length} messages`);
    });
    const container = document.createElement("div");
    const app = createApp(Room).use(WebPubSubPlugin, { url });
    app.mount(container);
    await eventually(() => expect(service.members("room")).toBe(1));
    container.querySelector("button")?.click();
    await eventually(() => expect(container.textContent).toBe("1 messages"));
    app.unmount();
    // Left to the default of one second.
    await eventually(() => expect(service.connections()).toBe(0));
  });

  test("one socket and one join for two components; each gets everything, until the last has gone", async () => {
    const both = ref(true);
    const here = ref(true);
    const wrapper = show(
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

  test("nothing connects on a server, and hydration takes its markup over", async () => {
    const Room = defineComponent(() => {
      const connection = useConnection();
      const { status } = useGroup("room");
      const messages = useGroupMessages("room");
      useServerMessage(() => {});
      return () => h("p", `${connection.value.state}/${status.value}/${messages.value.length}`);
    });
    const make = (): App => createSSRApp(Room).use(WebPubSubPlugin, { url, options });
    const container = document.createElement("div");
    container.innerHTML = await renderToString(make());
    expect(container.textContent).toBe("Stopped/idle/0");
    expect(spy.sockets).toHaveLength(0);
    const app = make();
    app.mount(container);
    await eventually(() => expect(container.textContent).toBe("Connected/joined/0"));
    expect(spy.sockets).toHaveLength(1);
    app.unmount();
  });

  test("unmounted while connecting: the attempt is given up and nothing is left", async () => {
    service.emulator.faults.refuseUpgrades({ with: "hang" });
    const wrapper = show(Status);
    await eventually(() => expect(spy.sockets).toHaveLength(1));
    dispose(wrapper);
    await eventually(() => expect(spy.sockets[0]?.readyState).toBe(3));
    service.emulator.faults.reset();
    expect(spy.sockets).toHaveLength(1);
  });

  test("a first attempt that fails is followed by others; the page is told", async () => {
    service.emulator.faults.refuseUpgrades({ with: 503, times: 1 });
    options = { ...options, reconnectRetryOptions: { retryDelayInMs: 100 } };
    const seen: string[] = [];
    const wrapper = show(
      defineComponent(() => {
        const connection = useConnection();
        return () => {
          const { state, error, attempt, nextAttemptAt } = connection.value;
          seen.push(
            `${state} ${error?.name ?? "fine"} ${attempt ?? "-"} ${nextAttemptAt === undefined ? "" : "waiting"}`,
          );
          return h(Status);
        };
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    expect(seen).toEqual([
      "Stopped fine - ",
      "Connecting fine 1 ",
      "Disconnected ConnectionError 2 waiting",
      "Connecting ConnectionError 2 ",
      "Connected fine - ",
    ]);
  });

  test("a component mounted anew (hot reload) finds its group joined and its connection standing", async () => {
    const key = ref(0);
    // What hot reload does: the same place, another component.
    const versions = [page(Status, Log), page(Status, Log)];
    const wrapper = show(defineComponent(() => () => h(versions[key.value] ?? Status, { key: key.value })));
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    key.value = 1;
    await nextTick();
    await nextTick();
    expect(statuses(wrapper)).toEqual(["joined"]);
    service.publish("room", "still here");
    await eventually(() => expect(logs(wrapper)).toEqual([["still here"]]));
    expect([spy.sockets.length, spy.groups("joinGroup"), spy.groups("leaveGroup")]).toEqual([
      1,
      ["room"],
      [],
    ]);
  });

  test("a client of yours is neither started nor stopped", async () => {
    const client = await service.client({ environment: spy.environment });
    let found: WebPubSubClient | undefined;
    const wrapper = mount(
      defineComponent(() => {
        found = useWebPubSubClient();
        return () => h(Status);
      }),
      { global: { plugins: [[WebPubSubPlugin, { client }]] } },
    );
    await nextTick();
    expect(found).toBe(client);
    expect([statuses(wrapper), client.state]).toEqual([["waiting"], "Stopped"]);
    // Not wrapped in a proxy even where somebody makes it reactive.
    expect(reactive({ client }).client).toBe(client);
    await client.start();
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    wrapper.unmount();
    await eventually(() => expect(spy.groups("leaveGroup")).toEqual(["room"]));
    expect(client.state).toBe("Connected");
    await client.stop();
  });

  test("a refused join reaches every component", async () => {
    url = await service.url({ roles: [] });
    const wrapper = show(page(Status, Status));
    await eventually(() =>
      expect(statuses(wrapper)).toEqual(["refused (SendMessageError)", "refused (SendMessageError)"]),
    );
    expect(spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("another group name: the old group is left, the new one joined, and the log begins anew", async () => {
    const group = ref("a");
    const sent: unknown[] = [];
    const wrapper = show(
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

  test("reconnects under mounted components: recovery loses nothing, a new connection joins again", async () => {
    const states: string[] = [];
    const States = defineComponent(() => {
      const connection = useConnection();
      return () => {
        states.push(connection.value.state);
        return h("i");
      };
    });
    const wrapper = show(page(States, Status, Log));
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.emulator.faults.cutTransports();
    service.publish("room", "in the gap");
    await eventually(() => expect(logs(wrapper)).toEqual([["in the gap"]]));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(spy.groups("joinGroup")).toEqual(["room", "room"]));
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.publish("room", "anew");
    await eventually(() => expect(logs(wrapper)).toEqual([["in the gap", "anew"]]));
    expect(states).toContain("Recovering");
    expect(states.at(-1)).toBe("Connected");
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
    const wrapper = show(
      defineComponent(() => () => h("div", [h(One), both.value ? h(Two) : null, h(Status)])),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    for (const text of ["stay", "go", "on"]) service.publish("room", text);
    await eventually(() => expect(seen).toContain("one on"));
    expect(seen).toEqual(["one stay", "two stay", "one go", "one on"]);
  });

  test("two hundred groups at once, each joined once", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `room ${i}`);
    const wrapper = show(
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
    const wrapper = show(
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
    const wrapper = show(
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
    dispose(wrapper);
    service.emulator.hub("chat").sendToAll("too late");
    await eventually(() => expect(service.connections()).toBe(0));
    expect(fromServer).toEqual(["all"]);
  });

  test("a scope inside of a component ends its own subscription", async () => {
    const scope = effectScope(true);
    const seen: unknown[] = [];
    const wrapper = show(
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
    const app = createApp(Status).use(WebPubSubPlugin, { url, options });
    app.mount(document.createElement("div"));
    const scope = effectScope();
    const view = app.runWithContext(() => scope.run(() => useGroup("store")));
    await eventually(() => expect(view?.status.value).toBe("joined"));
    scope.stop();
    await eventually(() => expect(service.members("store")).toBe(0));
    app.unmount();
  });

  test("a scope that ends before the component is mounted subscribes to nothing", async () => {
    const wrapper = show(
      defineComponent(() => {
        const scope = effectScope();
        scope.run(() => useGroup("never"));
        scope.stop();
        return () => h(Status);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("a component that is kept alive stays subscribed", async () => {
    const here = ref(true);
    const wrapper = show(
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

  test("what a component sends when it is mounted waits for the connection and is sent", async () => {
    const wrapper = show(
      defineComponent(() => {
        const { send } = useGroup("room");
        onMounted(() => send("hello"));
        return () => h(Log);
      }),
    );
    await eventually(() => expect(logs(wrapper)).toEqual([["hello"]]));
  });

  test("presence: what a component says when it is mounted reaches the others, until it has gone", async () => {
    const history: unknown[][] = [];
    const member = (name: string): Component =>
      defineComponent(() => {
        const { states, setState, error } = useGroupState("room");
        onMounted(() => setState({ name }));
        if (name === "ann") watch(states, (all) => history.push(all.map(({ state }) => state["name"])));
        const names = () => states.value.map((each) => each.state["name"]).sort();
        return () => h("p", names().join(" and ") + (error.value?.name ?? ""));
      });
    const ann = show(member("ann"));
    url = await service.url({ userId: "bob" });
    const bob = show(member("bob"));
    await eventually(() => expect(statuses(ann)).toEqual(["ann and bob"]));
    await eventually(() => expect(statuses(bob)).toEqual(["ann and bob"]));
    dispose(bob);
    await eventually(() => expect(statuses(ann)).toEqual(["ann"]));
    await eventually(() => expect(service.connections()).toBe(1));
    history.length = 0;
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(history.slice(-2)).toEqual([[], ["ann"]]));
    await eventually(() => expect(statuses(ann)).toEqual(["ann"]));
  });

  test("presence: a refused group is told", async () => {
    url = await service.url({ roles: [] });
    const wrapper = show(
      defineComponent(() => {
        const { states, error } = useGroupState(() => "room");
        return () => h("p", `${states.value.length} ${error.value?.name ?? ""}`);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["0 SendMessageError"]));
  });

  test("streams grow on the page, and another group begins anew", async () => {
    const group = ref("room");
    let open: GroupStreamsView["openStream"] | undefined;
    const wrapper = show(
      defineComponent(() => {
        const { streams, openStream } = useGroupStream(group, { limit: 2 });
        open = openStream;
        return () =>
          h("div", [
            h(
              "ol",
              streams.value.map(({ key, text, status }) => h("li", { key }, `${text} ${status}`)),
            ),
            h(Status, { group: group.value }),
          ]);
      }),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    const writer = await open?.();
    await writer?.write("wo");
    await eventually(() => expect(logs(wrapper)).toEqual([["wo open"]]));
    await writer?.write("rd");
    await writer?.end();
    await eventually(() => expect(logs(wrapper)).toEqual([["word ended"]]));
    group.value = "hall";
    await nextTick();
    expect(logs(wrapper)).toEqual([[]]);
    await eventually(() => expect(service.groups()).toEqual(["hall"]));
  });

  test("a credential is asked on every new connection", async () => {
    let asked = 0;
    const credential = {
      getClientAccessUrl: async () => {
        asked++;
        return url;
      },
    };
    const wrapper = mount(Status, { global: { plugins: [[WebPubSubPlugin, { credential, options }]] } });
    mounted.push(wrapper);
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(asked).toBe(2));
    await eventually(() => expect(service.members("room")).toBe(1));
  });

  test("a schema types what arrives; what doesn't fit goes to its own handler", async () => {
    const schema = z.object({ text: z.string() });
    const seen: unknown[] = [];
    const wrapper = show(
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
    expect(spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("without the plugin, or a plugin without a source, the error says what to do", () => {
    expect(() => useWebPubSubClient()).toThrow(/app\.use\(WebPubSubPlugin/);
    const nothing = {} as { url: string };
    expect(() => createApp(Status).use(WebPubSubPlugin, nothing)).toThrow(/client, a url or a credential/);
  });
});

test("types are inferred", () => {
  const schema = z.object({ at: z.string().transform((text) => new Date(text)) });
  const valibot = v.object({
    at: v.pipe(
      v.string(),
      v.transform((text) => new Date(text)),
    ),
  });
  const arktype = type({ at: "string.date.parse" });
  function types(): void {
    const plain = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<GroupContent>());
    expectTypeOf(plain.status.value).toEqualTypeOf<GroupStatus>();
    expectTypeOf(plain.error.value).toEqualTypeOf<Error | undefined>();
    expectTypeOf(plain.send).parameter(0).toEqualTypeOf<GroupContent>();
    expectTypeOf(plain.send).returns.resolves.toEqualTypeOf<WebPubSubResult>();
    const typed = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>(), {
      schema,
      onInvalidMessage: (error) => expectTypeOf(error).toEqualTypeOf<InvalidMessageError>(),
    });
    expectTypeOf(typed).toEqualTypeOf<GroupView<{ at: string }>>();
    expectTypeOf(typed.send).parameter(0).toEqualTypeOf<{ at: string }>();
    const withValibot = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>(), {
      schema: valibot,
    });
    expectTypeOf(withValibot.send).parameter(0).toEqualTypeOf<{ at: string }>();
    const withArktype = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>(), {
      schema: arktype,
    });
    expectTypeOf(withArktype.send).parameter(0).toEqualTypeOf<{ at: string }>();
    const trusted = useGroup<{ text: string }>(ref("room"), ({ data }) => data.text.trim());
    expectTypeOf(trusted.send).parameter(0).toEqualTypeOf<{ text: string }>();
    useGroup("room", (message: GroupMessage<number>) => message.data.toFixed());
    // @ts-expect-error: what is sent has the type of the group
    void (() => trusted.send({ text: 5 }));
    // @ts-expect-error: a name is needed
    useGroup();
    type Log<T> = readonly GroupMessage<T>[];
    expectTypeOf(useGroupMessages("room").value).toEqualTypeOf<Log<GroupContent>>();
    expectTypeOf(useGroupMessages<number>(() => "room", { limit: 5 }).value).toEqualTypeOf<Log<number>>();
    expectTypeOf(useGroupMessages("room", { schema }).value).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useGroupMessages("room", { schema: valibot }).value).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useGroupMessages("room", { schema: arktype }).value).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useWebPubSubClient()).toEqualTypeOf<WebPubSubClient>();
    expectTypeOf(useConnection().value).toEqualTypeOf<ConnectionInfo>();
    useServerMessage((message) => expectTypeOf(message).toEqualTypeOf<ServerDataMessage>());
    const presence = useGroupState("room");
    expectTypeOf(presence.states.value).toEqualTypeOf<readonly GroupStateRecord[]>();
    expectTypeOf(presence.error.value).toEqualTypeOf<Error | undefined>();
    expectTypeOf(presence.setState).parameter(0).toEqualTypeOf<GroupState | undefined>();
    const streams = useGroupStream("room", { limit: 3 });
    expectTypeOf(streams.streams.value).toEqualTypeOf<readonly GroupStreamView[]>();
    expectTypeOf(streams.openStream).returns.resolves.toEqualTypeOf<GroupStreamWriter>();
    // @ts-expect-error: views are read only
    trusted.status.value = "joined";
    // @ts-expect-error: an application has one source
    createApp(Status).use(WebPubSubPlugin, { url: "", credential: { getClientAccessUrl: "" } });
    // @ts-expect-error: and needs one
    createApp(Status).use(WebPubSubPlugin);
  }
  expect(types).toBeTypeOf("function");
});
