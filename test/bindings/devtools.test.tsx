/** The panel as a component of React and of Vue. */
import { cleanup, render } from "@testing-library/react";
import { mount } from "@vue/test-utils";
import { StrictMode } from "react";
import { afterEach, expect, test } from "vitest";
import { h } from "vue";
import { CoreClient } from "web-pubsub-client/core";
import { WebPubSubDevtools as ReactPanel } from "web-pubsub-client/devtools/react";
import { WebPubSubDevtools as VuePanel } from "web-pubsub-client/devtools/vue";
import { WebPubSubProvider } from "web-pubsub-client/react";
import { WebPubSubPlugin } from "web-pubsub-client/vue";

afterEach(cleanup);

const panels = (): Element[] => [...document.querySelectorAll("web-pubsub-devtools")];
const launcher = (): string | null | undefined =>
  panels()[0]?.shadowRoot?.querySelector(".launcher")?.getAttribute("aria-label");

test("React: one line shows the panel of the provider's client while it is mounted", () => {
  const client = new CoreClient("wss://host");
  const app = (name: string) => (
    <StrictMode>
      <WebPubSubProvider client={client}>
        <WebPubSubDevtools name={name} faults="http://localhost:8080/admin" />
      </WebPubSubProvider>
    </StrictMode>
  );
  const WebPubSubDevtools = ReactPanel;
  const { rerender, unmount } = render(app("Ann"));
  expect(panels()).toHaveLength(1);
  expect(launcher()).toBe("Ann: Stopped, inspect the connection");
  const [before] = panels();
  rerender(app("Ann"));
  expect(panels()).toEqual([before]);
  rerender(app("Bob"));
  expect(launcher()).toBe("Bob: Stopped, inspect the connection");
  unmount();
  expect(panels()).toEqual([]);
});

test("Vue: one line shows the panel of the plugin's client while it is mounted", () => {
  const client = new CoreClient("wss://host");
  const container = document.body.appendChild(document.createElement("main"));
  const wrapper = mount(
    { render: () => h(VuePanel, { name: "Ann", open: true, container }) },
    { global: { plugins: [[WebPubSubPlugin, { client }]] } },
  );
  expect(panels()).toHaveLength(1);
  expect(panels()[0]?.parentElement).toBe(container);
  expect(launcher()).toBe("Ann: Stopped, inspect the connection");
  expect(panels()[0]?.shadowRoot?.querySelector("section")?.hidden).toBe(false);
  wrapper.unmount();
  expect(panels()).toEqual([]);
  container.remove();
});
