import { describe, expect, test } from "vitest";
import type { EmulatorOptions } from "web-pubsub-emulator";
import { openPage, roles, startInPage, type PageWorld } from "../../stage.js";
import type { Engine } from "../engine.js";

/** Streams of the page and of the client, invocations and group states. */
export function streamTests(engine: () => Engine): void {
  describe.each(["json.reliable.webpubsub.azure.v1", "protobuf.reliable.webpubsub.azure.v1"])(
    "%s",
    (name) => {
      /** A page whose client is started over this subprotocol, in a room of its own service. */
      async function open(local: EmulatorOptions = {}) {
        const codec = name.startsWith("protobuf") ? "protobuf" : "JSON";
        const { page, emulator } = await openPage(engine(), { codec }, local);
        await startInPage(page, await emulator.clientAccessUrl("chat", { userId: "ann", roles }));
        expect(emulator.hub("chat").connections()).toMatchObject([{ subprotocol: name }]);
        return { page, emulator };
      }

      test("a file goes through a group with pipeTo, over cuts, byte for byte", async () => {
        const { page } = await open();
        const seen = await page.evaluate(async () => {
          const { client } = window as unknown as PageWorld;
          const cut = async () => (await (await fetch("/cut")).json()) as number;
          const globals = ["process", "Buffer", "global", "require"].filter((name) => name in window);
          const bytes = new Uint8Array(1_000_000);
          for (let at = 0; at < bytes.length; at += 65_536)
            crypto.getRandomValues(bytes.subarray(at, at + 65_536));
          const digest = async (data: BufferSource): Promise<string> =>
            [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))].join(" ");

          const received = new Promise<string>((resolve, reject) => {
            client.onGroupStream((stream) => {
              // A Response takes the stream as its body.
              const body = stream.readable as ReadableStream<Uint8Array<ArrayBuffer>>;
              new Response(body).arrayBuffer().then(digest).then(resolve, reject);
            });
          });
          const writer = await client.openGroupStream("room");
          let cuts = 0;
          const saboteur = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
            transform: async (chunk, controller) => {
              cuts += await cut();
              controller.enqueue(new Uint8Array(chunk));
            },
          });
          await new File([bytes], "data.bin").stream().pipeThrough(saboteur).pipeTo(writer.writable);
          return { globals, isSame: (await received) === (await digest(bytes)), isCut: cuts > 0 };
        });
        expect(seen).toEqual({ globals: [], isSame: true, isCut: true });
      });

      test("back-pressure, abort and cancellation cross the page's own streams", async () => {
        const { page, emulator } = await open();
        emulator.faults.holdStreamAcks({ streamId: "held", delayInMs: 10 });
        const story = await page.evaluate(async () => {
          const { client } = window as unknown as PageWorld;
          const ends: string[] = [];
          client.onGroupStream(async (stream) => {
            const reader = stream.readable.pipeThrough(new TransformStream()).getReader();
            try {
              while (!(await reader.read()).done);
              ends.push(`${stream.streamId}: complete`);
            } catch (error) {
              ends.push(`${stream.streamId}: ${(error as Error).name} ${(error as Error).message}`);
            }
          });

          const options = { maxUnackedFragments: 2 };
          const held = (
            await client.openGroupStream("room", { streamId: "held", ...options })
          ).writable.getWriter();
          const sizes = [held.desiredSize];
          await held.write("a");
          await held.write("b");
          const third = held.write("c");
          sizes.push(held.desiredSize);
          await third;
          await held.ready;
          sizes.push(held.desiredSize);
          await held.close();

          const given = await client.openGroupStream("room", { streamId: "given up" });
          await given.writable.abort(new Error("out of ink"));

          const source = new ReadableStream<string>({
            pull: (controller) => controller.enqueue("x"),
            cancel: (reason) => void ends.push(`source: ${(reason as Error).message}`),
          });
          const piped = await client.openGroupStream("room", { streamId: "piped" });
          const signal = AbortSignal.timeout(20);
          const outcome = await source.pipeTo(piped.writable, { signal }).catch((error: Error) => error.name);
          while (ends.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
          return { sizes, outcome, ends: ends.sort() };
        });
        expect(story.sizes).toEqual([1, 0, 1]);
        expect(story.outcome).toBe("TimeoutError");
        expect(story.ends).toEqual([
          "given up: UserError out of ink",
          "held: complete",
          expect.stringMatching(/^piped: UserError .*timed out/),
          expect.stringMatching(/^source: .*timed out/),
        ]);
      });

      test("invocations and group states work in a page", async () => {
        const { page } = await open({
          hubs: {
            chat: { handlers: [{ events: "add", onEvent: ({ data }) => ({ data: Number(data) + 1 }) }] },
          },
        });
        const seen = await page.evaluate(async () => {
          const { client, WebPubSub } = window as unknown as PageWorld;
          const { data } = await client.invokeEvent("add", 41);
          const refused = await client.invokeEvent("nothing", "").catch((error: unknown) => error);
          await client.subscribeGroupStates("room");
          const changed = new Promise((resolve) => client.once("group-states-changed", resolve));
          await client.setGroupState("room", { status: "here" });
          await changed;
          const states = client.listGroupStates("room").map(({ userId, state }) => [userId, state]);
          return [data, refused instanceof WebPubSub.InvocationError, states];
        });
        expect(seen).toEqual([42, true, [["ann", { status: "here" }]]]);
      });
    },
  );
}
