import { type } from "arktype";
import { act, cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import {
  startTransition,
  StrictMode,
  Suspense,
  useEffect,
  useLayoutEffect,
  useState,
  version,
  type ReactElement,
  type ReactNode,
} from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
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
  WebPubSubProvider,
  type GroupStreamsView,
  type GroupView,
} from "web-pubsub-client/react";
import * as v from "valibot";
import { z } from "zod";
import { eventually, releaseDelayInMs, useEmulator } from "./support/room.js";
import { SERVER_MARKUP, ServerRoom } from "./support/serverRoom.js";
import { spySockets } from "./support/spySocket.js";

configure({ asyncUtilTimeout: 5_000 });
const service = useEmulator();
let url: string;
let spy: ReturnType<typeof spySockets>;
let options: WebPubSubClientOptions;

// React tells of mistakes (updates after unmounting, mismatches on hydration) by console.error.
const complaints = vi.spyOn(console, "error");

beforeEach(async () => {
  url = await service.url();
  spy = spySockets();
  options = { releaseDelayInMs, environment: spy.environment };
  complaints.mockClear();
});
afterEach(async () => {
  cleanup();
  expect(complaints.mock.calls).toEqual([]);
  await waitFor(() => expect(service.connections()).toBe(0));
});

function Provider({ children }: { children: ReactNode }): ReactElement {
  return (
    <WebPubSubProvider url={url} options={options}>
      {children}
    </WebPubSubProvider>
  );
}

function Status({ group = "room" }: { group?: string }): ReactElement {
  const { status, error } = useGroup(group);
  return (
    <p data-testid="status">
      {status}
      {error && ` (${error.name})`}
    </p>
  );
}

function Log({ group = "room", limit }: { group?: string; limit?: number }): ReactElement {
  const messages = useGroupMessages<string>(group, { limit });
  return (
    <ol data-testid="log">
      {messages.map(({ key, data }) => (
        <li key={key}>{data}</li>
      ))}
    </ol>
  );
}

const statuses = (): (string | null)[] =>
  screen.getAllByTestId("status").map(({ textContent }) => textContent);
const logs = (): (string | null)[][] =>
  screen.getAllByTestId("log").map((list) => Array.from(list.children, ({ textContent }) => textContent));

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
      <WebPubSubProvider url={url}>
        <Room />
      </WebPubSubProvider>,
    );
    await waitFor(() => expect(service.members("room")).toBe(1));
    fireEvent.click(screen.getByRole("button"));
    await screen.findByText("1 messages");
    cleanup();
    // Left to the default of one second.
    await waitFor(() => expect(service.connections()).toBe(0), { timeout: 3_000 });
  });

  test("StrictMode opens one socket, joins once and delivers once", async () => {
    const seen = vi.fn();
    function Room(): ReactElement {
      useGroup("room", seen);
      return <Status />;
    }
    render(
      <StrictMode>
        <Provider>
          <Room />
        </Provider>
      </StrictMode>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "once");
    await waitFor(() => expect(seen).toHaveBeenCalled());
    expect(seen).toHaveBeenCalledOnce();
    expect(spy.sockets).toHaveLength(1);
    // As the service has counted it.
    expect(["opened", "joinGroup room", "leaveGroup room"].map((each) => service.count(each))).toEqual([
      1, 1, 0,
    ]);
  });

  test("hydration takes over what a server has rendered, then connects", async () => {
    const container = document.createElement("div");
    document.body.append(container);
    container.innerHTML = SERVER_MARKUP;
    const markup = container.firstChild;
    const root: Root = hydrateRoot(container, <ServerRoom url={url} options={options} />, {
      onRecoverableError: (error) => {
        throw error;
      },
    });
    await waitFor(() => expect(container.textContent).toBe("Connected/joined/0/0/0"));
    expect(container.firstChild).toBe(markup);
    expect(spy.sockets).toHaveLength(1);
    root.unmount();
    container.remove();
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

  test("unmounted while connecting: the attempt is given up and nothing is left", async () => {
    service.emulator.faults.refuseUpgrades({ with: "hang" });
    const { unmount } = render(
      <Provider>
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(spy.sockets).toHaveLength(1));
    unmount();
    await waitFor(() => expect(spy.sockets[0]?.readyState).toBe(3));
    service.emulator.faults.reset();
    expect(service.connections()).toBe(0);
    expect(spy.sockets).toHaveLength(1);
  });

  test("a first attempt that fails is followed by others; the page is told", async () => {
    service.emulator.faults.refuseUpgrades({ with: 503, times: 1 });
    const seen: string[] = [];
    function Banner(): ReactElement {
      const { state, error, attempt, nextAttemptAt, connectionId } = useConnection();
      const wait =
        nextAttemptAt === undefined ? "" : ` in ${nextAttemptAt - Date.now() > 0 ? "a while" : "no time"}`;
      const text = `${state} ${error?.name ?? "fine"}${attempt === undefined ? "" : ` attempt ${attempt}`}${wait}`;
      if (seen.at(-1) !== text) seen.push(text);
      return <p>{connectionId}</p>;
    }
    options = { ...options, reconnectRetryOptions: { retryDelayInMs: 100 } };
    render(
      <Provider>
        <Banner />
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(seen).toEqual([
      "Stopped fine",
      "Connecting fine attempt 1",
      "Disconnected ConnectionError attempt 2 in a while",
      "Connecting ConnectionError attempt 2",
      "Connected fine",
    ]);
    expect(
      screen.getByText(service.emulator.hub("chat").connections()[0]?.connectionId ?? "none"),
    ).toBeDefined();
  });

  test("a provider mounted anew within the moment goes on with the same connection", async () => {
    const ui = (key: string): ReactElement => (
      <Provider key={key}>
        <Status />
      </Provider>
    );
    const first = render(ui("one"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    first.rerender(ui("two"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    first.unmount();
    render(ui("three"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(spy.sockets).toHaveLength(1);
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    cleanup();
    await waitFor(() => expect(service.connections()).toBe(0));
    render(ui("four"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(spy.sockets).toHaveLength(2);
  });

  test("a client of yours is neither started nor stopped, and outlives modules evaluated anew", async () => {
    const client = await service.client({ environment: spy.environment });
    const found: WebPubSubClient[] = [];
    // What hot reload does: the module's components are other functions than before.
    const evaluate = (): (() => ReactElement) =>
      function App() {
        found.push(useWebPubSubClient());
        return <Status />;
      };
    const ui = (App: () => ReactElement): ReactElement => (
      <WebPubSubProvider client={client}>
        <App />
      </WebPubSubProvider>
    );
    const { rerender, unmount } = render(ui(evaluate()));
    expect(statuses()).toEqual(["waiting"]);
    expect(client.state).toBe("Stopped");
    await client.start();
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    const { connectionId } = client;
    rerender(ui(evaluate()));
    expect(statuses()).toEqual(["joined"]);
    expect(new Set(found)).toEqual(new Set([client]));
    unmount();
    await waitFor(() => expect(spy.groups("leaveGroup")).toEqual(["room"]));
    expect(client.connectionId).toBe(connectionId);
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    await client.stop();
  });

  test("hidden by Suspense for longer than the moment, a provider keeps its connection", async () => {
    let wake = (): void => {};
    let sleeping: Promise<void> | undefined;
    function Sleeper(): null {
      // As libraries for data do it: a promise thrown hides what is in the boundary.
      if (sleeping !== undefined) throw sleeping as unknown as Error;
      return null;
    }
    const ui = (): ReactElement => (
      <Suspense fallback="asleep">
        <Provider>
          <Status />
          <Log />
        </Provider>
        <Sleeper />
      </Suspense>
    );
    const { rerender, container } = render(ui());
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    sleeping = new Promise((resolve) => {
      wake = () => {
        sleeping = undefined;
        resolve();
      };
    });
    rerender(ui());
    await waitFor(() => expect(container.textContent).toContain("asleep"));
    await new Promise((resolve) => setTimeout(resolve, 2 * releaseDelayInMs));
    service.publish("room", "meanwhile");
    wake();
    await waitFor(() => expect(container.textContent).not.toContain("asleep"));
    await waitFor(() => expect(logs()).toEqual([["meanwhile"]]));
    expect(spy.sockets).toHaveLength(1);
  });

  test("two components on one group: one membership, each gets everything, until the last has gone", async () => {
    const ui = (both: boolean): ReactElement => (
      <Provider>
        <Status />
        <Log />
        {both && <Log />}
      </Provider>
    );
    const { rerender } = render(ui(true));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "to both");
    await waitFor(() => expect(logs()).toEqual([["to both"], ["to both"]]));
    rerender(ui(false));
    service.publish("room", "to one");
    await waitFor(() => expect(logs()).toEqual([["to both", "to one"]]));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    rerender(<Provider>nobody</Provider>);
    await waitFor(() => expect(service.members("room")).toBe(0));
    expect(service.connections()).toBe(1);
  });

  test("a refused join reaches every component", async () => {
    url = await service.url({ roles: [] });
    render(
      <Provider>
        <Status />
        <Status />
      </Provider>,
    );
    await waitFor(() =>
      expect(statuses()).toEqual(["refused (SendMessageError)", "refused (SendMessageError)"]),
    );
    expect(spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("another group name: the old group is left, the new one joined, and the log begins anew", async () => {
    const ui = (group: string): ReactElement => (
      <Provider>
        <Status group={group} />
        <Log group={group} />
      </Provider>
    );
    const { rerender } = render(ui("a"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("a", "in a");
    await waitFor(() => expect(logs()).toEqual([["in a"]]));
    rerender(ui("b"));
    expect(logs()).toEqual([[]]);
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    await waitFor(() => expect(service.groups()).toEqual(["b"]));
    service.publish("a", "too late");
    service.publish("b", "in b");
    await waitFor(() => expect(logs()).toEqual([["in b"]]));
  });

  test("reconnects under mounted components: recovery loses nothing, a new connection joins again", async () => {
    const states: string[] = [];
    function States(): null {
      const { state } = useConnection();
      if (states.at(-1) !== state) states.push(state);
      return null;
    }
    render(
      <Provider>
        <States />
        <Status />
        <Log />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.emulator.faults.cutTransports();
    service.publish("room", "in the gap");
    await waitFor(() => expect(logs()).toEqual([["in the gap"]]));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    states.length = 0;
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await waitFor(() => expect(spy.groups("joinGroup")).toEqual(["room", "room"]));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "anew");
    await waitFor(() => expect(logs()).toEqual([["in the gap", "anew"]]));
    expect(states).toContain("Recovering");
    expect(states.at(-1)).toBe("Connected");
  });

  test("handlers may change in each render: the newest is called, nothing is subscribed again", async () => {
    const seen: string[] = [];
    function Room(): ReactElement {
      const [count, setCount] = useState(0);
      useGroup<string>("room", ({ data }) => seen.push(`${data} to ${count}`));
      useServerMessage(({ data }) => seen.push(`server ${data as string} to ${count}`));
      return <button onClick={() => setCount(count + 1)}>count {count}</button>;
    }
    render(
      <Provider>
        <Room />
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "x");
    await waitFor(() => expect(seen).toHaveLength(1));
    for (let i = 0; i < 3; i++) fireEvent.click(screen.getByRole("button"));
    service.publish("room", "y");
    service.emulator.hub("chat").sendToAll("z");
    await waitFor(() => expect(seen).toEqual(["x to 0", "y to 3", "server z to 3"]));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("a name that has changed: what still comes for the old one reaches neither handler nor log", async () => {
    const seen: string[] = [];
    function Room({ group }: { group: string }): ReactElement {
      useGroup<string>(group, ({ data }) => seen.push(`${data} while in ${group}`));
      // Committed, and the subscription to the old group not ended yet.
      useLayoutEffect(() => spy.release(), [group]);
      return <Log group={group} />;
    }
    const ui = (group: string): ReactElement => (
      <Provider>
        <Room group={group} />
        <Status group={group} />
      </Provider>
    );
    const { rerender } = render(ui("a"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("a", "early");
    await waitFor(() => expect(logs()).toEqual([["early"]]));
    spy.hold();
    service.publish("a", "late");
    await waitFor(() => expect(spy.waiting).toBeGreaterThan(0));
    rerender(ui("b"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("b", "in b");
    await waitFor(() => expect(logs()).toEqual([["in b"]]));
    expect(seen).toEqual(["early while in a", "in b while in b"]);
  });

  test("a handler that unmounts another component: that one isn't called any more", async () => {
    const seen: string[] = [];
    const ended = { two: () => {} };
    function One(): null {
      useGroup<string>("room", ({ data }) => {
        seen.push(`one ${data}`);
        if (data === "go") ended.two();
      });
      return null;
    }
    function Two(): null {
      useGroup<string>("room", ({ data }) => seen.push(`two ${data}`));
      return null;
    }
    function Both(): ReactElement {
      const [both, setBoth] = useState(true);
      useEffect(() => {
        ended.two = () => act(() => setBoth(false));
      }, []);
      return (
        <>
          <One />
          {both && <Two />}
          <Status />
        </>
      );
    }
    render(
      <Provider>
        <Both />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    for (const text of ["stay", "go", "on"]) service.publish("room", text);
    await waitFor(() => expect(seen).toContain("one on"));
    expect(seen).toEqual(["one stay", "two stay", "one go", "one on"]);
  });

  test("two providers that appear together with one URL share one connection", async () => {
    render(
      <StrictMode>
        <Provider>
          <Status />
        </Provider>
        <Provider>
          <Status />
        </Provider>
      </StrictMode>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined", "joined"]));
    expect([service.count("opened"), service.count("joinGroup room")]).toEqual([1, 1]);
  });

  test("two hundred groups at once, each joined once", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `room ${i}`);
    render(
      <StrictMode>
        <Provider>
          {names.map((group) => (
            <Status key={group} group={group} />
          ))}
        </Provider>
      </StrictMode>,
    );
    await waitFor(() => expect(statuses()).toEqual(names.map(() => "joined")));
    expect(names.map((group) => service.count(`joinGroup ${group}`))).toEqual(names.map(() => 1));
    expect(service.count("opened")).toBe(1);
  });

  test("a log keeps the newest, and send is the same function in each render", async () => {
    const sends = new Set<unknown>();
    function Room(): null {
      sends.add(useGroup("room").send);
      useConnection();
      return null;
    }
    render(
      <Provider>
        <Room />
        <Status />
        <Log limit={2} />
        <Log limit={0} />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    for (const text of ["1", "2", "3"]) service.publish("room", text);
    await waitFor(() => expect(logs()).toEqual([["2", "3"], []]));
    expect(sends.size).toBe(1);
  });

  test("a burst is delivered to the last message", async () => {
    render(
      <Provider>
        <Status />
        <Log limit={1_000} />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    const texts = Array.from({ length: 500 }, (_, i) => String(i));
    for (const text of texts) service.publish("room", text);
    await waitFor(() => expect(logs()).toEqual([texts]));
  });

  test("no tearing: whenever the page changes all components show the same state", async () => {
    function Part(): ReactElement {
      return <i>{useConnection().state}</i>;
    }
    const { container } = render(
      <Provider>
        {Array.from({ length: 20 }, (_, i) => (
          <Part key={i} />
        ))}
      </Provider>,
    );
    const pictures: number[] = [];
    const observer = new MutationObserver(() => {
      pictures.push(
        new Set(Array.from(container.querySelectorAll("i"), ({ textContent }) => textContent)).size,
      );
    });
    observer.observe(container, { childList: true, characterData: true, subtree: true });
    await waitFor(() => expect(service.connections()).toBe(1));
    service.emulator.faults.cutTransports();
    await waitFor(() => expect(spy.sockets).toHaveLength(2));
    await waitFor(() => expect(container.textContent).toBe("Connected".repeat(20)));
    observer.disconnect();
    expect(pictures.length).toBeGreaterThan(1);
    expect(new Set(pictures)).toEqual(new Set([1]));
  });

  test("no tearing in a transition: what changes between its slices changes for all of it", async () => {
    const rendered: string[] = [];
    let early = 0;
    function Part(): ReactElement {
      const { status } = useGroup("room");
      const text = `${useConnection().state} ${status}`;
      if (rendered.push(text) === 3) {
        // At the end of this slice.
        queueMicrotask(() => {
          early = rendered.length;
          spy.release();
        });
      }
      // Longer than a slice.
      const end = performance.now() + 8;
      while (performance.now() < end);
      return <i>{text}</i>;
    }
    let show = (): void => {};
    function Page(): ReactElement {
      const [parts, setParts] = useState(0);
      show = () => startTransition(() => setParts(20));
      return (
        <>
          {Array.from({ length: parts }, (_, i) => (
            <Part key={i} />
          ))}
        </>
      );
    }
    const client = await service.client({ environment: spy.environment });
    const container = document.createElement("div");
    const pictures: string[][] = [];
    const observer = new MutationObserver(() => {
      pictures.push(Array.from(container.querySelectorAll("i"), ({ textContent }) => textContent ?? ""));
    });
    observer.observe(container, { childList: true, characterData: true, subtree: true });
    // As in a page: in `act` there are no slices.
    const world = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
    const before = world.IS_REACT_ACT_ENVIRONMENT;
    world.IS_REACT_ACT_ENVIRONMENT = false;
    const root = createRoot(container);
    try {
      root.render(
        <WebPubSubProvider client={client}>
          <Page />
        </WebPubSubProvider>,
      );
      await eventually(() => expect(show).not.toThrow());
      spy.hold();
      const started = client.start();
      await eventually(() => expect(spy.waiting).toBe(1));
      rendered.length = 0;
      show();
      await started;
      await eventually(() => expect(pictures.at(-1)).toEqual(Array(20).fill("Connected joined")));
      // The change came in the middle of the rendering.
      expect(early).toBeLessThan(20);
      expect(new Set(rendered.slice(0, early))).toEqual(new Set(["Connecting idle"]));
      for (const picture of pictures) expect(new Set(picture).size).toBeLessThan(2);
    } finally {
      observer.disconnect();
      root.unmount();
      world.IS_REACT_ACT_ENVIRONMENT = before;
    }
    await client.stop();
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
          <WebPubSubProvider url={other} options={options}>
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
    expect(spy.types("subscribeGroupState")).toBe(2);
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
    url = await service.url({ roles: [] });
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

  test("a credential may be another object in each render: one client, and the newest is asked", async () => {
    const asked: number[] = [];
    function App({ turn }: { turn: number }): ReactElement {
      const credential = {
        getClientAccessUrl: async () => {
          asked.push(turn);
          return url;
        },
      };
      return (
        <WebPubSubProvider credential={credential} options={options}>
          <Status />
        </WebPubSubProvider>
      );
    }
    const { rerender } = render(<App turn={1} />);
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    rerender(<App turn={2} />);
    expect(statuses()).toEqual(["joined"]);
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await waitFor(() => expect(asked).toEqual([1, 2]));
    await waitFor(() => expect(service.members("room")).toBe(1));
    expect(service.connections()).toBe(1);
  });

  test("another URL makes another client; the old one is stopped", async () => {
    const { rerender } = render(
      <Provider>
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    url = await service.url({ userId: "bob" });
    rerender(
      <Provider>
        <Status />
      </Provider>,
    );
    const users = (): unknown[] =>
      service.emulator
        .hub("chat")
        .connections()
        .map(({ userId }) => userId);
    await waitFor(() => expect(users()).toEqual(["bob"]));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
  });

  test("a schema types what arrives; what doesn't fit goes to its own handler", async () => {
    const chat = z.object({ text: z.string() });
    const seen: unknown[] = [];
    function Room(): null {
      useGroup("room", ({ data }) => seen.push(data.text.length), {
        schema: chat,
        onInvalidMessage: ({ groupMessage }) => seen.push(groupMessage.data),
      });
      return null;
    }
    render(
      <Provider>
        <Room />
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "bare");
    service.publish("room", { text: "four" });
    await waitFor(() => expect(seen).toEqual(["bare", 4]));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("without a provider, or a provider without a source, the error says what to do", () => {
    expect(() => renderToString(<Status />)).toThrow(/<WebPubSubProvider>/);
    const nothing = {} as { url: string };
    expect(() => renderToString(<WebPubSubProvider {...nothing} />)).toThrow(/client, a url or a credential/);
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
    expectTypeOf(useWebPubSubClient()).toEqualTypeOf<WebPubSubClient>();
    expectTypeOf(useConnection()).toEqualTypeOf<ConnectionInfo>();
    useServerMessage((message) => expectTypeOf(message).toEqualTypeOf<ServerDataMessage>());
    const presence = useGroupState("room");
    expectTypeOf(presence.states).toEqualTypeOf<readonly GroupStateRecord[]>();
    expectTypeOf(presence.error).toEqualTypeOf<Error | undefined>();
    expectTypeOf(presence.setState).parameter(0).toEqualTypeOf<GroupState | undefined>();
    const streams = useGroupStream("room", { limit: 3 });
    expectTypeOf(streams.streams).toEqualTypeOf<readonly GroupStreamView[]>();
    expectTypeOf(streams.openStream).returns.resolves.toEqualTypeOf<GroupStreamWriter>();
    // @ts-expect-error: a provider has one source
    expectTypeOf(<WebPubSubProvider url="" credential={{ getClientAccessUrl: "" }} />);
    // @ts-expect-error: and needs one
    expectTypeOf(<WebPubSubProvider />);
    return null;
  }
  expect(Types).toBeTypeOf("function");
});
