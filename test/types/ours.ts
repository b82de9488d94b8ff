/** Checked by the compiler: our own surface, what it accepts and what it must refuse. */
import { expectTypeOf } from "vitest";
import {
  WebPubSubClient,
  type OnRecoveredArgs,
  type OnStateChangedArgs,
  type WebPubSubClientEvents,
  type WebPubSubClientState,
  type WebPubSubResult,
} from "web-pubsub-client";

export function useEvents(client: WebPubSubClient): void {
  // One map types every listener.
  for (const listen of ["on", "once"] as const) {
    expectTypeOf(client[listen]).returns.toEqualTypeOf<() => void>();
  }
  client.on("state-changed", (args) => expectTypeOf(args).toEqualTypeOf<OnStateChangedArgs>());
  client.on("recovered", (args) => expectTypeOf(args).toEqualTypeOf<OnRecoveredArgs>());
  client.once("group-message", ({ message }) => {
    expectTypeOf(message.kind).toEqualTypeOf<"groupData">();
    expectTypeOf(message.metadata).toEqualTypeOf<Record<string, string> | undefined>();
  });
  client.on("connected", async () => {
    await client.joinGroup("room");
  });
  expectTypeOf<keyof WebPubSubClientEvents>().toExtend<string>();
  expectTypeOf<WebPubSubClientEvents["state-changed"]["state"]>().toEqualTypeOf<WebPubSubClientState>();

  // @ts-expect-error no such event
  client.on("conected", () => undefined);
  // @ts-expect-error no such event
  client.once("message", () => undefined);
  // @ts-expect-error a listener of another event
  client.off("connected", ({ message }: { message: string }) => message);
  // @ts-expect-error a field that this event doesn't have
  client.on("recovering", ({ userId }) => userId);
  // @ts-expect-error no listener
  client.on("stopped");
}

export async function useOperations(client: WebPubSubClient): Promise<void> {
  expectTypeOf(client.state).toEqualTypeOf<WebPubSubClientState>();
  expectTypeOf(client.connectionId).toEqualTypeOf<string | undefined>();
  expectTypeOf(client.stop()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(client.stop({ drainInMs: 10 })).toEqualTypeOf<Promise<void>>();
  expectTypeOf<WebPubSubClient>().toExtend<AsyncDisposable>();
  const result = await client.sendToGroup("g", Uint8Array.of(1), { metadata: { a: "b" }, ttlSeconds: 5 });
  expectTypeOf(result).toEqualTypeOf<WebPubSubResult>();
  expectTypeOf(result.resentOnNewConnection).toEqualTypeOf<boolean | undefined>();
  await client.sendToGroup("g", null);
  await client.sendToGroup("g", Buffer.from("x"), "binary", { noEcho: true });
  await client.sendEvent("e", "text", { metadata: { a: "b" } });

  // @ts-expect-error no such data type
  await client.sendToGroup("g", "x", "string");
  // @ts-expect-error metadata holds strings
  await client.sendToGroup("g", "x", { metadata: { a: 1 } });
  // @ts-expect-error no such option
  await client.sendToGroup("g", "x", { noecho: true });
  // @ts-expect-error events have no time to live
  await client.sendEvent("e", "x", { ttlSeconds: 5 });
  // @ts-expect-error undefined is no content
  await client.sendToGroup("g", undefined, "json");
  // @ts-expect-error the state is the client's own
  client.state = "Stopped";
}

export function construct(): WebPubSubClient[] {
  // @ts-expect-error no credential
  const none = () => new WebPubSubClient();
  // @ts-expect-error no credential either
  const empty = () => new WebPubSubClient({});
  // @ts-expect-error no such option
  const typo = () => new WebPubSubClient("", { autoReconect: true });
  // @ts-expect-error no such mode
  const mode = () => new WebPubSubClient("", { reconnectRetryOptions: { mode: "Linear" } });
  // @ts-expect-error no class of sockets
  const socket = () => new WebPubSubClient("", { webSocket: EventTarget });
  return [none(), empty(), typo(), mode(), socket()];
}
