import { flushSync } from "svelte";
import { describe, expect, test } from "vitest";
import { useGroup, type GroupView } from "web-pubsub-client/svelte";
import { z } from "zod";
import { eventually } from "./support/room.js";
import { log, state, status, usePage, version } from "./support/sveltePage.js";

const page = usePage();
const { service } = page;

describe(`groups on Svelte ${version}`, () => {
  test("one socket and one join for two components; each gets everything, until the last has gone", async () => {
    const [first, second] = [log(), log()];
    const shown = page.show(first, second);
    await eventually(() => expect(service.members("room")).toBe(1));
    service.publish("room", "to both");
    await eventually(() => expect(shown.texts()).toEqual(["log: to both", "log: to both"]));
    shown.change(first);
    service.publish("room", "to one");
    await eventually(() => expect(shown.texts()).toEqual(["log: to both,to one"]));
    expect(["opened", "joinGroup room"].map((each) => service.count(each))).toEqual([1, 1]);
    shown.change();
    await eventually(() => expect(service.members("room")).toBe(0));
    expect(service.connections()).toBe(1);
  });

  test("a refused join reaches every component", async () => {
    page.url = await service.url({ roles: [] });
    const shown = page.show(status(), status());
    const refused = "refused (SendMessageError)";
    await eventually(() => expect(shown.texts()).toEqual([refused, refused]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });

  test("another group name: the old group is left, the new one joined, and the log begins anew", async () => {
    const group = state("a");
    const seen: unknown[] = [];
    let send: ((data: string) => Promise<unknown>) | undefined;
    const name = () => group.current;
    const shown = page.show(status(name), log(name), () => {
      const room = useGroup<string>(name, ({ data }) => seen.push(data));
      send = (data) => room.send(data);
      return () => "";
    });
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    service.publish("a", "in a");
    await eventually(() => expect(shown.texts()[1]).toBe("log: in a"));
    group.current = "b";
    flushSync();
    expect(shown.texts()[1]).toBe("log: ");
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    await eventually(() => expect(service.groups()).toEqual(["b"]));
    service.publish("a", "too late");
    await send?.("to b");
    await eventually(() => expect(shown.texts()[1]).toBe("log: to b"));
    expect(seen).toEqual(["in a", "to b"]);
    expect(page.spy.groups("joinGroup")).toEqual(["a", "b"]);
  });

  test("the name is all that is followed: what a handler reads, or a status, subscribes nothing anew", async () => {
    const read = state("x");
    const name = state("room");
    const seen: unknown[] = [];
    page.show(() => {
      const room: GroupView<string> = useGroup<string>(
        () => name.current,
        ({ data }) => seen.push(`${data} ${read.current} ${room.status}`),
      );
      return () => room.status;
    });
    await eventually(() => expect(service.members("room")).toBe(1));
    for (const text of ["y", "z"]) {
      service.publish("room", "saw");
      await eventually(() => expect(seen).toHaveLength(text === "y" ? 1 : 2));
      read.current = text;
      flushSync();
    }
    expect(seen).toEqual(["saw x joined", "saw y joined"]);
    name.current = "hall";
    flushSync();
    await eventually(() => expect(service.groups()).toEqual(["hall"]));
    expect(page.spy.groups("joinGroup")).toEqual(["room", "hall"]);
  });

  test("a handler that unmounts another component: that one isn't called any more", async () => {
    const seen: string[] = [];
    const keep = () => {
      useGroup<string>("room", ({ data }) => {
        seen.push(`one ${data}`);
        if (data === "go") shown.change(keep);
      });
      return () => "";
    };
    const shown = page.show(keep, () => {
      useGroup<string>("room", ({ data }) => seen.push(`two ${data}`));
      return () => "";
    });
    await eventually(() => expect(service.members("room")).toBe(1));
    for (const text of ["stay", "go", "on"]) service.publish("room", text);
    await eventually(() => expect(seen).toContain("one on"));
    expect(seen).toEqual(["one stay", "two stay", "one go", "one on"]);
  });

  test("two hundred groups at once, each joined once", async () => {
    const names = Array.from({ length: 200 }, (_, i) => `room ${i}`);
    const shown = page.show(...names.map((name) => status(name)));
    await eventually(() => expect(shown.texts()).toEqual(names.map(() => "joined")));
    expect(names.map((group) => service.count(`joinGroup ${group}`))).toEqual(names.map(() => 1));
    expect(service.count("opened")).toBe(1);
  });

  test("a component mounted anew two hundred times: one connection, one join", async () => {
    const shown = page.show(status());
    for (let turn = 0; turn < 200; turn++) shown.change(status());
    await eventually(() => expect(shown.texts()).toEqual(["joined"]));
    expect(["opened", "joinGroup room", "leaveGroup room"].map((each) => service.count(each))).toEqual([
      1, 1, 0,
    ]);
  });

  test("a handler that unmounts everything", async () => {
    const seen: unknown[] = [];
    const shown = page.show(status(), () => {
      useGroup("room", ({ data }) => {
        seen.push(data);
        shown.unmount();
      });
      return () => "";
    });
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    for (const text of ["x", "y"]) service.publish("room", text);
    await eventually(() => expect(service.connections()).toBe(0));
    expect(seen).toEqual(["x"]);
  });

  test("two providers on one page have a connection each", async () => {
    const all = [page.show(status()), page.show(status())];
    await eventually(() => expect(all.map((shown) => shown.texts())).toEqual([["joined"], ["joined"]]));
    expect(service.connections()).toBe(2);
  });

  test("a log keeps the newest", async () => {
    const shown = page.show(status(), log("room", 2), log("room", 0));
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    for (const text of ["1", "2", "3"]) service.publish("room", text);
    await eventually(() => expect(shown.texts()).toEqual(["joined", "log: 2,3", "log: "]));
  });

  test("a schema types what arrives; what doesn't fit goes to its own handler", async () => {
    const schema = z.object({ text: z.string() });
    const seen: unknown[] = [];
    const shown = page.show(status(), () => {
      useGroup("room", ({ data }) => seen.push(data.text.length), {
        schema,
        onInvalidMessage: ({ groupMessage }) => seen.push(groupMessage.data),
      });
      return () => "";
    });
    await eventually(() => expect(shown.texts()[0]).toBe("joined"));
    service.publish("room", "bare");
    service.publish("room", { text: "four" });
    await eventually(() => expect(seen).toEqual(["bare", 4]));
    expect(page.spy.groups("joinGroup")).toEqual(["room"]);
  });
});
