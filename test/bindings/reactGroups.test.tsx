import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useEffect, useLayoutEffect, useState, version, type ReactElement } from "react";
import { describe, expect, test } from "vitest";
import { useConnection, useGroup, useServerMessage } from "web-pubsub-client/react";
import { z } from "zod";
import { Log, logs, Status, statuses, usePage } from "./support/reactPage.js";

const page = usePage();
const { Provider, service } = page;

describe(`groups on React ${version}`, () => {
  test("two components on one group: one membership, each gets everything, until the last has gone", async () => {
    const ui = (both: boolean): ReactElement => (
      <Provider>
        <Status />
        <Log />
        {both && <Log />}
      </Provider>
    );
    const { rerender } = render(ui(true));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "to both");
    await waitFor(() => expect(logs()).toEqual([["to both"], ["to both"]]));
    rerender(ui(false));
    service.publish("room", "to one");
    await waitFor(() => expect(logs()).toEqual([["to both", "to one"]]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
    rerender(<Provider>nobody</Provider>);
    await waitFor(() => expect(service.members("room")).toBe(0));
    expect(service.connections()).toBe(1);
  });

  test("a refused join reaches every component", async () => {
    page.url = await service.url({ roles: [] });
    render(
      <Provider>
        <Status />
        <Status />
      </Provider>,
    );
    await waitFor(() =>
      expect(statuses()).toEqual(["refused (SendMessageError)", "refused (SendMessageError)"]),
    );
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("another group name: the old group is left, the new one joined, and the log begins anew", async () => {
    const ui = (group: string): ReactElement => (
      <Provider>
        <Status group={group} />
        <Log group={group} />
      </Provider>
    );
    const { rerender } = render(ui("a"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("a", "in a");
    await waitFor(() => expect(logs()).toEqual([["in a"]]));
    rerender(ui("b"));
    expect(logs()).toEqual([[]]);
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    await waitFor(() => expect(service.groups()).toEqual(["b"]));
    service.publish("a", "too late");
    service.publish("b", "in b");
    await waitFor(() => expect(logs()).toEqual([["in b"]]));
  });

  test("handlers may change in each render: the newest is called, nothing is subscribed again", async () => {
    const seen: string[] = [];
    function Room(): ReactElement {
      const [count, setCount] = useState(0);
      useGroup<string>("room", ({ data }) => seen.push(`${data} to ${count}`));
      useServerMessage(({ data }) => seen.push(`server ${data as string} to ${count}`));
      return <button onClick={() => setCount(count + 1)}>count {count}</button>;
    }
    render(
      <Provider>
        <Room />
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "x");
    await waitFor(() => expect(seen).toHaveLength(1));
    for (let i = 0; i < 3; i++) fireEvent.click(screen.getByRole("button"));
    service.publish("room", "y");
    service.emulator.hub("chat").sendToAll("z");
    await waitFor(() => expect(seen).toEqual(["x to 0", "y to 3", "server z to 3"]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("a name that has changed: what still comes for the old one reaches neither handler nor log", async () => {
    const seen: string[] = [];
    function Room({ group }: { group: string }): ReactElement {
      useGroup<string>(group, ({ data }) => seen.push(`${data} while in ${group}`));
      // Committed, and the subscription to the old group not ended yet.
      useLayoutEffect(() => page.spy.release(), [group]);
      return <Log group={group} />;
    }
    const ui = (group: string): ReactElement => (
      <Provider>
        <Room group={group} />
        <Status group={group} />
      </Provider>
    );
    const { rerender } = render(ui("a"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("a", "early");
    await waitFor(() => expect(logs()).toEqual([["early"]]));
    page.spy.hold();
    service.publish("a", "late");
    await waitFor(() => expect(page.spy.waiting).toBeGreaterThan(0));
    rerender(ui("b"));
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("b", "in b");
    await waitFor(() => expect(logs()).toEqual([["in b"]]));
    expect(seen).toEqual(["early while in a", "in b while in b"]);
  });

  test("a handler that unmounts another component: that one isn't called any more", async () => {
    const seen: string[] = [];
    const ended = { two: () => {} };
    function One(): null {
      useGroup<string>("room", ({ data }) => {
        seen.push(`one ${data}`);
        if (data === "go") ended.two();
      });
      return null;
    }
    function Two(): null {
      useGroup<string>("room", ({ data }) => seen.push(`two ${data}`));
      return null;
    }
    function Both(): ReactElement {
      const [both, setBoth] = useState(true);
      useEffect(() => {
        ended.two = () => act(() => setBoth(false));
      }, []);
      return (
        <>
          <One />
          {both && <Two />}
          <Status />
        </>
      );
    }
    render(
      <Provider>
        <Both />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    for (const text of ["stay", "go", "on"]) service.publish("room", text);
    await waitFor(() => expect(seen).toContain("one on"));
    expect(seen).toEqual(["one stay", "two stay", "one go", "one on"]);
  });

  test("two hundred groups at once, each joined once", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `room ${i}`);
    render(
      <StrictMode>
        <Provider>
          {names.map((group) => (
            <Status key={group} group={group} />
          ))}
        </Provider>
      </StrictMode>,
    );
    await waitFor(() => expect(statuses()).toEqual(names.map(() => "joined")));
    expect(names.map((group) => service.count(`joinGroup ${group}`))).toEqual(names.map(() => 1));
    expect(service.count("opened")).toBe(1);
  });

  test("a log keeps the newest, and send is the same function in each render", async () => {
    const sends = new Set<unknown>();
    function Room(): null {
      sends.add(useGroup("room").send);
      useConnection();
      return null;
    }
    render(
      <Provider>
        <Room />
        <Status />
        <Log limit={2} />
        <Log limit={0} />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    for (const text of ["1", "2", "3"]) service.publish("room", text);
    await waitFor(() => expect(logs()).toEqual([["2", "3"], []]));
    expect(sends.size).toBe(1);
  });

  test("a burst is delivered to the last message", async () => {
    render(
      <Provider>
        <Status />
        <Log limit={1_000} />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    const texts = Array.from({ length: 500 }, (_, i) => String(i));
    for (const text of texts) service.publish("room", text);
    await waitFor(() => expect(logs()).toEqual([texts]));
  });

  test("a schema types what arrives; what doesn't fit goes to its own handler", async () => {
    const chat = z.object({ text: z.string() });
    const seen: unknown[] = [];
    function Room(): null {
      useGroup("room", ({ data }) => seen.push(data.text.length), {
        schema: chat,
        onInvalidMessage: ({ groupMessage }) => seen.push(groupMessage.data),
      });
      return null;
    }
    render(
      <Provider>
        <Room />
        <Status />
      </Provider>,
    );
    await waitFor(() => expect(statuses()).toEqual(["joined"]));
    service.publish("room", "bare");
    service.publish("room", { text: "four" });
    await waitFor(() => expect(seen).toEqual(["bare", 4]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });
});
