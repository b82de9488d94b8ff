import { render, waitFor } from "@testing-library/react";
import { startTransition, StrictMode, Suspense, useState, version, type ReactElement } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { describe, expect, test, vi } from "vitest";
import { useConnection, useGroup, WebPubSubProvider } from "web-pubsub-client/react";
import { Log, logs, Status, statuses, usePage } from "./support/reactPage.js";
import { eventually, releaseDelayInMs } from "./support/room.js";
import { SERVER_MARKUP, ServerRoom } from "./support/serverRoom.js";

const page = usePage();
const { Provider, service } = page;

describe(`rendering on React ${version}`, () => {
  test("StrictMode opens one socket, joins once and delivers once", async () => {
    const seen = vi.fn();
    function Room(): ReactElement {
      useGroup("room", seen);
      return <Status />;
    }
    render(
      <StrictMode>
        <Provider>
          <Room />
        </Provider>
      </StrictMode>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "once");
    await waitFor(() => expect(seen).toHaveBeenCalled());
    expect(seen).toHaveBeenCalledOnce();
    expect(page.spy.sockets).toHaveLength(1);
    // As the service has counted it.
    expect(["opened", "joinGroup room", "leaveGroup room"].map((each) => service.count(each))).toEqual([
      1, 1, 0,
    ]);
  });

  test("hydration takes over what a server has rendered, then connects", async () => {
    const container = document.createElement("div");
    document.body.append(container);
    container.innerHTML = SERVER_MARKUP;
    const markup = container.firstChild;
    const root: Root = hydrateRoot(container, <ServerRoom url={page.url} options={page.options} />, {
      onRecoverableError: (error) => {
        throw error;
      },
    });
    await waitFor(() => expect(container.textContent).toBe("Connected/joined/0/0/0"));
    expect(container.firstChild).toBe(markup);
    expect(page.spy.sockets).toHaveLength(1);
    root.unmount();
    container.remove();
  });

  test("hidden by Suspense for longer than the moment, a provider keeps its connection", async () => {
    let wake = (): void => {};
    let sleeping: Promise<void> | undefined;
    function Sleeper(): null {
      // As libraries for data do it: a promise thrown hides what is in the boundary.
      if (sleeping !== undefined) throw sleeping as unknown as Error;
      return null;
    }
    const ui = (): ReactElement => (
      <Suspense fallback="asleep">
        <Provider>
          <Status />
          <Log />
        </Provider>
        <Sleeper />
      </Suspense>
    );
    const { rerender, container } = render(ui());
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    sleeping = new Promise((resolve) => {
      wake = () => {
        sleeping = undefined;
        resolve();
      };
    });
    rerender(ui());
    await waitFor(() => expect(container.textContent).toContain("asleep"));
    await new Promise((resolve) => setTimeout(resolve, 2 * releaseDelayInMs));
    service.publish("room", "meanwhile");
    wake();
    await waitFor(() => expect(container.textContent).not.toContain("asleep"));
    await waitFor(() => expect(logs()).toEqual([["meanwhile"]]));
    expect(page.spy.sockets).toHaveLength(1);
  });

  test("no tearing: whenever the page changes all components show the same state", async () => {
    function Part(): ReactElement {
      return <i>{useConnection().state}</i>;
    }
    const { container } = render(
      <Provider>
        {Array.from({ length: 20 }, (_, i) => (
          <Part key={i} />
        ))}
      </Provider>,
    );
    const pictures: number[] = [];
    const observer = new MutationObserver(() => {
      pictures.push(
        new Set(Array.from(container.querySelectorAll("i"), ({ textContent }) => textContent)).size,
      );
    });
    observer.observe(container, { childList: true, characterData: true, subtree: true });
    await waitFor(() => expect(service.connections()).toBe(1));
    service.emulator.faults.cutTransports();
    await waitFor(() => expect(page.spy.sockets).toHaveLength(2));
    await waitFor(() => expect(container.textContent).toBe("Connected".repeat(20)));
    observer.disconnect();
    expect(pictures.length).toBeGreaterThan(1);
    expect(new Set(pictures)).toEqual(new Set([1]));
  });

  test("no tearing in a transition: what changes between its slices changes for all of it", async () => {
    const rendered: string[] = [];
    let early = 0;
    function Part(): ReactElement {
      const { status } = useGroup("room");
      const text = `${useConnection().state} ${status}`;
      if (rendered.push(text) === 3) {
        // At the end of this slice.
        queueMicrotask(() => {
          early = rendered.length;
          page.spy.release();
        });
      }
      // Longer than a slice.
      const end = performance.now() + 8;
      while (performance.now() < end);
      return <i>{text}</i>;
    }
    let show = (): void => {};
    function Page(): ReactElement {
      const [parts, setParts] = useState(0);
      show = () => startTransition(() => setParts(20));
      return (
        <>
          {Array.from({ length: parts }, (_, i) => (
            <Part key={i} />
          ))}
        </>
      );
    }
    const client = await service.client({ environment: page.spy.environment });
    const container = document.createElement("div");
    const pictures: string[][] = [];
    const observer = new MutationObserver(() => {
      pictures.push(Array.from(container.querySelectorAll("i"), ({ textContent }) => textContent ?? ""));
    });
    observer.observe(container, { childList: true, characterData: true, subtree: true });
    // As in a page: in `act` there are no slices.
    const world = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
    const before = world.IS_REACT_ACT_ENVIRONMENT;
    world.IS_REACT_ACT_ENVIRONMENT = false;
    const root = createRoot(container);
    try {
      root.render(
        <WebPubSubProvider client={client}>
          <Page />
        </WebPubSubProvider>,
      );
      await eventually(() => expect(show).not.toThrow());
      page.spy.hold();
      const started = client.start();
      await eventually(() => expect(page.spy.waiting).toBe(1));
      rendered.length = 0;
      show();
      await started;
      await eventually(() => expect(pictures.at(-1)).toEqual(Array(20).fill("Connected joined")));
      // The change came in the middle of the rendering.
      expect(early).toBeLessThan(20);
      expect(new Set(rendered.slice(0, early))).toEqual(new Set(["Connecting idle"]));
      for (const picture of pictures) expect(new Set(picture).size).toBeLessThan(2);
    } finally {
      observer.disconnect();
      root.unmount();
      world.IS_REACT_ACT_ENVIRONMENT = before;
    }
    await client.stop();
  });
});
