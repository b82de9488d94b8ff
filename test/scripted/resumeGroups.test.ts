import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ack, fromGroup } from "../helpers/frames.js";
import { resume } from "../helpers/handover.js";
import { Stage, turn } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client whose handle of "g" has a subscriber and is joined. */
async function subscribed(options?: ConstructorParameters<typeof Stage>[0]): Promise<Stage> {
  const stage = new Stage(options);
  await stage.connect();
  stage.client.group("g").subscribe(() => undefined);
  stage.socket.receiveFrame(ack(1));
  await turn();
  expect(stage.client.group("g").status).toBe("joined");
  return stage;
}

/** The page after it, recovered. */
async function after(first: Stage): Promise<Stage> {
  const stage = new Stage();
  await resume(stage, first.client.suspend());
  await stage.recover();
  return stage;
}

const asked = (stage: Stage): unknown[] =>
  stage.socket
    .frames()
    .filter(({ ackId }) => ackId !== undefined)
    .map(({ type }) => type);

/** A listener, and the texts that it was called with. */
function reader(): [texts: unknown[], listener: (message: { data: unknown }) => void] {
  const texts: unknown[] = [];
  return [texts, ({ data }) => void texts.push(data)];
}

describe("groups that handles hold", () => {
  test("they stay joined for the new page's subscribers", async () => {
    const stage = await after(await subscribed());
    expect(stage.client.group("g").status).toBe("joined");
    await turn(4_900);
    stage.client.group("g").subscribe(() => undefined);
    await turn(60_000);
    expect(asked(stage)).toEqual([]);
  });

  test("without a subscriber they are left after 5 s", async () => {
    const stage = await after(await subscribed());
    await turn(4_900);
    expect(asked(stage)).toEqual([]);
    await turn(5_000);
    expect(asked(stage)).toEqual(["leaveGroup"]);
  });

  test("after a snapshot they are joined again", async () => {
    const first = await subscribed();
    const stage = new Stage();
    await resume(stage, first.client.snapshot());
    await stage.recover();
    expect(asked(stage)).toEqual(["joinGroup"]);
  });

  test("they are joined on a new connection", async () => {
    const first = await subscribed();
    const stage = new Stage();
    await resume(stage, first.client.suspend());
    await stage.drop(1008);
    await stage.accept("B");
    expect(asked(stage)).toEqual(["joinGroup"]);
  });

  test("they are held through two pages in quick succession", async () => {
    const second = await after(await subscribed());
    const stage = await after(second);
    await turn(4_900);
    expect(stage.client.group("g").status).toBe("joined");
    expect(asked(stage)).toEqual([]);
  });

  test("a join that wasn't answered", async () => {
    const first = new Stage();
    await first.connect();
    first.client.group("g").subscribe(() => undefined);
    const stage = await after(first);
    expect(asked(stage)).toEqual(["joinGroup"]);
  });

  test("a leave before the start counts, though a handle held the group then", async () => {
    const first = new Stage();
    await first.connect();
    void first.client.joinGroup("g");
    first.socket.receiveFrame(ack(1));
    await turn();
    const stage = new Stage();
    const end = stage.client.group("g").subscribe(() => undefined);
    await stage.client.leaveGroup("g");
    end();
    await turn(2_000);
    await resume(stage, first.client.suspend());
    await stage.recover();
    expect(asked(stage)).toEqual(["leaveGroup"]);
  });

  test("a stop ends the hold, and no timer is left", async () => {
    const stage = await after(await subscribed());
    await stage.client.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(stage.client.group("g").status).toBe("idle");
  });
});

describe("messages before the first subscriber", () => {
  test("they wait for it, in order; the event is emitted at once", async () => {
    const stage = await after(await subscribed());
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    stage.socket.receiveFrame(fromGroup("2", 2, "g"));
    expect(stage.named).toEqual(["connected A resumed", 'group-message "1"', 'group-message "2"']);
    await turn(2_000);
    const [texts, listener] = reader();
    stage.client.group("g").subscribe(listener);
    expect(texts).toEqual([]);
    await turn();
    stage.socket.receiveFrame(fromGroup("3", 3, "g"));
    expect(texts).toEqual(["1", "2", "3"]);
  });

  test("a message that comes right after the subscription keeps its place", async () => {
    const stage = await after(await subscribed());
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    const [texts, listener] = reader();
    stage.client.group("g").subscribe(listener);
    stage.socket.receiveFrame(fromGroup("2", 2, "g"));
    await turn();
    expect(texts).toEqual(["1", "2"]);
  });

  test("no message comes twice, and none to later subscribers", async () => {
    const stage = await after(await subscribed());
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    const [first, one] = reader();
    const [second, two] = reader();
    const end = stage.client.group("g").subscribe(one);
    await turn();
    stage.client.group("g").subscribe(two);
    await turn();
    end();
    stage.client.group("g").subscribe(one);
    await turn();
    expect([first, second]).toEqual([["1"], []]);
  });

  test("a loop gets them too", async () => {
    const stage = await after(await subscribed());
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    const step = await stage.client.group("g").messages().next();
    expect(step).toMatchObject({ done: false, value: { data: "1" } });
  });

  test("they wait on if the first subscriber goes at once, as a component's in strict mode", async () => {
    const stage = await after(await subscribed());
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    const [texts, listener] = reader();
    stage.client.group("g").subscribe(listener)();
    await turn();
    expect(texts).toEqual([]);
    stage.client.group("g").subscribe(listener);
    await turn();
    expect(texts).toEqual(["1"]);
  });

  test("who listens for the status only, or for streams, doesn't take them", async () => {
    const stage = await after(await subscribed());
    const group = stage.client.group("g");
    group.onStatusChange(() => undefined);
    group.subscribeStreams(() => undefined);
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    await turn();
    const [texts, listener] = reader();
    group.subscribe(listener);
    await turn();
    expect(texts).toEqual(["1"]);
  });

  test("after 5 s they don't wait any more, even if the group is held", async () => {
    const stage = await after(await subscribed());
    const group = stage.client.group("g");
    group.subscribeStreams(() => undefined);
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    await turn(5_100);
    stage.socket.receiveFrame(fromGroup("2", 2, "g"));
    const [texts, listener] = reader();
    group.subscribe(listener);
    await turn();
    expect(texts).toEqual([]);
  });

  test("a subscriber before the start gets them at once", async () => {
    const first = await subscribed();
    const stage = new Stage();
    const [texts, listener] = reader();
    stage.client.group("g").subscribe(listener);
    await resume(stage, first.client.suspend());
    await stage.recover();
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    expect(texts).toEqual(["1"]);
  });

  test("what waits when the page is replaced again waits in the next one, bytes too", async () => {
    const second = await after(await subscribed());
    second.socket.receiveFrame({ ...fromGroup("AQI=", 1, "g"), dataType: "binary" });
    const stage = await after(second);
    stage.socket.receiveFrame(fromGroup("2", 2, "g"));
    const [texts, listener] = reader();
    stage.client.group("g").subscribe(listener);
    await turn();
    expect(texts).toEqual([new Uint8Array([1, 2]).buffer, "2"]);
  });

  test("a stop drops them", async () => {
    const first = await subscribed();
    const stage = await after(first);
    stage.socket.receiveFrame(fromGroup("1", 1, "g"));
    await stage.client.stop();
    const [texts, listener] = reader();
    stage.client.group("g").subscribe(listener);
    await turn();
    expect(texts).toEqual([]);
  });
});
