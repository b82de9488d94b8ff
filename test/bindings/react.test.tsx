import { type } from "arktype";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useEffect, version, type ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, expectTypeOf, test } from "vitest";
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
  WebPubSubProvider,
  type GroupStreamsView,
  type GroupView,
} from "web-pubsub-client/react";
import * as v from "valibot";
import { z } from "zod";
import { Log, logs, Status, statuses, usePage } from "./support/reactPage.js";

const page = usePage();
const { Provider, service } = page;

describe(`on React ${version}`, () => {
  test("this is the React that the run is for", () => {
    expect(version).toMatch(new RegExp(`^${process.env["REACT_MAJOR"] ?? "19"}\\.`));
  });

  test("the three lines of the README work as written", async () => {
    function Room(): ReactElement {
      const { send } = useGroup("room");
      const messages = useGroupMessages("room");
      return (
        <>
          <button onClick={() => void send("hello")}>{messages.length} messages</button>
        </>
      );
    }
    render(
      <WebPubSubProvider url={page.url}>
        <Room />
      </WebPubSubProvider>,
    );
    await waitFor(() => expect(service.members("room")).toBe(1));
    fireEvent.click(screen.getByRole("button"));
    await screen.findByText("1 messages");
    cleanup();
    // Left to the default of one second.
    await waitFor(() => expect(service.connections()).toBe(0));
  });

  test("what a component sends when it is mounted waits for the connection and is sent", async () => {
    function Hello(): null {
      const { send } = useGroup("room");
      const client = useWebPubSubClient();
      useEffect(() => {
        void send("hello").then(() => client.sendEvent("told", "x", { fireAndForget: true }));
      }, [send, client]);
      return null;
    }
    render(
      <Provider>
        <Hello />
        <Log />
      </Provider>,
    );
    await waitFor(() => expect(logs()).toEqual([["hello"]]));
  });

  test("presence: what a component says when it is mounted reaches the others, until it has gone", async () => {
    function Member({ name }: { name: string }): ReactElement {
      const { states, setState, error } = useGroupState("room");
      useEffect(() => {
        void setState({ name });
      }, [setState, name]);
      const names = states.map(({ state }) => String(state["name"]));
      useEffect(() => void (name === "ann" && history.push(names)));
      return (
        <p data-testid={name}>
          {states.map(({ state }) => state["name"]).join(" and ")}
          {error?.message}
        </p>
      );
    }
    const history: string[][] = [];
    const other = await service.url({ userId: "bob" });
    const ui = (bob: boolean): ReactElement => (
      <StrictMode>
        <Provider>
          <Member name="ann" />
        </Provider>
        {bob && (
          <WebPubSubProvider url={other} options={page.options}>
            <Member name="bob" />
          </WebPubSubProvider>
        )}
      </StrictMode>
    );
    const { rerender } = render(ui(true));
    const shown = (name: string): string[] =>
      (screen.getByTestId(name).textContent ?? "").split(" and ").sort();
    await waitFor(() => expect(shown("ann")).toEqual(["ann", "bob"]));
    await waitFor(() => expect(shown("bob")).toEqual(["ann", "bob"]));
    expect(page.spy.types("subscribeGroupState")).toBe(2);
    rerender(ui(false));
    await waitFor(() => expect(shown("ann")).toEqual(["ann"]));
    await waitFor(() => expect(service.connections()).toBe(1));
    history.length = 0;
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await waitFor(() => expect(history.slice(-2)).toEqual([[], ["ann"]]));
    expect(shown("ann")).toEqual(["ann"]);
  });

  test("presence: a refused group is told", async () => {
    page.url = await service.url({ roles: [] });
    function Member(): ReactElement {
      const { states, error } = useGroupState("room");
      return (
        <p>
          {states.length} {error?.name}
        </p>
      );
    }
    render(
      <Provider>
        <Member />
      </Provider>,
    );
    await screen.findByText("0 SendMessageError");
  });

  test("streams grow on the page, and another group begins anew", async () => {
    let open: GroupStreamsView["openStream"] | undefined;
    function Streams({ group }: { group: string }): ReactElement {
      const { streams, openStream } = useGroupStream(group, { limit: 2 });
      open = openStream;
      return (
        <ol data-testid="log">
          {streams.map(({ key, text, status }) => (
            <li key={key}>
              {text} {status}
            </li>
          ))}
        </ol>
      );
    }
    const ui = (group: string): ReactElement => (
      <StrictMode>
        <Provider>
          <Streams group={group} />
          <Status group={group} />
        </Provider>
      </StrictMode>
    );
    const { rerender } = render(ui("room"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    const writer = await open?.();
    await writer?.write("wo");
    await waitFor(() => expect(logs()).toEqual([["wo open"]]));
    await writer?.write("rd");
    await writer?.end();
    await waitFor(() => expect(logs()).toEqual([["word ended"]]));
    rerender(ui("hall"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(logs()).toEqual([[]]);
  });

  test("streams: a protocol without them and a refused group are told, and the page lives", async () => {
    const unspied = page.options;
    function Streams({ group = "room" }: { group?: string }): ReactElement {
      const { streams, error } = useGroupStream(group);
      return (
        <p data-testid="told">
          {streams.length} {error?.name} {error?.message}
        </p>
      );
    }
    const users = (): unknown[] =>
      service.emulator
        .hub("chat")
        .members("hall")
        .map(({ userId }) => userId);
    const told = (): string | null => screen.getByTestId("told").textContent;
    const ui = (group: string): ReactElement => (
      <StrictMode>
        <Provider>
          <Streams group={group} />
        </Provider>
      </StrictMode>
    );
    page.options = { ...unspied, protocol: WebPubSubProtobufReliableProtocol() };
    const { rerender } = render(ui("room"));
    await waitFor(() => expect(service.groups()).toEqual(["room"]));
    expect(told()).toMatch(/^0 TypeError .*protobuf/);
    rerender(ui("hall"));
    await waitFor(() => expect(service.groups()).toEqual(["hall"]));
    expect(told()).toMatch(/^0 TypeError .*protobuf/);
    page.options = unspied;
    page.url = await service.url({ userId: "json" });
    rerender(ui("hall"));
    await waitFor(() => expect(users()).toEqual(["json"]));
    expect(told()).toBe("0  ");
    page.url = await service.url({ roles: [] });
    rerender(ui("hall"));
    await waitFor(() => expect(told()).toMatch(/^0 SendMessageError/));
  });

  test("without a provider, or a provider without a source, the error says what to do", () => {
    expect(() => renderToString(<Status />)).toThrow(/<WebPubSubProvider>/);
    const nothing = {} as { url: string };
    expect(() => renderToString(<WebPubSubProvider {...nothing} />)).toThrow(
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
  function Types(): null {
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
    const withValibot = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>(), {
      schema: valibot,
    });
    expectTypeOf(withValibot.send).parameter(0).toEqualTypeOf<{ at: string }>();
    const withArktype = useGroup("room", ({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>(), {
      schema: arktype,
    });
    expectTypeOf(withArktype.send).parameter(0).toEqualTypeOf<{ at: string }>();
    const trusted = useGroup<{ text: string }>("room", ({ data }) => data.text.trim());
    expectTypeOf(trusted.send).parameter(0).toEqualTypeOf<{ text: string }>();
    useGroup("room", (message: GroupMessage<number>) => message.data.toFixed());
    // @ts-expect-error: what is sent has the type of the group
    void (() => trusted.send({ text: 5 }));
    // @ts-expect-error: a name is needed
    useGroup();
    type Log<T> = readonly GroupMessage<T>[];
    expectTypeOf(useGroupMessages("room")).toEqualTypeOf<Log<GroupContent>>();
    expectTypeOf(useGroupMessages<number>("room", { limit: 5 })).toEqualTypeOf<Log<number>>();
    expectTypeOf(useGroupMessages("room", { schema })).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useGroupMessages("room", { schema: valibot })).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useGroupMessages("room", { schema: arktype })).toEqualTypeOf<Log<{ at: Date }>>();
    expectTypeOf(useWebPubSubClient()).toEqualTypeOf<CoreClient>();
    expectTypeOf(useWebPubSubClient<WebPubSubClient>()).toEqualTypeOf<WebPubSubClient>();
    expectTypeOf(useConnection()).toEqualTypeOf<ConnectionInfo>();
    useServerMessage((message) => expectTypeOf(message).toEqualTypeOf<ServerDataMessage>());
    const presence = useGroupState("room");
    expectTypeOf(presence.states).toEqualTypeOf<readonly GroupStateRecord[]>();
    expectTypeOf(presence.error).toEqualTypeOf<Error | undefined>();
    expectTypeOf(presence.setState).parameter(0).toEqualTypeOf<GroupState | undefined>();
    const streams = useGroupStream("room", { limit: 3 });
    expectTypeOf(streams.streams).toEqualTypeOf<readonly GroupStreamView[]>();
    expectTypeOf(streams.error).toEqualTypeOf<Error | undefined>();
    expectTypeOf(streams.openStream).returns.resolves.toEqualTypeOf<GroupStreamWriter>();
    // @ts-expect-error: a provider has one source
    expectTypeOf(<WebPubSubProvider url="" credential={{ getClientAccessUrl: "" }} />);
    // @ts-expect-error: and needs one
    expectTypeOf(<WebPubSubProvider />);
    return null;
  }
  expect(Types).toBeTypeOf("function");
});
