import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useState, version, type ReactElement } from "react";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { GroupMessage } from "web-pubsub-client";
import { useGroupMessages } from "web-pubsub-client/react";
import { HistoryStore } from "../helpers/historyStore.js";
import { logs, usePage } from "./support/reactPage.js";

const page = usePage();
const { Provider, service } = page;

/** The log of a room with history; the options are a new object in each render. */
function Filled({ store, group = "room", limit }: { store: HistoryStore; group?: string; limit?: number }) {
  const history = { ...store.options };
  const { messages, complete, loadOlder } = useGroupMessages<string>(group, { history, limit });
  const [count, setCount] = useState<number>();
  return (
    <>
      <ol data-testid="log">
        {messages.map(({ key, data }) => (
          <li key={key}>{data}</li>
        ))}
      </ol>
      <p data-testid="complete">{String(complete)}</p>
      <button onClick={() => void loadOlder().then(({ length }) => setCount(length))}>older</button>
      <p data-testid="older">{count}</p>
    </>
  );
}

const complete = (): (string | null)[] =>
  screen.getAllByTestId("complete").map(({ textContent }) => textContent);

/** The store gets it, then the group. */
function publish(store: HistoryStore, ...texts: string[]): void {
  for (const text of texts) {
    store.add(text);
    service.publish("room", text);
  }
}

describe(`history on React ${version}`, () => {
  test("shows what the store has, then what is received, and what a restart of the service has hidden", async () => {
    const store = new HistoryStore().add("a", "b");
    page.options = { ...page.options, environment: { ...page.spy.environment, random: () => 0 } };
    render(
      <StrictMode>
        <Provider>
          <Filled store={store} />
        </Provider>
      </StrictMode>,
    );
    expect(complete()).toEqual(["false"]);
    await waitFor(() => expect(logs()).toEqual([["a", "b"]]));
    expect(complete()).toEqual(["true"]);
    publish(store, "c");
    await waitFor(() => expect(logs()).toEqual([["a", "b", "c"]]));

    service.emulator.faults.restartService();
    store.add("d", "e");
    await waitFor(() => expect(logs()).toEqual([["a", "b", "c", "d", "e"]]));
    await waitFor(() => expect(complete()).toEqual(["true"]));
  });

  test("a component that comes later shows what the others show", async () => {
    const store = new HistoryStore().add("a");
    const ui = (both: boolean): ReactElement => (
      <Provider>
        <Filled store={store} />
        {both && <Filled store={store} limit={1} />}
      </Provider>
    );
    const { rerender } = render(ui(false));
    await waitFor(() => expect(logs()).toEqual([["a"]]));
    publish(store, "b");
    await waitFor(() => expect(logs()).toEqual([["a", "b"]]));
    rerender(ui(true));
    expect(logs()).toEqual([["a", "b"], ["b"]]);
    expect(complete()).toEqual(["true", "true"]);
    expect(store.asked).toEqual(["newest 3"]);
  });

  test("`loadOlder` puts a page in front, and the list may be longer by that", async () => {
    const store = new HistoryStore(2).add("a", "b", "c", "d", "e");
    render(
      <Provider>
        <Filled store={store} limit={2} />
      </Provider>,
    );
    await waitFor(() => expect(logs()).toEqual([["d", "e"]]));
    fireEvent.click(screen.getByText("older"));
    await waitFor(() => expect(logs()).toEqual([["b", "c", "d", "e"]]));
    publish(store, "f");
    await waitFor(() => expect(logs()).toEqual([["c", "d", "e", "f"]]));
    fireEvent.click(screen.getByText("older"));
    await waitFor(() => expect(logs()).toEqual([["a", "b", "c", "d", "e", "f"]]));
    fireEvent.click(screen.getByText("older"));
    await waitFor(() => expect(screen.getByTestId("older").textContent).toBe("0"));
    expect(logs()).toEqual([["a", "b", "c", "d", "e", "f"]]);
  });

  test("`loadOlder` that is called at once, and twice, brings nothing twice", async () => {
    const store = new HistoryStore(2).add("a", "b", "c", "d");
    render(
      <Provider>
        <Filled store={store} limit={2} />
      </Provider>,
    );
    fireEvent.click(screen.getByText("older"));
    fireEvent.click(screen.getByText("older"));
    await waitFor(() => expect(screen.getByTestId("older").textContent).toBe("2"));
    expect(logs()).toEqual([["a", "b", "c", "d"]]);
  });

  test("`loadOlder` that brings nothing lets the list grow no longer", async () => {
    const store = new HistoryStore(2).add("a", "b");
    render(
      <Provider>
        <Filled store={store} limit={2} />
      </Provider>,
    );
    await waitFor(() => expect(logs()).toEqual([["a", "b"]]));
    fireEvent.click(screen.getByText("older"));
    await waitFor(() => expect(screen.getByTestId("older").textContent).toBe("0"));
    publish(store, "c", "d", "e");
    await waitFor(() => expect(logs()).toEqual([["d", "e"]]));
  });

  test("what is loaded late stands where it belongs", async () => {
    const store = new HistoryStore().add("a", "b");
    store.fails("down");
    const load = store.later();
    page.options = { ...page.options, reconnectRetryOptions: { retryDelayInMs: 1 } };
    render(
      <Provider>
        <Filled store={store} />
      </Provider>,
    );
    await waitFor(() => expect(store.asked).toHaveLength(2));
    publish(store, "c");
    await waitFor(() => expect(logs()).toEqual([["c"]]));
    load.answer();
    await waitFor(() => expect(logs()).toEqual([["a", "b", "c"]]));
  });

  test("another group begins anew, and without history it is a list as before", async () => {
    const store = new HistoryStore().add("a");
    const { rerender } = render(
      <Provider>
        <Filled store={store} group="one" />
      </Provider>,
    );
    await waitFor(() => expect(logs()).toEqual([["a"]]));
    store.add("b");
    rerender(
      <Provider>
        <Filled store={store} group="two" />
      </Provider>,
    );
    expect(logs()).toEqual([[]]);
    expect(complete()).toEqual(["false"]);
    await waitFor(() => expect(logs()).toEqual([["a", "b"]]));

    function Plain(): null {
      expectTypeOf(useGroupMessages<string>("room")).toEqualTypeOf<readonly GroupMessage<string>[]>();
      expectTypeOf(useGroupMessages<string>("room", { limit: 3 })).toEqualTypeOf<
        readonly GroupMessage<string>[]
      >();
      return null;
    }
    rerender(
      <Provider>
        <Plain />
      </Provider>,
    );
  });
});
