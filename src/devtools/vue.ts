/** The panel as a component for Vue. */
import { defineComponent, onMounted, onScopeDispose, type PropType } from "vue";
import { useWebPubSubClient } from "../vue/index.js";
import { mountDevtools, type DevtoolsOptions } from "./index.js";

export type { DevtoolsOptions } from "./options.js";

/**
 * Shows the panel for the client of `WebPubSubPlugin` while it is mounted, with the options that it has then. Renders
 * nothing, and does nothing in bundles without the condition `development`.
 */
export const WebPubSubDevtools = /* @__PURE__ */ defineComponent({
  name: "WebPubSubDevtools",
  props: {
    faults: String,
    container: Object as PropType<ParentNode>,
    open: { type: Boolean, default: undefined },
    name: String,
    corner: String as PropType<DevtoolsOptions["corner"]>,
  },
  setup(props) {
    const client = useWebPubSubClient();
    let remove: (() => void) | undefined;
    onMounted(() => (remove = mountDevtools(client, props)));
    onScopeDispose(() => remove?.());
    return () => null;
  },
});
