import { mount, onMount, unmount } from "svelte";
import { fromStore, toStore } from "svelte/store";
import { describe, expect, expectTypeOf, test } from "vitest";
import type {
  ConnectionInfo,
  CoreClient,
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
  WebPubSubResult,
} from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf/core";
import {
  provideWebPubSubClient,
  useConnection,
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  useServerMessage,
  useWebPubSubClient,
  type Current,
  type GroupStreamsView,
  type GroupView,
} from "web-pubsub-client/svelte";
import { z } from "zod";
import Outer from "./support/Outer.svelte";
import Part from "./support/Part.svelte";
import { eventually } from "./support/room.js";
import { log, state, status, usePage, version, type Setup } from "./support/sveltePage.js";

const page = usePage();
const { service } = page;

describe(`on Svelte ${version}`, () => {
  test("what a component sends when it is mounted waits for the connection and is sent", async () => {
    const shown = page.show(() => {
      const { send } = useGroup("room");
      onMount(() => void send("hello"));
      return log()();
    });
    await eventually(() => expect(shown.texts()).toEqual(["log: hello"]));
  });

  test("so does what a component sends that is within the one that provides and joins", async () => {
    const place = document.createElement("div");
    let room: GroupView<string> | undefined;
    let messages: Current<readonly GroupMessage<string>[]> | undefined;
    const setup = (): void => {
      provideWebPubSubClient({ url: page.url, options: page.options });
      room = useGroup<string>("room");
      messages = useGroupMessages<string>("room");
    };
    const within: Setup = () => {
      onMount(() => void room?.send("hello"));
      return () => `${messages?.current.map(({ data }) => data).join()}`;
    };
    const component = mount(Outer, { target: place, props: { setup, within } });
    await eventually(() => expect(place.textContent).toBe("hello"));
    void unmount(component);
  });

  test("presence: what a component says when it is mounted reaches the others, until it has gone", async () => {
    const history: string[] = [];
    const member =
      (name: string): Setup =>
      () => {
        const room = useGroupState("room");
        onMount(() => void room.setState({ name }));
        return () => {
          const text = room.states
            .map((each) => each.state["name"])
            .sort()
            .join(" and ");
          if (name === "ann") history.push(text);
          return text + (room.error?.name ?? "");
        };
      };
    const ann = page.show(member("ann"));
    page.url = await service.url({ userId: "bob" });
    const bob = page.show(member("bob"));
    await eventually(() => expect(ann.texts()).toEqual(["ann and bob"]));
    await eventually(() => expect(bob.texts()).toEqual(["ann and bob"]));
    bob.unmount();
    await eventually(() => expect(ann.texts()).toEqual(["ann"]));
    await eventually(() => expect(service.connections()).toBe(1));
    history.length = 0;
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(history.slice(-2)).toEqual(["", "ann"]));
    await eventually(() => expect(ann.texts()).toEqual(["ann"]));
  });

  test("presence: a refused group is told", async () => {
    page.url = await service.url({ roles: [] });
    const shown = page.show(() => {
      const room = useGroupState(() => "room");
      return () => `${room.states.length} ${room.error?.name ?? ""}`;
    });
    await eventually(() => expect(shown.texts()).toEqual(["0 SendMessageError"]));
  });

  test("streams grow on the page, and another group begins anew", async () => {
    const group = state("room");
    let open: GroupStreamsView["openStream"] | undefined;
    const shown = page.show(
      () => {
        const room = useGroupStream(() => group.current, { limit: 2 });
        open = room.openStream;
        return () => room.streams.map((each) => `${each.text} ${each.status}`).join();
      },
      status(() => group.current),
    );
    await eventually(() => expect(shown.texts()).toEqual(["", "joined"]));
    const writer = await open?.();
    await writer?.write("wo");
    await eventually(() => expect(shown.texts()[0]).toBe("wo open"));
    await writer?.write("rd");
    await writer?.end();
    await eventually(() => expect(shown.texts()[0]).toBe("word ended"));
    group.current = "hall";
    await eventually(() => expect(shown.texts()[0]).toBe(""));
    await eventually(() => expect(service.groups()).toEqual(["hall"]));
  });

  test("streams: a protocol without them and a refused group are told, and the page lives", async () => {
    const unspied = page.options;
    const group = state("room");
    const streams: Setup = () => {
      const room = useGroupStream(() => group.current);
      return () => `${room.streams.length} ${room.error?.name} ${room.error?.message}`;
    };
    page.options = { ...unspied, protocol: WebPubSubProtobufReliableProtocol() };
    const streamless = page.show(streams);
    await eventually(() => expect(service.groups()).toEqual(["room"]));
    await eventually(() => expect(streamless.texts()[0]).toMatch(/^0 TypeError .*protobuf/));
    group.current = "hall";
    await eventually(() => expect(service.groups()).toEqual(["hall"]));
    expect(streamless.texts()[0]).toMatch(/^0 TypeError .*protobuf/);
    page.options = unspied;
    const json = page.show(streams);
    await eventually(() => expect(service.members("hall")).toBe(2));
    expect(json.texts()).toEqual(["0 undefined undefined"]);
    page.url = await service.url({ roles: [] });
    const refused = page.show(streams);
    await eventually(() => expect(refused.texts()[0]).toMatch(/^0 SendMessageError/));
  });

  test("what is read in a derived value is current, also where nobody follows it", async () => {
    const room: { messages?: Current<readonly GroupMessage[]>; count?: Current<number> } = {};
    page.show(() => {
      const messages = useGroupMessages<string>("room");
      room.messages = messages;
      room.count = fromStore(toStore(() => messages.current.length));
      return () => "";
    });
    await eventually(() => expect(service.members("room")).toBe(1));
    expect(room.count?.current).toBe(0);
    service.publish("room", "hello");
    await eventually(() => expect(room.messages?.current.map(({ data }) => data)).toEqual(["hello"]));
    expect(room.count?.current).toBe(1);
  });

  test("the component that provides a client may use it too", async () => {
    const place = document.createElement("div");
    const setup: Setup = () => {
      provideWebPubSubClient({ url: page.url, options: page.options });
      return status()();
    };
    const component = mount(Part, { target: place, props: { setup } });
    await eventually(() => expect(place.textContent).toBe("joined"));
    void unmount(component);
  });

  test("without a provider the error says what to do", () => {
    const setup: Setup = () => status()();
    const orphan = () => mount(Part, { target: document.createElement("div"), props: { setup } });
    expect(orphan).toThrow(/^Call provideWebPubSubClient/);
    expect(() => useWebPubSubClient()).toThrow(/outside_component/);
  });
});

test("types are inferred", () => {
  const schema = z.object({ at: z.string().transform((text) => new Date(text)) });
  function types(): void {
    const plain = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<GroupContent>());
    expectTypeOf(plain.status).toEqualTypeOf<GroupStatus>();
    expectTypeOf(plain.error).toEqualTypeOf<Error | undefined>();
    expectTypeOf(plain.send).parameter(0).toEqualTypeOf<GroupContent>();
    expectTypeOf(plain.send).returns.resolves.toEqualTypeOf<WebPubSubResult>();
    const typed = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>(), {
      schema,
      onInvalidMessage: (error) => expectTypeOf(error).toEqualTypeOf<InvalidMessageError>(),
    });
    expectTypeOf(typed).toEqualTypeOf<GroupView<{ at: string }>>();
    const trusted = useGroup<{ text: string }>(
      () => "room",
      ({ data }) => data.text.trim(),
    );
    expectTypeOf(trusted.send).parameter(0).toEqualTypeOf<{ text: string }>();
    // @ts-expect-error: what is sent has the type of the group
    void (() => trusted.send({ text: 5 }));
    // @ts-expect-error: a name is needed
    useGroup();
    type Log<T> = readonly GroupMessage<T>[];
    expectTypeOf(useGroupMessages("room")).toEqualTypeOf<Current<Log<GroupContent>>>();
    expectTypeOf(useGroupMessages<number>(() => "room", { limit: 5 }).current).toEqualTypeOf<Log<number>>();
    expectTypeOf(useGroupMessages("room", { schema }).current).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useWebPubSubClient()).toEqualTypeOf<CoreClient>();
    expectTypeOf(useWebPubSubClient<WebPubSubClient>()).toEqualTypeOf<WebPubSubClient>();
    expectTypeOf(useConnection()).toEqualTypeOf<ConnectionInfo>();
    useServerMessage((message) => expectTypeOf(message).toEqualTypeOf<ServerDataMessage>());
    const presence = useGroupState("room");
    expectTypeOf(presence.states).toEqualTypeOf<readonly GroupStateRecord[]>();
    expectTypeOf(presence.setState).parameter(0).toEqualTypeOf<GroupState | undefined>();
    const streams = useGroupStream("room", { limit: 3 });
    expectTypeOf(streams.streams).toEqualTypeOf<readonly GroupStreamView[]>();
    expectTypeOf(streams.openStream).returns.resolves.toEqualTypeOf<GroupStreamWriter>();
    // @ts-expect-error: views are read only
    trusted.status = "joined";
    // @ts-expect-error: there is one source
    provideWebPubSubClient({ url: "", credential: { getClientAccessUrl: "" } });
    // @ts-expect-error: and one is needed
    provideWebPubSubClient();
  }
  expect(types).toBeTypeOf("function");
});
