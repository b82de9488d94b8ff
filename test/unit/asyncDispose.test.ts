import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** `Symbol` as engines have it that don't know `await using`. */
function olderSymbol(): unknown {
  const own = Symbol;
  const older = (description?: string): symbol => own(description);
  const { asyncDispose: _, ...kept } = Object.getOwnPropertyDescriptors(own);
  return Object.defineProperties(older, kept);
}

test("without Symbol.asyncDispose nothing is called undefined, and what compilers make of `await using` ends it", async () => {
  vi.stubGlobal("Symbol", olderSymbol());
  vi.resetModules();
  const { CoreClient } = await import("web-pubsub-client/core");
  const { streams } = await import("web-pubsub-client/streams");
  const client = new CoreClient("wss://host.example/client/hubs/chat");
  const subscription = streams(client).onStream(() => undefined);
  const compiled = Symbol.for("Symbol.asyncDispose");
  for (const each of [client, subscription]) {
    expect("undefined" in each).toBe(false);
    await (each as unknown as Record<symbol, () => Promise<void>>)[compiled]?.call(each);
  }
  expect(subscription.isActive).toBe(false);
});

test("with it, it is the name", async () => {
  const { CoreClient } = await import("web-pubsub-client/core");
  expect(Symbol.asyncDispose in CoreClient.prototype).toBe(true);
});
