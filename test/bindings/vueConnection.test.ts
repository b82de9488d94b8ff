import { mount } from "@vue/test-utils";
import { describe, expect, test } from "vitest";
import { createApp, createSSRApp, defineComponent, h, nextTick, reactive, ref, version, type App } from "vue";
import { renderToString } from "vue/server-renderer";
import { CoreClient, WebPubSubClient } from "web-pubsub-client";
import {
  useConnection,
  useGroup,
  useGroupMessages,
  useServerMessage,
  useWebPubSubClient,
  WebPubSubPlugin,
} from "web-pubsub-client/vue";
import { eventually } from "./support/room.js";
import { beside, Log, logs, Status, statuses, usePage } from "./support/vuePage.js";

const page = usePage();
const { service } = page;

describe(`the connection on Vue ${version}`, () => {
  test("nothing connects on a server, and hydration takes its markup over", async () => {
    const Room = defineComponent(() => {
      const connection = useConnection();
      const { status } = useGroup("room");
      const messages = useGroupMessages("room");
      useServerMessage(() => {});
      return () => h("p", `${connection.value.state}/${status.value}/${messages.value.length}`);
    });
    const make = (): App => createSSRApp(Room).use(WebPubSubPlugin, { url: page.url, options: page.options });
    const container = document.createElement("div");
    container.innerHTML = await renderToString(make());
    expect(container.textContent).toBe("Stopped/idle/0");
    expect(page.spy.sockets).toHaveLength(0);
    const app = make();
    app.mount(container);
    await eventually(() => expect(container.textContent).toBe("Connected/joined/0"));
    expect(page.spy.sockets).toHaveLength(1);
    app.unmount();
  });

  test("unmounted while connecting: the attempt is given up and nothing is left", async () => {
    service.emulator.faults.refuseUpgrades({ with: "hang" });
    const wrapper = page.show(Status);
    await eventually(() => expect(page.spy.sockets).toHaveLength(1));
    page.dispose(wrapper);
    await eventually(() => expect(page.spy.sockets[0]?.readyState).toBe(3));
    service.emulator.faults.reset();
    expect(page.spy.sockets).toHaveLength(1);
  });

  test("a first attempt that fails is followed by others; the page is told", async () => {
    service.emulator.faults.refuseUpgrades({ with: 503, times: 1 });
    page.options = { ...page.options, reconnectRetryOptions: { retryDelayInMs: 100 } };
    const seen: string[] = [];
    const wrapper = page.show(
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
    const versions = [beside(Status, Log), beside(Status, Log)];
    const wrapper = page.show(
      defineComponent(() => () => h(versions[key.value] ?? Status, { key: key.value })),
    );
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    key.value = 1;
    await nextTick();
    await nextTick();
    expect(statuses(wrapper)).toEqual(["joined"]);
    service.publish("room", "still here");
    await eventually(() => expect(logs(wrapper)).toEqual([["still here"]]));
    expect([page.spy.sockets.length, page.spy.groups("joinGroup"), page.spy.groups("leaveGroup")]).toEqual([
      1,
      ["room"],
      [],
    ]);
  });

  test("a client of yours is neither started nor stopped", async () => {
    const client = await service.client({ environment: page.spy.environment });
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
    await eventually(() => expect(page.spy.groups("leaveGroup")).toEqual(["room"]));
    expect(client.state).toBe("Connected");
    await client.stop();
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
    const wrapper = page.show(beside(States, Status, Log));
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.emulator.faults.cutTransports();
    service.publish("room", "in the gap");
    await eventually(() => expect(logs(wrapper)).toEqual([["in the gap"]]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(page.spy.groups("joinGroup")).toEqual(["room", "room"]));
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.publish("room", "anew");
    await eventually(() => expect(logs(wrapper)).toEqual([["in the gap", "anew"]]));
    expect(states).toContain("Recovering");
    expect(states.at(-1)).toBe("Connected");
  });

  test("a credential is asked on every new connection", async () => {
    let asked = 0;
    const credential = {
      getClientAccessUrl: async () => {
        asked++;
        return page.url;
      },
    };
    const wrapper = mount(Status, {
      global: { plugins: [[WebPubSubPlugin, { credential, options: page.options }]] },
    });
    page.mounted.push(wrapper);
    await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(asked).toBe(2));
    await eventually(() => expect(service.members("room")).toBe(1));
  });

  describe("create", () => {
    test("makes one client, which is connected while the application is mounted and stopped after", async () => {
      const made: WebPubSubClient[] = [];
      const create = (): WebPubSubClient => {
        const client = new WebPubSubClient(page.url, page.options);
        made.push(client);
        return client;
      };
      let found: WebPubSubClient | undefined;
      const key = ref(0);
      const Probe = defineComponent(() => {
        found = useWebPubSubClient<WebPubSubClient>();
        return () => h(Status);
      });
      const wrapper = mount(
        defineComponent(() => () => h(Probe, { key: key.value })),
        { global: { plugins: [[WebPubSubPlugin, { create }]] } },
      );
      await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
      expect(made).toHaveLength(1);
      expect(found).toBe(made[0]);
      // It has all that was made: here the handles of a complete client.
      expect(found?.group("room").states).toEqual([]);
      // After the next mount its components use the same client.
      key.value = 1;
      await nextTick();
      expect(statuses(wrapper)).toEqual(["joined"]);
      expect([made.length, page.spy.groups("joinGroup")]).toEqual([1, ["room"]]);
      wrapper.unmount();
      await eventually(() => expect(made[0]?.state).toBe("Stopped"));
      expect(page.spy.sockets).toHaveLength(1);
    });

    test("each application makes a client of its own, which doesn't connect on a server", async () => {
      const made: WebPubSubClient[] = [];
      const create = (): WebPubSubClient => {
        const client = new WebPubSubClient(page.url, page.options);
        made.push(client);
        return client;
      };
      const apps = [createSSRApp(Status), createSSRApp(Status)].map((app) =>
        app.use(WebPubSubPlugin, { create }),
      );
      const [html] = await Promise.all(apps.map((app) => renderToString(app)));
      expect(html).toBe("<p>idle</p>");
      expect(made.map(({ state }) => state)).toEqual(["Stopped", "Stopped"]);
      expect(page.spy.sockets).toHaveLength(0);
    });

    test("url and credential make a core client", async () => {
      let found: CoreClient | undefined;
      const wrapper = page.show(
        defineComponent(() => {
          found = useWebPubSubClient();
          return () => h(Status);
        }),
      );
      await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
      expect(found).toBeInstanceOf(CoreClient);
      expect(found).not.toBeInstanceOf(WebPubSubClient);
    });
  });

  test("setup is called once with the client that is made, before it starts", async () => {
    for (const source of [
      { url: page.url, options: page.options },
      { create: () => new WebPubSubClient(page.url, page.options) },
    ]) {
      const states: string[] = [];
      let client: CoreClient | undefined;
      const app = createApp(Status).use(WebPubSubPlugin, {
        ...source,
        setup: (made: CoreClient) => {
          client = made;
          states.push(made.state);
        },
      });
      expect(states).toEqual(["Stopped"]);
      app.mount(document.createElement("div"));
      await eventually(() => expect(client?.state).toBe("Connected"));
      expect(states).toEqual(["Stopped"]);
      expect(client).toBe(app.runWithContext(useWebPubSubClient));
      app.unmount();
    }
  });
});
