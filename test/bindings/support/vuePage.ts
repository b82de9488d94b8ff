import { mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { defineComponent, h, type Component } from "vue";
import type { WebPubSubClientOptions } from "web-pubsub-client";
import { useGroup, useGroupMessages, WebPubSubPlugin } from "web-pubsub-client/vue";
import { eventually, releaseDelayInMs, useEmulator } from "./room.js";
import { spySockets } from "./spySocket.js";

/** A page, a service and sockets for each test of the file. What Vue complains of fails the test. */
export function usePage() {
  const service = useEmulator();
  // Vue tells of mistakes (mismatches on hydration, wrong scopes) by console.warn.
  const complaints = vi.spyOn(console, "warn");
  const page = {
    service,
    /** Where and how the plugin connects; a test may change both. */
    url: "",
    options: {} as WebPubSubClientOptions,
    spy: spySockets(),
    /** What is unmounted at the end of the test. */
    mounted: [] as VueWrapper[],
    /** Mounts a component in an application with the plugin. */
    show(component: Component): VueWrapper {
      const root = defineComponent(() => () => h(component));
      const { url, options } = page;
      const wrapper = mount(root, { global: { plugins: [[WebPubSubPlugin, { url, options }]] } });
      page.mounted.push(wrapper);
      return wrapper;
    },
    dispose(wrapper: VueWrapper): void {
      page.mounted.splice(page.mounted.indexOf(wrapper), 1);
      wrapper.unmount();
    },
  };
  beforeEach(async () => {
    page.url = await service.url();
    page.spy = spySockets();
    page.options = { releaseDelayInMs, environment: page.spy.environment };
    complaints.mockClear();
  });
  afterEach(async () => {
    for (const wrapper of page.mounted.splice(0)) wrapper.unmount();
    expect(complaints.mock.calls).toEqual([]);
    await eventually(() => expect(service.connections()).toBe(0));
  });
  return page;
}

export const Status = defineComponent({
  props: { group: { type: String, default: "room" } },
  setup(props) {
    const { status, error } = useGroup(() => props.group);
    return () => h("p", `${status.value}${error.value ? ` (${error.value.name})` : ""}`);
  },
});

export const Log = defineComponent({
  props: { group: { type: String, default: "room" }, limit: { type: Number, default: undefined } },
  setup(props) {
    const messages = useGroupMessages<string>(() => props.group, { limit: props.limit });
    return () =>
      h(
        "ol",
        messages.value.map(({ key, data }) => h("li", { key }, data)),
      );
  },
});

export const statuses = (wrapper: VueWrapper): string[] => wrapper.findAll("p").map((each) => each.text());
export const logs = (wrapper: VueWrapper): string[][] =>
  wrapper.findAll("ol").map((list) => list.findAll("li").map((each) => each.text()));
/** Several components in one. */
export const beside = (...children: Component[]) =>
  defineComponent(
    () => () =>
      h(
        "div",
        children.map((child) => h(child)),
      ),
  );
