// @vitest-environment node
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  InvalidMessageError,
  MessageOverflowError,
  SendMessageError,
  type Group,
  type GroupContent,
  type GroupMessage,
  type GroupStatus,
  type StandardSchemaV1,
} from "web-pubsub-client";
import { z } from "zod";
import { eventually, useEmulator } from "./support/room.js";
import { spySockets } from "./support/spySocket.js";

const service = useEmulator();

function record(group: Pick<Group, "onStatusChange">): GroupStatus[] {
  const seen: GroupStatus[] = [];
  group.onStatusChange((status) => seen.push(status));
  return seen;
}

describe("a handle", () => {
  test("is the same for the same name, and another for another name", async () => {
    const client = await service.client();
    expect(client.group("room")).toBe(client.group("room"));
    expect(client.group("room")).not.toBe(client.group("hall"));
    const schema = z.string();
    expect(client.group("room", { schema })).toBe(client.group("room", { schema }));
    expect(client.group("room", { schema })).not.toBe(client.group("room"));
  });

  test("refuses a name that can't be one", async () => {
    const client = await service.client();
    expect(() => client.group("")).toThrow(TypeError);
    expect(() => client.group("x".repeat(1025))).toThrow(/1 to 1024/);
  });

  test("sends without joining, with the data type that fits or is given", async () => {
    const receiver = await service.started();
    const seen: unknown[] = [];
    receiver.group("room").subscribe(({ data, dataType }) => seen.push([dataType, data]));
    await eventually(() => expect(service.members("room")).toBe(1));
    const sender = await service.started();
    const room = sender.group("room");
    await room.send("text");
    await room.send({ a: 1 });
    await room.send("5", { dataType: "json" });
    const result = await room.send(new Uint8Array([7]), { noEcho: true });
    expect(result.isDuplicated).toBe(false);
    await eventually(() =>
      expect(seen).toEqual([
        ["text", "text"],
        ["json", { a: 1 }],
        ["json", "5"],
        ["binary", new Uint8Array([7]).buffer],
      ]),
    );
    expect(room.status).toBe("idle");
    expect(service.members("room")).toBe(1);
  });

  test("sending on a stopped client rejects", async () => {
    const client = await service.client();
    await expect(client.group("room").send("x")).rejects.toMatchObject({ code: "NotStarted" });
  });
});

describe("subscribing", () => {
  test("joins with the first subscriber, leaves after the last one and a moment", async () => {
    const spy = spySockets();
    const client = await service.started({ environment: spy.environment });
    const room = client.group("room");
    const one = vi.fn();
    const two = vi.fn();
    const endOne = room.subscribe(one);
    const endTwo = room.subscribe(two);
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", "hello");
    await eventually(() => expect(two).toHaveBeenCalledOnce());
    expect(one).toHaveBeenCalledOnce();
    endOne();
    endOne();
    service.publish("room", "again");
    await eventually(() => expect(two).toHaveBeenCalledTimes(2));
    expect(one).toHaveBeenCalledOnce();
    endTwo();
    expect(service.members("room")).toBe(1);
    await eventually(() => expect(service.members("room")).toBe(0));
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    expect(spy.groups("leaveGroup")).toEqual(["room"]);
    expect(room.status).toBe("idle");
  });

  test("works before start and across stop and start", async () => {
    const client = await service.client();
    const room = client.group("room");
    const seen: unknown[] = [];
    room.subscribe(({ data }) => seen.push(data));
    const statuses = record(room);
    expect(room.status).toBe("waiting");
    await client.start();
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", 1 + "");
    await eventually(() => expect(seen).toEqual(["1"]));
    await client.stop();
    expect(room.status).toBe("waiting");
    await client.start();
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", "2");
    await eventually(() => expect(seen).toEqual(["1", "2"]));
    expect(statuses).toEqual(["joining", "joined", "waiting", "joining", "joined"]);
  });

  test("survives a recovery without joining again, and a new connection by joining again", async () => {
    const spy = spySockets();
    const client = await service.started({ environment: spy.environment, autoRejoinGroups: false });
    const room = client.group("room");
    const seen: unknown[] = [];
    room.subscribe(({ data }) => seen.push(data));
    await eventually(() => expect(room.status).toBe("joined"));
    const statuses = record(room);
    service.emulator.faults.cutTransports();
    service.publish("room", "in the gap");
    await eventually(() => expect(seen).toEqual(["in the gap"]));
    expect(spy.sockets).toHaveLength(2);
    expect(spy.groups("joinGroup")).toEqual(["room"]);
    expect(statuses).toEqual([]);
    service.emulator.faults.rejectRecovery({ times: 1 });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(statuses).toEqual(["waiting", "joining", "joined"]));
    service.publish("room", "anew");
    await eventually(() => expect(seen).toEqual(["in the gap", "anew"]));
    expect(spy.groups("joinGroup")).toEqual(["room", "room"]);
  });

  test("a subscriber that comes while the connection recovers is joined after it", async () => {
    const client = await service.started({ environment: { random: () => 0.01 } });
    service.emulator.faults.refuseUpgrades({ with: 503, times: 1, only: "recovery" });
    service.emulator.faults.cutTransports();
    await eventually(() => expect(client.state).toBe("Recovering"));
    const room = client.group("room");
    room.subscribe(() => {});
    expect(room.status).toBe("joining");
    await eventually(() => expect(service.members("room")).toBe(1));
    await eventually(() => expect(room.status).toBe("joined"));
  });

  type Client = Awaited<ReturnType<typeof service.client>>;
  const until = (client: Client, state: Client["state"]) =>
    eventually(() => expect(client.state).toBe(state));
  const ways: Record<Client["state"], (client: Client) => Promise<void>> = {
    Stopped: async () => {},
    Connecting: async (client) => {
      service.emulator.faults.refuseUpgrades({ with: "hang", times: 1 });
      void client.start({ keepTrying: true });
      await until(client, "Connecting");
    },
    Connected: (client) => client.start(),
    Recovering: async (client) => {
      await client.start();
      service.emulator.faults.refuseUpgrades({ with: 503, only: "recovery" });
      service.emulator.faults.cutTransports();
      await until(client, "Recovering");
    },
    Disconnected: async (client) => {
      service.emulator.faults.refuseUpgrades({ with: 503 });
      void client.start({ keepTrying: true });
      await until(client, "Disconnected");
    },
    Stopping: async (client) => {
      await client.start();
      void client.stop();
      expect(client.state).toBe("Stopping");
    },
  };
  test.each(Object.entries(ways))(
    "in state %s: the wish is kept and joined on connecting",
    async (_, enter) => {
      const client = await service.client({
        connectTimeoutInMs: 1_000,
        reconnectRetryOptions: { retryDelayInMs: 50 },
      });
      await enter(client);
      const room = client.group("room");
      const seen: unknown[] = [];
      room.subscribe(({ data }) => seen.push(data));
      service.emulator.faults.reset();
      if (client.state === "Stopping") await client.stop();
      if (client.state === "Stopped") await client.start();
      await eventually(() => expect(room.status).toBe("joined"));
      service.publish("room", "hello");
      await eventually(() => expect(seen).toEqual(["hello"]));
      expect(service.count("joinGroup room")).toBe(1);
    },
  );

  test("a subscriber that another one ends is not called for the same message", async () => {
    const client = await service.started();
    const room = client.group("room");
    const seen: string[] = [];
    room.subscribe(({ data }) => {
      seen.push(`one ${data as string}`);
      endTwo();
    });
    const endTwo = room.subscribe(({ data }) => seen.push(`two ${data as string}`));
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", "a");
    service.publish("room", "b");
    await eventually(() => expect(seen).toEqual(["one a", "one b"]));
  });

  test("a throwing listener harms no other", async () => {
    const client = await service.started();
    const room = client.group("room");
    const seen: unknown[] = [];
    room.subscribe(() => {
      throw new Error("listener");
    });
    room.subscribe(({ data }) => seen.push(data));
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", "x");
    await eventually(() => expect(seen).toEqual(["x"]));
  });

  test("keys rise and are never given twice", async () => {
    const client = await service.started();
    const keys: number[] = [];
    client.group("a").subscribe(({ key }) => keys.push(key));
    client.group("b").subscribe(({ key }) => keys.push(key));
    await eventually(() => expect(service.groups()).toHaveLength(2));
    for (const group of ["a", "b", "a"]) service.publish(group, "x");
    await eventually(() => expect(keys).toHaveLength(3));
    expect(new Set(keys).size).toBe(3);
    expect([...keys].sort((a, b) => a - b)).toEqual(keys);
  });
});

describe("a refused join", () => {
  test("reaches the status of every handle, and an allowed joinGroup mends it", async () => {
    const client = await service.started({}, { roles: ["webpubsub.sendToGroup"] });
    const plain = client.group("room");
    const typed = client.group("room", { schema: z.string() });
    const statuses = [record(plain), record(typed)];
    plain.subscribe(() => {});
    typed.subscribe(() => {});
    await eventually(() => expect(plain.status).toBe("refused"));
    expect(statuses).toEqual([
      ["joining", "refused"],
      ["joining", "refused"],
    ]);
    expect(plain.error).toBeInstanceOf(SendMessageError);
    expect(typed.error).toMatchObject({ code: "Refused", errorDetail: { name: "Forbidden" } });
    service.emulator.hub("chat").grantPermission(client.connectionId ?? "", "joinLeaveGroup");
    await client.joinGroup("room");
    expect(plain.status).toBe("joined");
    expect(plain.error).toBeUndefined();
  });

  test("is asked again by a subscriber who comes after all have gone, and on a new connection", async () => {
    const client = await service.started({}, { roles: [] });
    const room = client.group("room");
    const end = room.subscribe(() => {});
    await eventually(() => expect(room.status).toBe("refused"));
    end();
    await eventually(() => expect(room.status).toBe("idle"));
    service.emulator.hub("chat").grantPermission(client.connectionId ?? "", "joinLeaveGroup");
    room.subscribe(() => {});
    await eventually(() => expect(room.status).toBe("joined"));
    const failed = vi.fn();
    client.on("rejoin-group-failed", failed);
    service.emulator.hub("chat").closeConnection(client.connectionId ?? "");
    await eventually(() => expect(room.status).toBe("refused"));
    expect(failed).toHaveBeenCalledOnce();
  });

  test("ends a loop with the refusal", async () => {
    const client = await service.started({}, { roles: [] });
    const room = client.group("room");
    await expect(room.messages().next()).rejects.toMatchObject({ code: "Refused" });
    room.subscribe(() => {});
    await eventually(() => expect(room.status).toBe("refused"));
    await expect(room.messages().next()).rejects.toMatchObject({ code: "Refused" });
  });
});

describe("handles beside joinGroup and leaveGroup", () => {
  test("a group joined by joinGroup isn't joined again, and not left with the last subscriber", async () => {
    const spy = spySockets();
    const client = await service.started({ environment: spy.environment });
    await client.joinGroup("room");
    const room = client.group("room");
    expect(room.status).toBe("joined");
    const other = client.group("other");
    room.subscribe(() => {})();
    other.subscribe(() => {})();
    await eventually(() => expect(spy.groups("leaveGroup")).toEqual(["other"]));
    expect(spy.groups("joinGroup")).toEqual(["room", "other"]);
    expect(service.members("room")).toBe(1);
    await client.leaveGroup("room");
    expect(service.members("room")).toBe(0);
    expect(room.status).toBe("idle");
  });

  test("leaveGroup ends only the wish of joinGroup while somebody is subscribed", async () => {
    const client = await service.started();
    await client.joinGroup("room");
    const end = client.group("room").subscribe(() => {});
    await expect(client.leaveGroup("room")).resolves.toEqual({ isDuplicated: false });
    expect(service.members("room")).toBe(1);
    end();
    await eventually(() => expect(service.members("room")).toBe(0));
  });

  test("leaveGroup leaves at once when the subscribers have gone a moment ago", async () => {
    const spy = spySockets();
    const client = await service.started({ environment: spy.environment, releaseDelayInMs: 60_000 });
    const room = client.group("room");
    const end = room.subscribe(() => {});
    await eventually(() => expect(room.status).toBe("joined"));
    end();
    await client.leaveGroup("room");
    expect(service.members("room")).toBe(0);
    expect(spy.groups("leaveGroup")).toEqual(["room"]);
    room.subscribe(() => {});
    await eventually(() => expect(service.members("room")).toBe(1));
  });

  test("a subscriber who comes while leaveGroup is on its way is joined after it", async () => {
    const client = await service.started();
    await client.joinGroup("room");
    const left = client.leaveGroup("room");
    const room = client.group("room");
    room.subscribe(() => {});
    await left;
    await eventually(() => expect(room.status).toBe("joined"));
    expect(service.members("room")).toBe(1);
  });

  test("a joinGroup that is aborted leaves the subscribers their group", async () => {
    const client = await service.client();
    await client.start();
    service.emulator.faults.holdAcks({ swallow: true, times: 1 });
    const abort = new AbortController();
    const joining = client.joinGroup("room", { abortSignal: abort.signal });
    const room = client.group("room");
    room.subscribe(() => {});
    abort.abort();
    await expect(joining).rejects.toMatchObject({ code: "Aborted" });
    await eventually(() => expect(room.status).toBe("joined"));
  });
});

describe("messages()", () => {
  async function joined(): Promise<Group> {
    const client = await service.started();
    const room = client.group("room");
    room.subscribe(() => {});
    await eventually(() => expect(room.status).toBe("joined"));
    return room;
  }

  async function published(room: Group, ...texts: string[]): Promise<void> {
    const last = texts.at(-1);
    const arrived = new Promise<void>((resolve) => {
      const end = room.subscribe(({ data }) => {
        if (data !== last) return;
        end();
        resolve();
      });
    });
    for (const text of texts) service.publish("room", text);
    await arrived;
  }

  test("yields what comes, in order, until the loop is left; then the group is left", async () => {
    const client = await service.started();
    const room = client.group<string>("room");
    const loop = (async () => {
      const seen: string[] = [];
      for await (const { data } of room.messages()) {
        seen.push(data);
        if (data === "c") break;
      }
      return seen;
    })();
    await eventually(() => expect(room.status).toBe("joined"));
    for (const text of ["a", "b", "c", "d"]) service.publish("room", text);
    expect(await loop).toEqual(["a", "b", "c"]);
    await eventually(() => expect(service.members("room")).toBe(0));
  });

  test("several calls of next before anything comes are answered in order", async () => {
    const room = await joined();
    const messages = room.messages();
    const answers = Promise.all([messages.next(), messages.next()]);
    await published(room, "1", "2");
    expect((await answers).map(({ value }) => (value as GroupMessage).data)).toEqual(["1", "2"]);
    await messages.return?.();
    expect(await messages.next()).toEqual({ value: undefined, done: true });
  });

  test("the signal ends it at once and in peace, also before it began", async () => {
    const room = await joined();
    const abort = new AbortController();
    const messages = room.messages({ abortSignal: abort.signal });
    await published(room, "buffered");
    abort.abort();
    expect(await messages.next()).toEqual({ value: undefined, done: true });
    expect(await room.messages({ abortSignal: abort.signal }).next()).toEqual({
      value: undefined,
      done: true,
    });
    const later = new AbortController();
    const waiting = room.messages({ abortSignal: later.signal }).next();
    later.abort();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test("overflow: by default the loop gets what is buffered, then an error", async () => {
    const room = await joined();
    const messages = room.messages({ maxBuffered: 2 });
    await published(room, "1", "2", "3");
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const { data } of messages) seen.push(data);
    })();
    await expect(loop).rejects.toThrow(MessageOverflowError);
    expect(seen).toEqual(["1", "2"]);
    expect(await messages.next()).toEqual({ value: undefined, done: true });
  });

  test("overflow: drop-oldest and drop-newest", async () => {
    const room = await joined();
    const oldest = room.messages({ maxBuffered: 2, overflow: "drop-oldest" });
    const newest = room.messages({ maxBuffered: 2, overflow: "drop-newest" });
    await published(room, "1", "2", "3");
    const take = async (messages: AsyncIterableIterator<GroupMessage>) => [
      ((await messages.next()).value as GroupMessage).data,
      ((await messages.next()).value as GroupMessage).data,
    ];
    expect(await take(oldest)).toEqual(["2", "3"]);
    expect(await take(newest)).toEqual(["1", "2"]);
    expect(() => room.messages({ maxBuffered: 0 })).toThrow(RangeError);
  });
});

describe("a schema", () => {
  const chat = z.object({ text: z.string(), at: z.coerce.date() });

  test("what fits is delivered as the schema puts it out; what doesn't goes to the error listener", async () => {
    const client = await service.started();
    const room = client.group("room", { schema: chat });
    const seen: unknown[] = [];
    const invalid: InvalidMessageError[] = [];
    room.subscribe(({ data }) => seen.push(data));
    room.onInvalidMessage((error) => invalid.push(error));
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", { text: 5 });
    service.publish("room", { text: "hi", at: "2020-01-01T00:00:00.000Z" });
    await eventually(() => expect(seen).toEqual([{ text: "hi", at: new Date("2020-01-01") }]));
    expect(invalid).toHaveLength(1);
    expect(invalid[0]).toBeInstanceOf(InvalidMessageError);
    expect(invalid[0]?.groupMessage.data).toEqual({ text: 5 });
    expect(invalid[0]?.issues.map(({ path }) => path)).toContainEqual(["text"]);
  });

  test.each([
    ["zod", z.object({ text: z.string(), size: z.string().transform(Number) })],
    ["valibot", v.object({ text: v.string(), size: v.pipe(v.string(), v.transform(Number)) })],
    ["arktype", type({ text: "string", size: type("string").pipe(Number) })],
  ])("of %s: what doesn't fit reaches the error listener only", async (vendor, schema) => {
    expect(schema["~standard"].vendor).toBe(vendor);
    const client = await service.started();
    const room = client.group("room", { schema: schema });
    const seen: unknown[] = [];
    const invalid: InvalidMessageError[] = [];
    room.subscribe(({ data }) => seen.push(data));
    room.onInvalidMessage((error) => invalid.push(error));
    await eventually(() => expect(room.status).toBe("joined"));
    service.publish("room", "no object");
    service.publish("room", { text: 5, size: "1" });
    service.publish("room", { text: "hi", size: "2" });
    await eventually(() => expect(seen).toEqual([{ text: "hi", size: 2 }]));
    expect(invalid.map(({ groupMessage }) => groupMessage.data)).toEqual([
      "no object",
      { text: 5, size: "1" },
    ]);
    const path = invalid[1]?.issues[0]?.path ?? [];
    expect(Array.from(path, (step) => (typeof step === "object" ? step.key : step))).toEqual(["text"]);
    expect(invalid[1]?.message).toContain("room");
  });

  test("other handles of the group get the message as it came", async () => {
    const client = await service.started();
    const strict = client.group("room", { schema: v.object({ n: v.number() }) });
    const raw = client.group("room");
    const strictSeen: unknown[] = [];
    const rawSeen: unknown[] = [];
    strict.subscribe(({ data }) => strictSeen.push(data.n));
    raw.subscribe(({ data }) => rawSeen.push(data));
    await eventually(() => expect(raw.status).toBe("joined"));
    service.publish("room", "no number");
    service.publish("room", { n: 1 });
    await eventually(() => expect(rawSeen).toEqual(["no number", { n: 1 }]));
    expect(strictSeen).toEqual([1]);
    expect(service.members("room")).toBe(1);
  });

  test("validations that take time keep the order, and one that throws is an invalid message", async () => {
    const gates: (() => void)[] = [];
    const schema: StandardSchemaV1<unknown, string> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => {
          if (value === "throws") throw new Error("schema failed");
          if (value === "fast") return { value: "fast" };
          return new Promise((resolve, reject) => {
            gates.push(() =>
              value === "rejects" ? reject(new Error("later")) : resolve({ value: String(value) }),
            );
          });
        },
      },
    };
    const client = await service.started();
    const room = client.group("room", { schema });
    const seen: string[] = [];
    room.subscribe(({ data }) => seen.push(data));
    room.onInvalidMessage(({ cause }) => seen.push((cause as Error).message));
    const arrivals = vi.fn();
    client.on("group-message", arrivals);
    await eventually(() => expect(room.status).toBe("joined"));
    for (const text of ["throws", "slow 1", "fast", "slow 2", "rejects"]) service.publish("room", text);
    await eventually(() => expect(arrivals).toHaveBeenCalledTimes(5));
    expect(seen).toEqual(["schema failed"]);
    for (const open of [...gates].reverse()) open();
    await eventually(() => expect(seen).toEqual(["schema failed", "slow 1", "fast", "slow 2", "later"]));
    service.publish("room", "fast");
    await eventually(() => expect(seen).toHaveLength(6));
  });

  test("types follow the schema", async () => {
    const client = await service.client();
    const typed = client.group("room", { schema: chat });
    expectTypeOf(typed).toEqualTypeOf<Group<{ text: string; at: Date }, z.input<typeof chat>>>();
    typed.subscribe(({ data }) => expectTypeOf(data.at).toEqualTypeOf<Date>());
    const number = client.group("room", { schema: v.pipe(v.string(), v.transform(Number)) });
    expectTypeOf(number.send).parameter(0).toEqualTypeOf<string>();
    number.subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<number>());
    const ark = client.group("room", { schema: type({ at: "string.date.parse" }) });
    expectTypeOf(ark.send).parameter(0).toEqualTypeOf<{ at: string }>();
    ark.subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<{ at: Date }>());
    const trusted = client.group<{ text: string }>("room");
    trusted.subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<{ text: string }>());
    // @ts-expect-error: text must be a string
    const send = () => trusted.send({ text: 5 });
    expect(send).toBeTypeOf("function");
    const plain = client.group("room");
    plain.subscribe(({ data }) => expectTypeOf(data).toEqualTypeOf<GroupContent>());
  });
});
