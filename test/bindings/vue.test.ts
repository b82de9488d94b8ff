import { type } from "arktype";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { VueWrapper } from "@vue/test-utils";
import { createApp, defineComponent, h, nextTick, onMounted, ref, version, watch, type Component } from "vue";
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
  CoreClient,
  WebPubSubClient,
  WebPubSubResult,
} from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf/core";
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
import { eventually } from "./support/room.js";
import { Log, logs, Status, statuses, usePage } from "./support/vuePage.js";

const page = usePage();
const { service } = page;

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
    const app = createApp(Room).use(WebPubSubPlugin, { url: page.url });
    app.mount(container);
    await eventually(() => expect(service.members("room")).toBe(1));
    container.querySelector("button")?.click();
    await eventually(() => expect(container.textContent).toBe("1 messages"));
    app.unmount();
    // Left to the default of one second.
    await eventually(() => expect(service.connections()).toBe(0));
  });

  test("what a component sends when it is mounted waits for the connection and is sent", async () => {
    const wrapper = page.show(
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
    const ann = page.show(member("ann"));
    page.url = await service.url({ userId: "bob" });
    const bob = page.show(member("bob"));
    await eventually(() => expect(statuses(ann)).toEqual(["ann and bob"]));
    await eventually(() => expect(statuses(bob)).toEqual(["ann and bob"]));
    page.dispose(bob);
    await eventually(() => expect(statuses(ann)).toEqual(["ann"]));
    await eventually(() => expect(service.connections()).toBe(1));
    history.length = 0;
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(history.slice(-2)).toEqual([[], ["ann"]]));
    await eventually(() => expect(statuses(ann)).toEqual(["ann"]));
  });

  test("presence: a refused group is told", async () => {
    page.url = await service.url({ roles: [] });
    const wrapper = page.show(
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
    const wrapper = page.show(
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

  test("streams: a protocol without them and a refused group are told, and the page lives", async () => {
    const unspied = page.options;
    const group = ref("room");
    const Streams = defineComponent(() => {
      const { streams, error } = useGroupStream(group);
      return () => h("b", `${streams.value.length} ${error.value?.name} ${error.value?.message}`);
    });
    const told = (wrapper: VueWrapper): string => wrapper.get("b").text();
    page.options = { ...unspied, protocol: WebPubSubProtobufReliableProtocol() };
    const streamless = page.show(Streams);
    await eventually(() => expect(service.groups()).toEqual(["room"]));
    expect(told(streamless)).toMatch(/^0 TypeError .*protobuf/);
    group.value = "hall";
    await eventually(() => expect(service.groups()).toEqual(["hall"]));
    expect(told(streamless)).toMatch(/^0 TypeError .*protobuf/);
    page.options = unspied;
    const json = page.show(Streams);
    await eventually(() => expect(service.members("hall")).toBe(2));
    expect(told(json)).toBe("0 undefined undefined");
    page.url = await service.url({ roles: [] });
    const refused = page.show(Streams);
    await eventually(() => expect(told(refused)).toMatch(/^0 SendMessageError/));
  });

  test("without the plugin, or a plugin without a source, the error says what to do", () => {
    expect(() => useWebPubSubClient()).toThrow(/app\.use\(WebPubSubPlugin/);
    const nothing = {} as { url: string };
    expect(() => createApp(Status).use(WebPubSubPlugin, nothing)).toThrow(
      /client, create, a url or a credential/,
    );
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
    expectTypeOf(useWebPubSubClient()).toEqualTypeOf<CoreClient>();
    expectTypeOf(useWebPubSubClient<WebPubSubClient>()).toEqualTypeOf<WebPubSubClient>();
    expectTypeOf(useConnection().value).toEqualTypeOf<ConnectionInfo>();
    useServerMessage((message) => expectTypeOf(message).toEqualTypeOf<ServerDataMessage>());
    const presence = useGroupState("room");
    expectTypeOf(presence.states.value).toEqualTypeOf<readonly GroupStateRecord[]>();
    expectTypeOf(presence.error.value).toEqualTypeOf<Error | undefined>();
    expectTypeOf(presence.setState).parameter(0).toEqualTypeOf<GroupState | undefined>();
    const streams = useGroupStream("room", { limit: 3 });
    expectTypeOf(streams.streams.value).toEqualTypeOf<readonly GroupStreamView[]>();
    expectTypeOf(streams.error.value).toEqualTypeOf<Error | undefined>();
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
