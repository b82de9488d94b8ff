import { act, cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import * as React from "react";
import {
  Component,
  startTransition,
  StrictMode,
  Suspense,
  useState,
  version,
  type ComponentType,
  type ReactElement,
  type ReactNode,
} from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClientSource, WebPubSubClientOptions } from "web-pubsub-client";
import {
  useGroup,
  useGroupMessages,
  useGroupState,
  useGroupStream,
  WebPubSubProvider,
} from "web-pubsub-client/react";
import { PATIENCE } from "../helpers/patience.js";
import { Status, statuses } from "./support/reactPage.js";
import { releaseDelayInMs, useEmulator } from "./support/room.js";

configure({ asyncUtilTimeout: PATIENCE });
const service = useEmulator();
const options: WebPubSubClientOptions = { releaseDelayInMs };
let url: string;
beforeEach(async () => {
  url = await service.url();
});
afterEach(async () => {
  cleanup();
  await waitFor(() => expect(service.connections()).toBe(0));
});

const joined = (count = 1): Promise<void> =>
  waitFor(() => expect(statuses()).toEqual(Array(count).fill("joined")));
/** As the service has seen it: connections, joins, leaves. */
const counts = (): number[] =>
  ["opened", "joinGroup room", "leaveGroup room"].map((what) => service.count(what));

describe(`unusual lives on React ${version}`, () => {
  test("provider and component mounted anew two hundred times: one connection, one join", async () => {
    const ui = (turn: number): ReactElement => (
      <StrictMode>
        <WebPubSubProvider key={turn % 7} url={url} options={options}>
          <Status key={turn} />
        </WebPubSubProvider>
      </StrictMode>
    );
    const { rerender } = render(ui(0));
    for (let turn = 1; turn <= 100; turn++) rerender(ui(turn));
    await joined();
    for (let turn = 101; turn <= 200; turn++) rerender(ui(turn));
    await joined();
    expect(counts()).toEqual([1, 1, 0]);
  });

  test("a provider that goes from a URL to one client, to another and back", async () => {
    const [one, two] = [await service.started(), await service.started()];
    const ui = (source: ClientSource): ReactElement => (
      <WebPubSubProvider {...source}>
        <Status />
      </WebPubSubProvider>
    );
    const members = (): string[] =>
      service.emulator
        .hub("chat")
        .members("room")
        .map(({ connectionId }) => connectionId);
    const { rerender } = render(ui({ url, options }));
    await joined();
    for (const client of [one, two]) {
      rerender(ui({ client }));
      await joined();
      await waitFor(() => expect(members()).toEqual([client.connectionId]));
    }
    rerender(ui({ url, options }));
    await joined();
    await waitFor(() => expect(service.members("room")).toBe(1));
    expect(members()).not.toContain(two.connectionId);
    expect([one.state, two.state]).toEqual(["Connected", "Connected"]);
    await Promise.all([one.stop(), two.stop()]);
  });

  test("a name that can't be one reaches the error boundary, and the group is left", async () => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => {});
    class Boundary extends Component<{ children: ReactNode }, { error?: Error | undefined }> {
      override state: { error?: Error | undefined } = {};
      static getDerivedStateFromError(error: Error) {
        return { error };
      }
      override render(): ReactNode {
        if (this.state.error === undefined) return this.props.children;
        return (
          <button onClick={() => this.setState({ error: undefined })}>{this.state.error.message}</button>
        );
      }
    }
    const ui = (group: string): ReactElement => (
      <WebPubSubProvider url={url} options={options}>
        <Boundary>
          <Status group={group} />
        </Boundary>
        <Status group="other" />
      </WebPubSubProvider>
    );
    const { rerender } = render(ui("room"));
    await joined(2);
    rerender(ui(""));
    await waitFor(() => expect(service.groups()).toEqual(["other"]));
    rerender(ui("room"));
    fireEvent.click(screen.getByText(/1 to 1024 characters/));
    await joined(2);
    reported.mockRestore();
  });

  test.each([
    [-1, "limit must be greater than or equal to 0."],
    ["many", "limit must be a number."],
  ])("an option of useGroupStream that can't be is thrown, not shown: %j", (limit, words) => {
    const reported = vi.spyOn(console, "error").mockImplementation(() => {});
    function Streams(): ReactElement {
      return <p>{useGroupStream("room", { limit: limit as number }).error?.message}</p>;
    }
    const ui = (
      <WebPubSubProvider url={url} options={options}>
        <Streams />
      </WebPubSubProvider>
    );
    expect(() => render(ui)).toThrow(words);
    reported.mockRestore();
  });

  test("another user: with another key and credential object the provider connects anew", async () => {
    const ui = (userId: string): ReactElement => (
      <WebPubSubProvider
        key={userId}
        credential={{ getClientAccessUrl: () => service.url({ userId }) }}
        options={options}
      >
        <Status />
      </WebPubSubProvider>
    );
    const users = (): unknown[] =>
      service.emulator
        .hub("chat")
        .connections()
        .map(({ userId }) => userId);
    const { rerender } = render(ui("ann"));
    await joined();
    expect(users()).toEqual(["ann"]);
    rerender(ui("bob"));
    await joined();
    await waitFor(() => expect(users()).toEqual(["bob"]));
  });

  test("a first rendering that is thrown away by Suspense, with a credential made in it", async () => {
    const asked = vi.fn();
    let ready = false;
    let wake = (): void => {};
    const sleeping = new Promise<void>((resolve) => (wake = resolve));
    function Sleeper(): ReactElement {
      if (!ready) throw sleeping as unknown as Error;
      return <Status />;
    }
    const getClientAccessUrl = async (): Promise<string> => {
      asked();
      return url;
    };
    render(
      <StrictMode>
        <Suspense fallback="asleep">
          <WebPubSubProvider credential={{ getClientAccessUrl }} options={options}>
            <Sleeper />
          </WebPubSubProvider>
        </Suspense>
      </StrictMode>,
    );
    expect(screen.getByText("asleep")).toBeDefined();
    ready = true;
    wake();
    await joined();
    expect([asked.mock.calls.length, ...counts()]).toEqual([1, 1, 1, 0]);
  });

  test("to and fro between groups in transitions: the last one is shown, and only it stays joined", async () => {
    let go = (_: string): void => {};
    function Room(): ReactElement {
      const [group, setGroup] = useState("room");
      go = (name) => startTransition(() => setGroup(name));
      const messages = useGroupMessages<string>(group);
      return (
        <>
          <Status group={group} />
          <output>{`${group}: ${messages.map(({ data }) => data).join()}`}</output>
        </>
      );
    }
    render(
      <WebPubSubProvider url={url} options={options}>
        <Room />
      </WebPubSubProvider>,
    );
    await joined();
    for (let turn = 0; turn < 20; turn++) act(() => go(turn % 2 === 0 ? `side ${turn}` : "room"));
    await joined();
    await waitFor(() => expect(service.groups()).toEqual(["room"]));
    service.publish("room", "x");
    await screen.findByText("room: x");
  });

  test("a handler that unmounts the whole page", async () => {
    const seen = vi.fn();
    function Room(): ReactElement {
      useGroup("room", (message) => {
        seen(message.data);
        act(() => view.unmount());
      });
      return <Status />;
    }
    const view = render(
      <WebPubSubProvider url={url} options={options}>
        <Room />
      </WebPubSubProvider>,
    );
    await joined();
    for (const text of ["x", "y"]) service.publish("room", text);
    await waitFor(() => expect(service.connections()).toBe(0));
    expect(seen.mock.calls).toEqual([["x"]]);
  });

  const { Activity } = React as {
    Activity?: ComponentType<{ mode: "visible" | "hidden"; children: ReactNode }>;
  };
  if (Activity !== undefined) {
    test("an Activity that is hidden lets go, and takes up again", async () => {
      function Presence(): ReactElement {
        return <output>{useGroupState("room").states.length}</output>;
      }
      const ui = (mode: "visible" | "hidden"): ReactElement => (
        <Activity mode={mode}>
          <WebPubSubProvider url={url} options={options}>
            <Status />
            <Presence />
          </WebPubSubProvider>
        </Activity>
      );
      const { rerender } = render(ui("visible"));
      await joined();
      rerender(ui("hidden"));
      await waitFor(() => expect(service.connections()).toBe(0));
      rerender(ui("visible"));
      await joined();
      expect(service.count("opened")).toBe(2);
    });
  }
});

test.each([
  [{}, "WebPubSubProvider needs a client, create, a url or a credential."],
  [{ credential: null }, "WebPubSubProvider needs a client, create, a url or a credential."],
  [
    { create: () => undefined },
    "WebPubSubProvider: what create returns must be a CoreClient or a WebPubSubClient.",
  ],
  [{ create: "x" }, "WebPubSubProvider: create must be a function that returns a client."],
  [{ client: {} }, "WebPubSubProvider: client must be a CoreClient or a WebPubSubClient."],
  [{ url: 5 }, "The first argument must be a client access URL or an object with getClientAccessUrl."],
  [
    { credential: {} },
    "The first argument must be a client access URL or an object with getClientAccessUrl.",
  ],
])("the provider refuses what isn't a source: %j", (source, words) => {
  const reported = vi.spyOn(console, "error").mockImplementation(() => {});
  expect(() => render(<WebPubSubProvider {...(source as unknown as ClientSource)} />)).toThrow(words);
  reported.mockRestore();
});
