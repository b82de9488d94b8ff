import { describe, expect, test } from "vitest";
import { InvocationError } from "web-pubsub-client";
import type { Content, HandlerEvent } from "web-pubsub-emulator";
import { House, hub, until } from "../harness.js";
import { codecs } from "./codecs.js";

describe.each(codecs)("$name", ({ reliable }) => {
  /** A house whose handler answers `echo`, fails on `fail` and never answers `hang`. */
  async function office() {
    const events: HandlerEvent[] = [];
    const house = await House.open(
      {
        hubs: {
          [hub]: {
            handlers: [
              {
                events: ["echo", "fail", "hang"],
                async onEvent(event) {
                  events.push(event);
                  if (event.eventName === "fail") throw new Error("no");
                  if (event.eventName === "hang") await new Promise(() => undefined);
                  return { data: event.data as Content, dataType: event.dataType };
                },
              },
            ],
          },
        },
      },
      reliable,
    );
    const ann = await house.welcome("ann");
    return { house, events, client: ann.client, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
  }

  test("the handler's answer is the result, whatever its type", async () => {
    await using world = await office();
    const any = Uint8Array.of(10, 1, 97);
    expect(await world.client.invokeEvent("echo", any, "protobuf", { invocationId: "any" })).toEqual({
      invocationId: "any",
      dataType: "protobuf",
      data: any.buffer,
    });
    expect(await world.client.invokeEvent("echo", "ping", "text")).toEqual({
      invocationId: "1",
      dataType: "text",
      data: "ping",
    });
    expect((await world.client.invokeEvent("echo", { n: 1 })).data).toEqual({ n: 1 });
    expect((await world.client.invokeEvent("echo", new Uint8Array([1, 2]))).data).toEqual(
      new Uint8Array([1, 2]).buffer,
    );
  });

  test("a hundred at once find their answers", async () => {
    await using world = await office();
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const results = await Promise.all(numbers.map((n) => world.client.invokeEvent("echo", { n })));
    expect(results.map(({ data }) => data)).toEqual(numbers.map((n) => ({ n })));
  });

  test("a handler that fails and one that isn't there are told apart", async () => {
    await using world = await office();
    const failed: unknown = await world.client.invokeEvent("fail", "x").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InvocationError);
    expect(failed).toMatchObject({ code: "Refused", errorDetail: { name: "InternalServerError" } });
    await expect(world.client.invokeEvent("nobody", "x")).rejects.toMatchObject({
      errorDetail: { name: "NotFound" },
    });
    expect(world.events).toHaveLength(1);
  });

  test("an abort and a timeout reach the handler", async () => {
    await using world = await office();
    const abort = new AbortController();
    const aborted = world.client.invokeEvent("hang", "x", { abortSignal: abort.signal });
    await until(() => world.events[0]);
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: "Aborted" });
    await until(() => world.events[0]?.signal?.aborted);
    await expect(world.client.invokeEvent("hang", "x", { timeoutInMs: 50 })).rejects.toMatchObject({
      code: "Timeout",
    });
    await until(() => world.events[1]?.signal?.aborted);
  });

  test("an answer that a cut has overtaken comes after the recovery; the handler is asked once", async () => {
    await using world = await office();
    world.house.faults.holdInvocations({ delayInMs: 100, times: 1 });
    const reply = world.client.invokeEvent("echo", "x");
    await until(() => world.events[0]);
    world.house.faults.cutTransports();
    expect((await reply).data).toBe("x");
    expect(world.events).toHaveLength(1);
  });

  test("an answer that is lost ends as a timeout, and nothing is asked again", async () => {
    await using world = await office();
    world.house.faults.holdInvocations({ swallow: true, times: 1 });
    await expect(world.client.invokeEvent("echo", "x", { timeoutInMs: 100 })).rejects.toMatchObject({
      code: "Timeout",
    });
    expect(world.events).toHaveLength(1);
  });

  test("a new connection fails what was asked on the old one", async () => {
    await using world = await office();
    world.house.faults.rejectRecovery();
    const reply = world.client.invokeEvent("hang", "x");
    await until(() => world.events[0]);
    world.house.faults.cutTransports();
    await expect(reply).rejects.toMatchObject({ name: "InvocationError", code: "ConnectionLost" });
    expect((await world.client.invokeEvent("echo", "again")).data).toBe("again");
    expect(world.events).toHaveLength(2);
  });
});
