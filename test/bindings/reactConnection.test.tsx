import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, version, type ReactElement } from "react";
import { describe, expect, test } from "vitest";
import { CoreClient, WebPubSubClient } from "web-pubsub-client";
import { useConnection, useWebPubSubClient, WebPubSubProvider } from "web-pubsub-client/react";
import { Log, logs, Status, statuses, usePage } from "./support/reactPage.js";

const page = usePage();
const { Provider, service } = page;

describe(`the connection on React ${version}`, () => {
  test("unmounted while connecting: the attempt is given up and nothing is left", async () => {
    service.emulator.faults.refuseUpgrades({ with: "hang" });
    const { unmount } = render(
      <Provider>
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(page.spy.sockets).toHaveLength(1));
    unmount();
    await waitFor(() => expect(page.spy.sockets[0]?.readyState).toBe(3));
    service.emulator.faults.reset();
    expect(service.connections()).toBe(0);
    expect(page.spy.sockets).toHaveLength(1);
  });

  test("a first attempt that fails is followed by others; the page is told", async () => {
    service.emulator.faults.refuseUpgrades({ with: 503, times: 1 });
    const seen: string[] = [];
    const delay = 100;
    const earliest = Date.now() + delay;
    function Banner(): ReactElement {
      const { state, error, attempt, nextAttemptAt, connectionId } = useConnection();
      const wait =
        nextAttemptAt === undefined ? "" : nextAttemptAt >= earliest ? " in a while" : " too early";
      const text = `${state} ${error?.name ?? "fine"}${attempt === undefined ? "" : ` attempt ${attempt}`}${wait}`;
      if (seen.at(-1) !== text) seen.push(text);
      return <p>{connectionId}</p>;
    }
    page.options = { ...page.options, reconnectRetryOptions: { retryDelayInMs: delay, jitter: false } };
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
    expect(page.spy.sockets).toHaveLength(1);
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
    cleanup();
    await waitFor(() => expect(service.connections()).toBe(0));
    render(ui("four"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(page.spy.sockets).toHaveLength(2);
  });

  test("a client of yours is neither started nor stopped, and outlives modules evaluated anew", async () => {
    const client = await service.client({ environment: page.spy.environment });
    const found: WebPubSubClient[] = [];
    // What hot reload does: the module's components are other functions than before.
    const evaluate = (): (() => ReactElement) =>
      function App() {
        found.push(useWebPubSubClient<WebPubSubClient>());
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
    await waitFor(() => expect(page.spy.groups("leaveGroup")).toEqual(["room"]));
    expect(client.connectionId).toBe(connectionId);
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
    await client.stop();
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
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
    states.length = 0;
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await waitFor(() => expect(page.spy.groups("joinGroup")).toEqual(["room", "room"]));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "anew");
    await waitFor(() => expect(logs()).toEqual([["in the gap", "anew"]]));
    expect(states).toContain("Recovering");
    expect(states.at(-1)).toBe("Connected");
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

  test("a credential may be another object in each render: one client, and the newest is asked", async () => {
    const asked: number[] = [];
    function App({ turn }: { turn: number }): ReactElement {
      const credential = {
        getClientAccessUrl: async () => {
          asked.push(turn);
          return page.url;
        },
      };
      return (
        <WebPubSubProvider credential={credential} options={page.options}>
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
    page.url = await service.url({ userId: "bob" });
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

  describe("create", () => {
    /** Makes complete clients, and keeps them. */
    function maker(): { create: () => WebPubSubClient; made: WebPubSubClient[] } {
      const made: WebPubSubClient[] = [];
      const create = (): WebPubSubClient => {
        const client = new WebPubSubClient(page.url, page.options);
        made.push(client);
        return client;
      };
      return { create, made };
    }
    const found: WebPubSubClient[] = [];
    function Probe(): ReactElement {
      found.splice(0, 1, useWebPubSubClient<WebPubSubClient>());
      return <Status />;
    }
    const ui = (create: () => WebPubSubClient, key = "one"): ReactElement => (
      <StrictMode>
        <WebPubSubProvider key={key} create={create}>
          <Probe />
        </WebPubSubProvider>
      </StrictMode>
    );

    test("makes one client, which is connected while the provider is mounted and stopped after", async () => {
      const { create, made } = maker();
      const { unmount } = render(ui(create));
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      expect(made).toHaveLength(1);
      expect(found).toEqual(made);
      // It has all that was made: here the handles of a complete client.
      expect(found[0]?.group("room").states).toEqual([]);
      unmount();
      await waitFor(() => expect(made[0]?.state).toBe("Stopped"));
      expect([made.length, page.spy.sockets.length, page.spy.groups("joinGroup")]).toEqual([1, 1, ["room"]]);
    });

    test("a provider mounted anew with the same function goes on with its client; one that comes later makes another", async () => {
      const { create, made } = maker();
      const { rerender, unmount } = render(ui(create));
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      rerender(ui(create, "two"));
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      unmount();
      render(ui(create, "three"));
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      expect([made.length, service.count("opened"), service.count("joinGroup room")]).toEqual([1, 1, 1]);
      cleanup();
      await waitFor(() => expect(made[0]?.state).toBe("Stopped"));
      render(ui(create, "four"));
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      expect([made.length, found[0] === made[1], service.count("opened")]).toEqual([2, true, 2]);
    });

    test("a function in the component may be another one in each render: the first is called, once", async () => {
      const { create, made } = maker();
      function App(): ReactElement {
        return (
          <WebPubSubProvider create={() => create()}>
            <Probe />
          </WebPubSubProvider>
        );
      }
      const { rerender } = render(<App />);
      rerender(<App />);
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      rerender(<App />);
      expect([made.length, service.count("opened")]).toEqual([1, 1]);
    });

    test("url and credential make a core client", async () => {
      render(
        <Provider>
          <Probe />
        </Provider>,
      );
      await waitFor(() => expect(statuses()).toEqual(["joined"]));
      expect(found[0]).toBeInstanceOf(CoreClient);
      expect(found[0]).not.toBeInstanceOf(WebPubSubClient);
    });
  });

  test("setup is called once with each client that is made, before it starts", async () => {
    const states: string[] = [];
    const clients = new Set<CoreClient>();
    const setup = (client: CoreClient): void => {
      clients.add(client);
      states.push(client.state);
    };
    const Ui = ({ url }: { url: string }): ReactElement => (
      <StrictMode>
        <WebPubSubProvider url={url} options={page.options} setup={(client) => setup(client)}>
          <Status />
        </WebPubSubProvider>
      </StrictMode>
    );
    const [first, second] = await Promise.all([service.url(), service.url({ userId: "bob" })]);
    const { rerender } = render(<Ui url={first} />);
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    rerender(<Ui url={first} />);
    expect(states).toEqual(["Stopped"]);
    rerender(<Ui url={second} />);
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(states).toEqual(["Stopped", "Stopped"]);
    expect(clients.size).toBe(2);
  });

  test("setup is called with what create makes, too", async () => {
    const made: CoreClient[] = [];
    const set: CoreClient[] = [];
    const url = await service.url();
    const create = (): CoreClient => {
      const client = new WebPubSubClient(url, page.options);
      made.push(client);
      return client;
    };
    render(
      <WebPubSubProvider create={create} setup={(client) => set.push(client)}>
        <Status />
      </WebPubSubProvider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    expect(set).toEqual(made);
  });
});
