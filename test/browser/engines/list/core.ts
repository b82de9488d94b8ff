import { describe, expect, test } from "vitest";
import type { EmulatorOptions } from "web-pubsub-emulator";
import { openPage, roles, startInPage, waitInPage, type PageWorld } from "../../stage.js";
import type { Engine } from "../engine.js";

/** The client in a page: text, bytes, events, recovery, groups, a wake, streams, stopping. */
export function coreTests(engine: () => Engine): void {
  describe.each([
    ["script tag", "JSON"],
    ["module script", "JSON"],
    ["script tag", "protobuf"],
  ] as const)("%s, %s", (tag, codec) => {
    const open = (local: EmulatorOptions = {}): ReturnType<typeof openPage> =>
      openPage(engine(), { tag, codec }, local);

    test("text, JSON and bytes cross between a page and the service", async () => {
      const { page, emulator } = await open();
      await startInPage(page, await emulator.clientAccessUrl("chat", { userId: "ann", roles }));
      const seen = await page.evaluate(async () => {
        const { client, got } = window as unknown as PageWorld;
        await client.sendToGroup("room", "häl\u{1F600}o");
        await client.sendToGroup("room", { a: [1, null] });
        await client.sendToGroup("room", new Uint8Array([0, 255, 7, 128]).subarray(1));
        await client
          .sendToGroup("room", new Blob([]).size, "text")
          .catch((error: Error) => got.push(error.name));
        while (got.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
        const bytes = got.find((each) => each instanceof ArrayBuffer) as ArrayBuffer;
        const rest = got.filter((each) => each !== bytes);
        return [...rest, [...new Uint8Array(bytes)], client.userId, client.state];
      });
      expect(seen).toEqual([
        "häl\u{1F600}o",
        { a: [1, null] },
        "SendMessageError",
        [255, 7, 128],
        "ann",
        "Connected",
      ]);
      expect(emulator.hub("chat").members("room")).toHaveLength(1);
    });

    test("events reach the server's handler, and what it answers comes back", async () => {
      const onEvent = ({ eventName, data }: { eventName: string; data: unknown }) => ({
        data: { eventName, data },
      });
      const { page, emulator } = await open({
        hubs: { chat: { handlers: [{ events: "*", onEvent }] } },
      });
      await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
      const answer = await page.evaluate(async () => {
        const { client } = window as unknown as PageWorld;
        const told = new Promise((resolve) => {
          client.on("server-message", ({ message }) => resolve(message.data));
        });
        await client.sendEvent("greet", { n: 1 });
        return [await told, (await client.invokeEvent("ask", "why?")).data];
      });
      expect(answer).toEqual([
        { eventName: "greet", data: { n: 1 } },
        { eventName: "ask", data: "why?" },
      ]);
    });

    test("cut transports are recovered and nothing is lost, doubled or reordered", async () => {
      const { page, emulator } = await open();
      await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
      const sending = page.evaluate(async () => {
        const { client } = window as unknown as PageWorld;
        for (let i = 0; i < 300; i++) await client.sendToGroup("room", i);
      });
      for (let cut = 1; cut <= 3; cut++) {
        await waitInPage(
          page,
          (least: number) => (window as unknown as PageWorld).got.length > least,
          cut * 70,
        );
        emulator.faults.cutTransports();
      }
      await sending;
      await waitInPage(page, () => (window as unknown as PageWorld).got.length >= 300);
      // The last cut may come when all lines are there already.
      await expect
        .poll(() => page.evaluate(() => (window as unknown as PageWorld).events))
        .toEqual(["connected", ...Array<string[]>(3).fill(["recovering", "recovered"]).flat()]);
      expect(await page.evaluate(() => (window as unknown as PageWorld).got)).toEqual(
        Array.from({ length: 300 }, (_, i) => i),
      );
    });

    test("groups: a new connection is in all of them before it is told of, and one that was left stays left", async () => {
      const { page, emulator } = await open();
      const hub = emulator.hub("chat");
      await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
      await page.evaluate(async () => {
        const { client, got } = window as unknown as PageWorld;
        client.group("handle").subscribe(({ data }) => got.push({ byHandle: data }));
        await client.joinGroup("left");
        await client.leaveGroup("left");
        client.on("connected", () => void client.sendToGroup("handle", "of the new connection"));
      });
      await expect.poll(() => hub.members("handle")).toHaveLength(1);
      const [before] = hub.members("handle");
      emulator.faults.rejectRecovery({ times: 1 });
      emulator.faults.cutTransports();
      await waitInPage(page, () => (window as unknown as PageWorld).got.length === 2);
      expect(hub.members("room")).toEqual(hub.members("handle"));
      expect(hub.members("handle")).not.toEqual([before]);
      expect(hub.members("left")).toEqual([]);
      const { got, events } = await page.evaluate(() => {
        const { got, events } = window as unknown as PageWorld;
        return { got, events };
      });
      expect(got).toHaveLength(2);
      expect(got).toContainEqual("of the new connection");
      expect(got).toContainEqual({ byHandle: "of the new connection" });
      expect(events).toEqual(["connected", "recovering", "disconnected", "connected"]);
    });

    test("a wake cuts the wait for the next attempt short", async () => {
      const { page, emulator } = await open();
      await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
      await page.evaluate(() => {
        const { client } = window as unknown as PageWorld;
        // The longest of the random delays.
        Math.random = () => 0.99;
        const earlierByInMs = new Promise<number>((resolve) => {
          client.on("state-changed", ({ nextDelayInMs = 0 }) => {
            // The first delays are short; this one is of a period of 5 s.
            if (nextDelayInMs < 3_000) return;
            const planned = Date.now() + nextDelayInMs;
            client.once("recovered", () => resolve(planned - Date.now()));
            setTimeout(() => dispatchEvent(new Event("online")));
          });
        });
        Object.assign(window, { earlierByInMs });
      });
      emulator.faults.refuseUpgrades({ with: 503, only: "recovery", times: 5 });
      emulator.faults.cutTransports();
      emulator.hub("chat").sendToGroup("room", "while away");
      const earlierByInMs = await page.evaluate<number>("earlierByInMs");
      expect(earlierByInMs).toBeGreaterThan(0);
      await waitInPage(page, () => (window as unknown as PageWorld).got.length === 1);
    });

    test("a stream arrives whole over a cut", async () => {
      const { page, emulator } = await open();
      await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
      const streaming = page.evaluate(async () => {
        const { client } = window as unknown as PageWorld;
        const whole = new Promise((resolve, reject) => {
          client.onGroupStream(async (stream) => {
            try {
              const read: unknown[] = [];
              for await (const { data } of stream) read.push(data);
              resolve(read);
            } catch (error) {
              reject(new Error("The stream broke off.", { cause: error }));
            }
          });
        });
        const writer = await client.openGroupStream("room");
        for (let i = 0; i < 200; i++) await writer.write(`${i}`);
        await writer.end();
        return whole;
      });
      // The fragments are group messages too.
      await waitInPage(page, () => (window as unknown as PageWorld).got.length > 50);
      emulator.faults.cutTransports();
      expect(await streaming).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`));
    });

    test("a stopped client leaves the service and the page quiet", async () => {
      const { page, emulator } = await open();
      await startInPage(page, await emulator.clientAccessUrl("chat", { roles }));
      const events = await page.evaluate(async () => {
        const { client, events } = window as unknown as PageWorld;
        await client.stop();
        return events;
      });
      expect(events).toEqual(["connected", "disconnected", "stopped"]);
      await expect.poll(() => emulator.hub("chat").connections()).toEqual([]);
    });
  });
}
