import { mount, type VueWrapper } from "@vue/test-utils";
import { defineComponent, h, type Component } from "vue";
import { useGroup, useGroupMessages, WebPubSubPlugin } from "web-pubsub-client/vue";
import { useBarePage } from "./page.js";

/** The plugin connects with the page's `url` and `options`, which a test may change. */
export function usePage() {
  const mounted: VueWrapper[] = [];
  // Mismatches on hydration, wrong scopes.
  const page = useBarePage("warn", () => {
    for (const wrapper of mounted.splice(0)) wrapper.unmount();
  });
  return Object.assign(page, {
    /** What is unmounted at the end of the test. */
    mounted,
    /** Mounts a component in an application with the plugin. */
    show(component: Component): VueWrapper {
      const root = defineComponent(() => () => h(component));
      const { url, options } = page;
      const wrapper = mount(root, { global: { plugins: [[WebPubSubPlugin, { url, options }]] } });
      mounted.push(wrapper);
      return wrapper;
    },
    dispose(wrapper: VueWrapper): void {
      mounted.splice(mounted.indexOf(wrapper), 1);
      wrapper.unmount();
    },
  });
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
