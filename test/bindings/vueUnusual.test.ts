import { mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  createApp,
  defineComponent,
  h,
  KeepAlive,
  nextTick,
  ref,
  Suspense,
  version,
  type Component,
} from "vue";
import { useGroup, useGroupMessages, useGroupStream, WebPubSubPlugin } from "web-pubsub-client/vue";
import { eventually, releaseDelayInMs, useEmulator } from "./support/room.js";
import { Status } from "./support/vuePage.js";

const service = useEmulator();
const options = { releaseDelayInMs };
let url: string;
beforeEach(async () => {
  url = await service.url();
});
afterEach(() => eventually(() => expect(service.connections()).toBe(0)));

function show(component: Component, errorHandler?: (error: unknown) => void): VueWrapper {
  const config = errorHandler === undefined ? {} : { errorHandler };
  const root = defineComponent(() => () => h(component));
  return mount(root, { global: { plugins: [[WebPubSubPlugin, { url, options }]], config } });
}

const joined = (wrapper: VueWrapper): Promise<void> =>
  eventually(() => expect(wrapper.find("p").text()).toBe("joined"));
/** As the service has seen it: connections, joins, leaves. */
const counts = (): number[] =>
  ["opened", "joinGroup room", "leaveGroup room"].map((what) => service.count(what));

describe(`unusual lives on Vue ${version}`, () => {
  test("a component mounted anew two hundred times: one connection, one join", async () => {
    const turn = ref(0);
    const wrapper = show(defineComponent(() => () => h("div", h(Status, { key: turn.value }))));
    for (; turn.value < 200; turn.value++) await nextTick();
    await joined(wrapper);
    expect(counts()).toEqual([1, 1, 0]);
    wrapper.unmount();
  });

  test("a handler that unmounts the application", async () => {
    const seen = vi.fn();
    const wrapper: VueWrapper = show(
      defineComponent(() => {
        useGroup("room", ({ data }) => {
          seen(data);
          wrapper.unmount();
        });
        return () => h(Status);
      }),
    );
    await joined(wrapper);
    for (const text of ["x", "y"]) service.publish("room", text);
    await eventually(() => expect(service.connections()).toBe(0));
    expect(seen.mock.calls).toEqual([["x"]]);
  });

  test("two applications on one page have a connection each", async () => {
    const apps = [Status, Status].map((each) => createApp(each).use(WebPubSubPlugin, { url, options }));
    const places = apps.map((app) => {
      const place = document.createElement("div");
      app.mount(place);
      return place;
    });
    await eventually(() => expect(places.map((place) => place.textContent)).toEqual(["joined", "joined"]));
    expect(service.connections()).toBe(2);
    for (const app of apps) app.unmount();
  });

  test("an asynchronous component, kept alive within Suspense, goes and comes", async () => {
    // Vue says there that Suspense is experimental.
    const said = vi.spyOn(console, "info").mockImplementation(() => {});
    const here = ref(true);
    const Late = defineComponent({
      async setup() {
        const { status } = useGroup("room");
        await nextTick();
        return () => h("p", status.value);
      },
    });
    const wrapper = show(
      defineComponent(
        () => () =>
          h("div", [
            h(Suspense, null, {
              default: () => h(KeepAlive, null, { default: () => (here.value ? h(Late) : h("b")) }),
            }),
          ]),
      ),
    );
    await joined(wrapper);
    for (let turn = 0; turn < 4; turn++) {
      here.value = !here.value;
      await nextTick();
    }
    await joined(wrapper);
    expect(counts()).toEqual([1, 1, 0]);
    wrapper.unmount();
    said.mockRestore();
  });

  test("a name that can't be one is reported and the old group left; the next good one is joined", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const errors: unknown[] = [];
    const group = ref("room");
    const wrapper = show(
      defineComponent(() => {
        const messages = useGroupMessages<string>(group);
        return () =>
          h("div", [
            h(Status, { group: "other" }),
            h("output", messages.value.map(({ data }) => data).join()),
          ]);
      }),
      (error) => errors.push(error),
    );
    await joined(wrapper);
    group.value = "";
    await nextTick();
    expect(errors.map(String)).toEqual(["TypeError: group must be a string of 1 to 1024 characters."]);
    await eventually(() => expect(service.groups()).toEqual(["other"]));
    group.value = "hall";
    await eventually(() => expect(service.members("hall")).toBe(1));
    service.publish("hall", "x");
    await eventually(() => expect(wrapper.find("output").text()).toBe("x"));
    wrapper.unmount();
    warned.mockRestore();
  });

  test.each([
    [-1, "RangeError: limit must be greater than or equal to 0."],
    ["many", "TypeError: limit must be a number."],
  ])("an option of useGroupStream that can't be is thrown, not shown: %j", (limit, words) => {
    const errors: unknown[] = [];
    const app = createApp(
      defineComponent(() => {
        const { error } = useGroupStream("room", { limit: limit as number });
        return () => h("p", String(error.value));
      }),
    ).use(WebPubSubPlugin, { url, options });
    app.config.errorHandler = (error) => errors.push(error);
    const place = document.createElement("div");
    app.mount(place);
    expect(errors.map(String)).toEqual([words]);
    expect(place.textContent).toBe("undefined");
    app.unmount();
  });
});

test.each([[undefined], [null], [{}]])("the plugin without a source (%j) says what it needs", (source) => {
  const app = createApp({});
  expect(() => app.use(WebPubSubPlugin, source as never)).toThrow(
    new TypeError("WebPubSubPlugin needs a client, create, a url or a credential."),
  );
});

test.each([
  [
    { create: () => undefined },
    "WebPubSubPlugin: what create returns must be a CoreClient or a WebPubSubClient.",
  ],
  [{ create: 5 }, "WebPubSubPlugin: create must be a function that returns a client."],
  [{ client: {} }, "WebPubSubPlugin: client must be a CoreClient or a WebPubSubClient."],
  [{ url: 5 }, "The first argument must be a client access URL or an object with getClientAccessUrl."],
  [
    { credential: {} },
    "The first argument must be a client access URL or an object with getClientAccessUrl.",
  ],
])("the plugin refuses what isn't a source: %j", (source, words) => {
  expect(() => createApp({}).use(WebPubSubPlugin, source as never)).toThrow(new TypeError(words));
});
