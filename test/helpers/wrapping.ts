import { expect, onTestFinished, test } from "vitest";
import {
  CoreClient,
  WebPubSubClient,
  type Group,
  type GroupHandle,
  type GroupMessage,
  type GroupState,
  type GroupStream,
  type GroupStreamSubscription,
  type GroupStreamWriter,
  type InvocationsApi,
  type PresenceApi,
  type StreamsApi,
} from "web-pubsub-client";
import { groupHandle } from "web-pubsub-client/groups";
import { invocations } from "web-pubsub-client/invocations";
import { presence } from "web-pubsub-client/presence";
import { retain } from "web-pubsub-client/retain";
import { streams } from "web-pubsub-client/streams";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import { until } from "./until.js";

/** Puts an object into something that stands for it. */
export type Wrap = <T extends object>(value: T) => T;

/** What is done with each member of a wrapped object, in this order. */
type Uses<T> = Record<string, (wrapped: T) => unknown>;

const asyncDispose = String(Symbol.asyncDispose);
const asyncIterator = String(Symbol.asyncIterator);

/** Public names of an object, those that it inherits from its classes included. */
function membersOf(value: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = value; at !== null && at !== Object.prototype;) {
    for (const key of Reflect.ownKeys(at)) names.add(String(key));
    at = Object.getPrototypeOf(at) as object | null;
  }
  return [...names].filter((name) => name !== "constructor" && !name.startsWith("_")).sort();
}

/** Uses every member of an object through its wrapping, which is another one each time. */
async function useAll<T extends object>(value: T, wrap: Wrap, uses: Uses<T>): Promise<void> {
  expect(Object.keys(uses).sort()).toEqual(membersOf(value));
  for (const use of Object.values(uses)) await use(wrap(value));
}

async function openHouse(): Promise<{ emulator: Emulator; url: string }> {
  const order = { events: "order", onEvent: () => ({ data: { accepted: true } }) };
  const emulator = await startEmulator({ log: () => {}, hubs: { chat: { handlers: [order] } } });
  onTestFinished(() => emulator.close());
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  return { emulator, url: await emulator.clientAccessUrl("chat", { userId: "ann", roles }) };
}

async function connect<Client extends CoreClient>(make: (url: string) => Client): Promise<Client> {
  const { url } = await openHouse();
  const client = make(url);
  onTestFinished(() => client.stop());
  await client.start();
  return client;
}

const core = (url: string): CoreClient => new CoreClient(url, { releaseDelayInMs: 10 });
const complete = (url: string): WebPubSubClient => new WebPubSubClient(url, { releaseDelayInMs: 10 });

function coreUses(emulator: Emulator): Uses<CoreClient> {
  const seen: string[] = [];
  const note = (): void => void seen.push("on");
  let off: (() => void) | undefined;
  return {
    state: (client) => expect(client.state).toBe("Stopped"),
    on: (client) => (off = client.on("connected", note)),
    once: (client) => client.once("connected", () => seen.push("once")),
    off: (client) => {
      client.on("connected", note);
      client.off("connected", note);
    },
    start: (client) => client.start(),
    connectionId: (client) =>
      expect(client.connectionId).toBe(emulator.hub("chat").connections()[0]?.connectionId),
    userId: (client) => expect(client.userId).toBe("ann"),
    connectionInfo: async (client) => {
      await until(() => seen.length === 2);
      expect(client.connectionInfo).toMatchObject({ state: "Connected", userId: "ann" });
      expect(seen).toEqual(["on", "once"]);
      off?.();
    },
    joinGroup: async (client) => {
      await client.joinGroup("room");
      expect(emulator.hub("chat").members("room")).toHaveLength(1);
    },
    sendToGroup: async (client) => {
      const heard = new Promise((resolve) => client.once("group-message", resolve));
      await client.sendToGroup("room", "hello");
      expect(await heard).toMatchObject({ message: { data: "hello" } });
    },
    sendEvent: async (client) => {
      const heard = new Promise((resolve) => client.once("server-message", resolve));
      await client.sendEvent("order", { tea: 2 });
      expect(await heard).toMatchObject({ message: { data: { accepted: true } } });
    },
    leaveGroup: async (client) => {
      await client.leaveGroup("room");
      expect(emulator.hub("chat").members("room")).toEqual([]);
    },
    snapshot: (client) => expect(client.snapshot()).toMatchObject({ operations: [] }),
    suspend: async (client) => {
      const { connectionId } = client;
      await client.start({ resume: client.suspend() });
      expect(client.connectionId).toBe(connectionId);
    },
    stop: async (client) => {
      await client.stop();
      expect(client.state).toBe("Stopped");
    },
    [asyncDispose]: async (client) => {
      await client.start();
      await client[Symbol.asyncDispose]();
      expect(client.state).toBe("Stopped");
    },
  };
}

function completeUses(emulator: Emulator): Uses<WebPubSubClient> {
  const { stop, [asyncDispose]: dispose, ...uses } = coreUses(emulator);
  let subscription: GroupStreamSubscription | undefined;
  const received: string[] = [];
  return {
    ...uses,
    group: (client) => expect(client.group("room").name).toBe("room"),
    invokeEvent: async (client) =>
      expect(await client.invokeEvent("order", 1)).toMatchObject({ data: { accepted: true } }),
    subscribeGroupStates: (client) => client.subscribeGroupStates("room"),
    setGroupState: async (client) => {
      await client.joinGroup("room");
      await client.setGroupState("room", { mood: "good" });
    },
    getGroupState: (client) => expect(client.getGroupState("room")).toEqual({ mood: "good" }),
    listGroupStates: (client) => until(() => client.listGroupStates("room").length === 1),
    clearGroupState: async (client) => {
      await client.clearGroupState("room");
      expect(client.getGroupState("room")).toBeUndefined();
    },
    unsubscribeGroupStates: (client) => client.unsubscribeGroupStates("room"),
    onGroupStream: (client) => {
      subscription = client.onGroupStream(async (stream) => void received.push(await stream.text()));
    },
    openGroupStream: async (client) => {
      const writer = await client.openGroupStream("room");
      await writer.write("words");
      await writer.end();
      await until(() => received.length > 0);
      expect(received).toEqual(["words"]);
      await subscription?.close();
    },
    stop: stop as Uses<CoreClient>[string],
    [asyncDispose]: dispose as Uses<CoreClient>[string],
    retain: async (client) => {
      const release = client.retain();
      await until(() => client.state === "Connected");
      release();
      await until(() => client.state === "Stopped");
    },
  };
}

function handleUses(client: CoreClient): Uses<GroupHandle> {
  const seen: unknown[] = [];
  let unsubscribe: (() => void) | undefined;
  return {
    name: (group) => expect(group.name).toBe("room"),
    status: (group) => expect(group.status).toBe("idle"),
    error: (group) => expect(group.error).toBeUndefined(),
    onStatusChange: (group) => group.onStatusChange((status) => seen.push(status)),
    onInvalidMessage: (group) => expect(group.onInvalidMessage(() => {})()).toBeUndefined(),
    subscribe: async (group) => {
      unsubscribe = group.subscribe(({ data }) => seen.push(data));
      await until(() => group.status === "joined");
    },
    send: async (group) => {
      await group.send("hello");
      await until(() => seen.includes("hello"));
      expect(seen).toEqual(["joining", "joined", "hello"]);
    },
    messages: async (group) => {
      const loop = group.messages();
      await client.sendToGroup("room", "looped");
      expect((await loop.next()).value).toMatchObject({ data: "looped" });
      await loop.return?.();
      unsubscribe?.();
      await until(() => group.status === "idle");
    },
  };
}

function groupUses(client: CoreClient): Uses<Group> {
  const seen: string[] = [];
  let endStreams: (() => void) | undefined;
  let endStates: (() => void) | undefined;
  const { messages, ...uses } = handleUses(client);
  return {
    ...uses,
    statesError: (group) => expect(group.statesError).toBeUndefined(),
    subscribeStates: (group) => (endStates = group.subscribeStates(() => {})),
    setState: (group) => group.setState({ mood: "good" }),
    states: async (group) => {
      await until(() => group.states.length === 1);
      expect(group.states[0]?.state).toEqual({ mood: "good" });
      endStates?.();
    },
    subscribeStreams: (group) => {
      endStreams = group.subscribeStreams((views) =>
        views.forEach(({ status, text }) => seen.push(`${status} ${text}`)),
      );
    },
    openStream: async (group) => {
      const writer = await group.openStream();
      await writer.write("words");
      await writer.end();
      await until(() => seen.includes("ended words"));
      endStreams?.();
    },
    complete: (group) => expect(group.complete).toBe(false),
    recent: (group) => expect(group.recent).toEqual([]),
    onGap: (group) => expect(group.onGap(() => {})()).toBeUndefined(),
    onCompleteChange: (group) => expect(group.onCompleteChange(() => {})()).toBeUndefined(),
    loadOlder: (group) => expect(group.loadOlder()).rejects.toThrow(/no history/),
    messages: messages as Uses<GroupHandle>[string],
  };
}

const presenceUses = (): Uses<PresenceApi> => {
  const state: GroupState = { mood: "good" };
  const told: number[] = [];
  let end: (() => void) | undefined;
  return {
    subscribe: (api) => api.subscribe("room"),
    watch: (api) => (end = api.watch("room", ({ length }) => told.push(length))),
    set: (api) => api.set("room", state),
    get: (api) => expect(api.get("room")).toEqual(state),
    list: (api) => until(() => api.list("room").length === 1),
    states: (api) => {
      expect(api.states("room")).toHaveLength(1);
      expect(told.at(-1)).toBe(1);
    },
    error: (api) => expect(api.error("room")).toBeUndefined(),
    clear: (api) => api.clear("room"),
    unsubscribe: async (api) => {
      end?.();
      await api.unsubscribe("room");
    },
  };
};

const invocationUses = (): Uses<InvocationsApi> => ({
  invoke: async (api) => expect(await api.invoke("order", 1)).toMatchObject({ data: { accepted: true } }),
});

const streamsUses = (): Uses<StreamsApi> => {
  const seen: string[] = [];
  const ends: (() => unknown)[] = [];
  return {
    unsupported: (api) => expect(api.unsupported).toBeUndefined(),
    onStream: (api) => {
      const subscription = api.onStream(async (stream) => void seen.push(await stream.text()));
      ends.push(() => subscription.close());
    },
    follow: (api) => ends.push(api.follow("room", ([view]) => seen.push(`${view?.status}: ${view?.text}`))),
    open: async (api) => {
      const writer = await api.open("room");
      await writer.write("words");
      await writer.end();
      await until(() => seen.includes("words") && seen.includes("ended: words"));
      for (const end of ends) await end();
    },
  };
};

function writerUses(other: GroupStreamWriter): Uses<GroupStreamWriter> {
  const errors: Error[] = [];
  return {
    streamId: (writer) => expect(writer.streamId).toBe("one"),
    onError: (writer) => writer.onError((error) => errors.push(error)),
    write: (writer) => writer.write("a"),
    writable: async (writer) => {
      const lock = writer.writable.getWriter();
      await lock.write("b");
      lock.releaseLock();
    },
    end: (writer) => writer.end(),
    abort: async (writer) => {
      await expect(writer.abort()).rejects.toThrow(/one/);
      await other.abort({ message: "enough" });
      expect(errors).toEqual([]);
    },
  };
}

/** Reads a stream that holds `[1]` in two fragments by one of its methods. */
const streamReads: Uses<GroupStream> = {
  text: async (stream) => expect(await stream.text()).toBe("[1]"),
  bytes: async (stream) => expect(new TextDecoder().decode(await stream.bytes())).toBe("[1]"),
  json: async (stream) => expect(await stream.json()).toEqual([1]),
  readable: async (stream) => {
    const reader = stream.readable.getReader();
    expect([(await reader.read()).value, (await reader.read()).value]).toEqual(["[1", "]"]);
    expect((await reader.read()).done).toBe(true);
  },
  [asyncIterator]: async (stream) => {
    const data: unknown[] = [];
    for await (const message of stream) data.push(message.data);
    expect(data).toEqual(["[1", "]"]);
  },
  groupName: (stream) => expect(stream.groupName).toBe("room"),
  streamId: (stream) => expect(stream.streamId).toMatch(/^read /),
  abortSignal: async (stream) => {
    await until(() => stream.abortSignal.aborted);
    expect(stream.abortSignal).toBeInstanceOf(AbortSignal);
  },
};

/** Defines the tests of one way to wrap objects. Each uses all members, so that none is forgotten. */
export function testWrapping(name: string, wrap: Wrap): void {
  test(`${name}: a core client`, async () => {
    const { emulator, url } = await openHouse();
    await useAll(core(url), wrap, coreUses(emulator));
  });

  test(`${name}: a complete client`, async () => {
    const { emulator, url } = await openHouse();
    await useAll(complete(url), wrap, completeUses(emulator));
  });

  test(`${name}: features take it for the client that it wraps`, async () => {
    const client = await connect(complete);
    const wrapped = wrap(client);
    // Asked first through the wrapping: nothing of it stays in the feature.
    expect(streams(wrapped)).toBe(streams(client));
    expect(presence(wrapped)).toBe(presence(client));
    expect(invocations(client)).toBe(invocations(wrapped));
    expect(groupHandle(wrapped, "room")).toBe(groupHandle(client, "room"));
    expect(wrapped.group("room")).toBe(client.group("room"));
    const [release, releaseToo] = [retain(wrapped), retain(client)];
    release();
    releaseToo();
    await until(() => client.state === "Stopped");
  });

  test(`${name}: features outlive it`, async () => {
    const client = await connect(complete);
    const { proxy, revoke } = Proxy.revocable(client, {});
    const wrapped = wrap(proxy);
    const [group, release] = [wrapped.group("room"), wrapped.retain()];
    streams(wrapped);
    // What still refers to it throws from here on.
    revoke();
    await useAll(group, wrap, groupUses(client));
    release();
    await until(() => client.state === "Stopped");
  });

  test(`${name}: handles of groups`, async () => {
    const client = await connect(complete);
    await useAll(client.group("room"), wrap, groupUses(client));
    await useAll(groupHandle(client, "room"), wrap, handleUses(client));
  });

  test(`${name}: a handle with history`, async () => {
    const client = await connect(complete);
    const load = ({ before }: { before?: unknown }) => [{ data: before === undefined ? "new" : "old" }];
    const history = wrap({ key: ({ data }: GroupMessage<string>) => data, load });
    const wrapped = wrap(client.group<string>("room", { history }));
    const seen: unknown[] = [];
    const unsubscribe = wrapped.subscribe(({ data }) => seen.push(data));
    await until(() => wrapped.complete);
    expect([seen, wrapped.recent.map(({ data }) => data)]).toEqual([["new"], ["new"]]);
    expect((await wrapped.loadOlder()).map(({ data }) => data)).toEqual(["old"]);
    unsubscribe();
  });

  test(`${name}: the messages of a group`, async () => {
    const client = await connect(core);
    const heard: GroupMessage["data"][] = [];
    const messages = groupHandle(client, "room").messages();
    for (const text of ["a", "b"]) await client.sendToGroup("room", text);
    await useAll(messages, wrap, {
      next: async (loop) => heard.push(((await loop.next()).value as GroupMessage).data),
      [asyncIterator]: async (loop) => {
        for await (const { data } of loop) {
          heard.push(data);
          break;
        }
      },
      return: async (loop) => expect(await loop.return?.()).toEqual({ value: undefined, done: true }),
    });
    expect(heard).toEqual(["a", "b"]);
  });

  test(`${name}: what features give`, async () => {
    const client = await connect(core);
    await client.joinGroup("room");
    await useAll(presence(client), wrap, presenceUses());
    await useAll(invocations(client), wrap, invocationUses());
    await useAll(streams(client), wrap, streamsUses());
  });

  test(`${name}: streams that are sent`, async () => {
    const client = await connect(core);
    const { open } = streams(client);
    const received: unknown[] = [];
    streams(client).onStream(async (stream) => {
      received.push(
        await wrap(stream)
          .text()
          .catch(({ message }: Error) => message),
      );
    });
    await client.joinGroup("room");
    const [one, two] = [await open("room", { streamId: "one" }), await open("room", { streamId: "two" })];
    await two.write("x");
    await useAll(one, wrap, writerUses(wrap(two)));
    await until(() => received.length === 2);
    expect(received).toEqual(["ab", expect.stringContaining("enough")]);
  });

  test(`${name}: streams that are received`, async () => {
    const client = await connect(core);
    await client.joinGroup("room");
    const arrived = new Map<string, GroupStream>();
    const subscription = streams(client).onStream((stream) => void arrived.set(stream.streamId, stream));
    for (const [member, read] of Object.entries(streamReads)) {
      const streamId = `read ${member}`;
      const writer = await streams(client).open("room", { streamId });
      for (const part of ["[1", "]"]) await writer.write(part);
      await writer.end();
      const stream = await until(() => arrived.get(streamId));
      expect(Object.keys(streamReads).sort()).toEqual(membersOf(stream));
      await read(wrap(stream));
    }
    await useAll<GroupStreamSubscription>(subscription, wrap, {
      isActive: ({ isActive }) => expect(isActive).toBe(true),
      close: async (active) => {
        await active.close();
        expect(active.isActive).toBe(false);
      },
      [asyncDispose]: (closed) => closed[Symbol.asyncDispose](),
    });
  });
}
