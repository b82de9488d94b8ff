import { InvocationError, WebPubSubClient } from "@azure/web-pubsub-client";
import { expect, test } from "vitest";
import type { EventHandler } from "../../src/index.js";
import { House, until } from "./harness.js";

async function invoking(handler: EventHandler) {
  const house = await House.open({ hubs: { chat: { handlers: [handler] } } });
  const client = new WebPubSubClient(await house.emulator.clientAccessUrl("chat", { userId: "u" }));
  await client.start();
  return {
    house,
    client,
    async [Symbol.asyncDispose]() {
      client.stop();
      await house[Symbol.asyncDispose]();
    },
  };
}

test("the handler's reply is the answer, whatever its type", async () => {
  await using world = await invoking({
    onEvent: ({ eventName, data }) =>
      eventName === "nothing"
        ? undefined
        : { data: eventName === "bytes" ? Uint8Array.of(1, 2) : { got: data } },
  });
  const { client } = world;
  expect(await client.invokeEvent("e", { n: 1 }, "json")).toEqual({
    invocationId: "1",
    dataType: "json",
    data: { got: { n: 1 } },
  });
  const bytes = await client.invokeEvent("bytes", "", "text");
  expect(new Uint8Array(bytes.data as ArrayBuffer)).toEqual(Uint8Array.of(1, 2));
  expect(await client.invokeEvent("nothing", "x", "text", { invocationId: "mine" })).toEqual({
    invocationId: "mine",
    dataType: undefined,
    data: undefined,
  });
});

test("a failing handler and a missing one are told apart", async () => {
  await using world = await invoking({
    events: "known",
    onEvent: () => {
      throw new Error("secret");
    },
  });
  const failed: unknown = await world.client
    .invokeEvent("known", "", "text")
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(InvocationError);
  expect(failed).toMatchObject({
    errorDetail: { name: "InternalServerError", message: "The event handler failed." },
  });
  await expect(world.client.invokeEvent("other", "", "text")).rejects.toMatchObject({
    errorDetail: { name: "NotFound" },
  });
  expect(world.house.warnings).toEqual([expect.stringContaining("secret")]);
});

test("an abort of the client reaches the handler", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  await using world = await invoking({
    onEvent: ({ signal }) => {
      signals.push(signal);
      return new Promise<undefined>((resolve) => signal?.addEventListener("abort", () => resolve(undefined)));
    },
  });
  const controller = new AbortController();
  const invoked = world.client.invokeEvent("slow", "", "text", { abortSignal: controller.signal });
  invoked.catch(() => undefined);
  await until(() => signals[0]);
  expect(signals[0]?.aborted).toBe(false);
  controller.abort();
  await expect(invoked).rejects.toBeInstanceOf(InvocationError);
  await until(() => signals[0]?.aborted);
});
