import { mount } from "@vue/test-utils";
import { describe, expect, test } from "vitest";
import { defineComponent, h, isProxy, reactive, readonly, ref, shallowReactive, toRaw, version } from "vue";
import type { CoreClient } from "web-pubsub-client";
import { useWebPubSubClient, WebPubSubPlugin } from "web-pubsub-client/vue";
import { testWrapping, type Wrap } from "../helpers/wrapping.js";
import { eventually, useEmulator } from "./support/room.js";
import { Log, logs, Status, statuses, beside } from "./support/vuePage.js";

const wraps: Record<string, Wrap> = {
  ref: (value) => ref(value).value as typeof value,
  reactive: (value) => reactive(value) as typeof value,
  shallowReactive: (value) => shallowReactive(value),
  readonly: (value) => readonly(value) as typeof value,
  "a store": (value) => reactive({ deep: [{ value }] }).deep[0]?.value as typeof value,
};

describe.each(Object.entries(wraps))(`wrapped by Vue ${version} in`, (name, wrap) => {
  testWrapping(name, wrap);

  test(`${name}: it is a proxy`, () => {
    expect(isProxy(wrap({}))).toBe(true);
  });
});

describe("a client in a reactive store", () => {
  const service = useEmulator();

  test.each(["client", "create"])(
    "the plugin takes it as its %s, and gives the client itself",
    async (how) => {
      const store = reactive({ client: await service.client() });
      expect(isProxy(store.client)).toBe(true);
      let found: CoreClient | undefined;
      const Probe = defineComponent(() => {
        found = useWebPubSubClient();
        return () => h("i");
      });
      const source = how === "client" ? { client: store.client } : { create: () => store.client };
      const wrapper = mount(beside(Probe, Status, Log), {
        global: { plugins: [[WebPubSubPlugin, source]] },
      });
      expect([isProxy(found), found]).toEqual([false, toRaw(store).client]);
      if (how === "client") await store.client.start();
      await eventually(() => expect(statuses(wrapper)).toEqual(["joined"]));
      await store.client.sendToGroup("room", "from the store");
      await eventually(() => expect(logs(wrapper)).toEqual([["from the store"]]));
      wrapper.unmount();
    },
  );
});
