// @vitest-environment node
import { render } from "svelte/server";
import { expect, test, vi } from "vitest";
import { spySockets } from "./support/spySocket.js";
import { everything, SERVER_MARKUP } from "./support/svelteServerRoom.js";
import Root from "./support/Root.svelte";

test("Svelte on a server: every function renders, nothing connects, nothing is left behind", () => {
  const complaints = vi.spyOn(console, "warn");
  const setTimer = vi.fn();
  const setup = vi.fn();
  const spy = spySockets();
  const source = {
    url: "ws://127.0.0.1:1/client/hubs/chat",
    options: { environment: { ...spy.environment, setTimer } },
    setup,
  };
  const parts = { current: [{ key: 1, setup: everything }] };
  const { body } = render(Root, { props: { source, parts } });
  expect(body).toBe(SERVER_MARKUP);
  expect(setup).toHaveBeenCalledOnce();
  expect(spy.sockets).toEqual([]);
  expect(setTimer).not.toHaveBeenCalled();
  expect(complaints).not.toHaveBeenCalled();
});
