import { flushSync, hydrate, unmount } from "svelte";
import { describe, expect, test } from "vitest";
import { CoreClient, WebPubSubClient } from "web-pubsub-client";
import { useConnection, useServerMessage, useWebPubSubClient } from "web-pubsub-client/svelte";
import { eventually } from "./support/room.js";
import { log, state, status, usePage, version, type Setup } from "./support/sveltePage.js";
import { everything, SERVER_MARKUP } from "./support/svelteServerRoom.js";
import Root from "./support/Root.svelte";

const page = usePage();
const { service } = page;

describe(`the connection on Svelte ${version}`, () => {
  test("hydration takes over the markup of a server, and connects", async () => {
    const place = document.createElement("div");
    place.innerHTML = SERVER_MARKUP;
    const markup = place.querySelector("p");
    const source = { url: page.url, options: page.options };
    const parts = state([{ key: 1, setup: everything }]);
    const component = hydrate(Root, { target: place, props: { source, parts } });
    flushSync();
    await eventually(() => expect(place.textContent).toBe("Connected/joined/0/0/0"));
    expect(place.querySelector("p")).toBe(markup);
    expect(page.spy.sockets).toHaveLength(1);
    void unmount(component);
  });

  test("unmounted while connecting: the attempt is given up and nothing is left", async () => {
    service.emulator.faults.refuseUpgrades({ with: "hang" });
    const shown = page.show(status());
    await eventually(() => expect(page.spy.sockets).toHaveLength(1));
    shown.unmount();
    await eventually(() => expect(page.spy.sockets[0]?.readyState).toBe(3));
    service.emulator.faults.reset();
    expect(page.spy.sockets).toHaveLength(1);
  });

  test("a first attempt that fails is followed by others; the page is told", async () => {
    service.emulator.faults.refuseUpgrades({ with: 503, times: 1 });
    page.options = { ...page.options, reconnectRetryOptions: { retryDelayInMs: 100 } };
    const seen: string[] = [];
    const shown = page.show(() => {
      const connection = useConnection();
      return () => {
        const { state, error, attempt, nextAttemptAt } = connection;
        const waits = nextAttemptAt === undefined ? "" : "waiting";
        const text = `${state} ${error?.name ?? "fine"} ${attempt ?? "-"} ${waits}`;
        if (seen.at(-1) !== text) seen.push(text);
        return text;
      };
    }, status());
    await eventually(() => expect(shown.texts()[1]).toBe("joined"));
    expect(seen).toEqual([
      "Connecting fine 1 ",
      "Disconnected ConnectionError 2 waiting",
      "Connecting ConnectionError 2 ",
      "Connected fine - ",
    ]);
  });

  test("the connection says who and which it is", async () => {
    const shown = page.show(() => {
      const connection = useConnection();
      return () => `${connection.userId} ${connection.connectionId}`;
    });
    await eventually(() => expect(service.connections()).toBe(1));
    const [one] = service.emulator.hub("chat").connections();
    await eventually(() => expect(shown.texts()).toEqual([`ann ${one?.connectionId}`]));
  });

  test("a component mounted anew (hot reload) finds its group joined and its connection standing", async () => {
    const shown = page.show(status(), log());
    await eventually(() => expect(shown.texts()).toEqual(["joined", "log: "]));
    // What hot reload does: the same place, other components.
    shown.change(status(), log());
    expect(shown.texts()).toEqual(["joined", "log: "]);
    service.publish("room", "still here");
    await eventually(() => expect(shown.texts()[1]).toBe("log: still here"));
    expect([page.spy.sockets.length, page.spy.groups("joinGroup"), page.spy.groups("leaveGroup")]).toEqual([
      1,
      ["room"],
      [],
    ]);
  });

  test("a client of yours is neither started nor stopped", async () => {
    const client = await service.client({ environment: page.spy.environment });
    let found: CoreClient | undefined;
    const shown = page.showWith({ client }, () => {
      found = useWebPubSubClient<WebPubSubClient>();
      return status()();
    });
    expect(found).toBe(client);
    expect([shown.texts(), client.state]).toEqual([["waiting"], "Stopped"]);
    await client.start();
    await eventually(() => expect(shown.texts()).toEqual(["joined"]));
    shown.unmount();
    await eventually(() => expect(page.spy.groups("leaveGroup")).toEqual(["room"]));
    expect(client.state).toBe("Connected");
    await client.stop();
  });

  test("reconnects under mounted components: recovery loses nothing, a new connection joins again", async () => {
    const states: string[] = [];
    const shown = page.show(status(), log(), () => {
      const connection = useConnection();
      return () => {
        states.push(connection.state);
        return "";
      };
    });
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    service.emulator.faults.cutTransports();
    service.publish("room", "in the gap");
    await eventually(() => expect(shown.texts()[1]).toBe("log: in the gap"));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(page.spy.groups("joinGroup")).toEqual(["room", "room"]));
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    service.publish("room", "anew");
    await eventually(() => expect(shown.texts()[1]).toBe("log: in the gap,anew"));
    expect(states).toContain("Recovering");
    expect(states.at(-1)).toBe("Connected");
  });

  test("a credential is asked on every new connection", async () => {
    let asked = 0;
    const getClientAccessUrl = async (): Promise<string> => {
      asked++;
      return page.url;
    };
    const shown = page.showWith({ credential: { getClientAccessUrl }, options: page.options }, status());
    await eventually(() => expect(shown.texts()).toEqual(["joined"]));
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(asked).toBe(2));
    await eventually(() => expect(service.members("room")).toBe(1));
  });

  test("create makes one client, which is connected while a component is mounted and stopped after", async () => {
    const made: WebPubSubClient[] = [];
    const create = (): WebPubSubClient => {
      const client = new WebPubSubClient(page.url, page.options);
      made.push(client);
      return client;
    };
    let found: WebPubSubClient | undefined;
    const probe = (): Setup => () => {
      found = useWebPubSubClient<WebPubSubClient>();
      return status()();
    };
    const shown = page.showWith({ create }, probe());
    await eventually(() => expect(shown.texts()).toEqual(["joined"]));
    expect(found).toBe(made[0]);
    // It has all that was made: here the handles of a complete client.
    expect(found?.group("room").states).toEqual([]);
    // After the next mount its components use the same client.
    shown.change(probe());
    expect(shown.texts()).toEqual(["joined"]);
    expect([made.length, page.spy.groups("joinGroup")]).toEqual([1, ["room"]]);
    shown.unmount();
    await eventually(() => expect(made[0]?.state).toBe("Stopped"));
    expect(page.spy.sockets).toHaveLength(1);
  });

  test("url and credential make a core client; setup is called once with it, before it starts", async () => {
    const clients: CoreClient[] = [];
    const states: string[] = [];
    const setup = (client: CoreClient): void => {
      clients.push(client);
      states.push(client.state);
    };
    let found: CoreClient | undefined;
    const shown = page.showWith({ url: page.url, options: page.options, setup }, () => {
      found = useWebPubSubClient();
      return status()();
    });
    await eventually(() => expect(shown.texts()).toEqual(["joined"]));
    expect(found).toBeInstanceOf(CoreClient);
    expect(found).not.toBeInstanceOf(WebPubSubClient);
    expect([clients, states]).toEqual([[found], ["Stopped"]]);
  });

  test("messages of the server arrive while the component is mounted", async () => {
    const fromServer: unknown[] = [];
    const shown = page.show(status(), () => {
      useServerMessage(({ data }) => fromServer.push(data));
      return () => "";
    });
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    service.emulator.hub("chat").sendToAll("all");
    await eventually(() => expect(fromServer).toEqual(["all"]));
    shown.unmount();
    service.emulator.hub("chat").sendToAll("too late");
    await eventually(() => expect(service.connections()).toBe(0));
    expect(fromServer).toEqual(["all"]);
  });
});
