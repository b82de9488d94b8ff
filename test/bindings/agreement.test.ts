// @vitest-environment node
import fc from "fast-check";
import { expect, test } from "vitest";
import { eventually, useEmulator } from "./support/room.js";

const service = useEmulator();

const step = fc.oneof(
  fc.record({
    kind: fc.constantFrom("join", "leave", "subscribe", "unsubscribe"),
    group: fc.constantFrom("a", "b"),
  }),
  fc.record({ kind: fc.constantFrom("cut", "replace", "stop", "start", "pause") }),
);

test("whoever wants a group has it, in the end, whatever was called in between", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom(0, 5),
      async (steps, releaseDelayInMs) => {
        const client = await service.client({
          releaseDelayInMs,
          environment: { random: () => 0 },
          reconnectRetryOptions: { retryDelayInMs: 1 },
        });
        const settling: Promise<unknown>[] = [];
        const subscribers: Record<string, (() => void)[]> = { a: [], b: [] };
        const wished: Record<string, boolean> = { a: false, b: false };
        let running = false;
        const start = async (): Promise<void> => {
          running = true;
          await client.start();
        };
        await start();
        for (const { kind, ...rest } of steps) {
          const group = "group" in rest ? rest.group : "";
          if (kind === "subscribe") subscribers[group]?.push(client.group(group).subscribe(() => {}));
          else if (kind === "unsubscribe") subscribers[group]?.pop()?.();
          else if (kind === "pause") await new Promise((resolve) => setTimeout(resolve, 7));
          else if (kind === "start" && !running) await start();
          else if (kind === "join" && running) {
            wished[group] = true;
            settling.push(client.joinGroup(group));
          } else if (kind === "leave") {
            wished[group] = false;
            const leaving = client.leaveGroup(group);
            // A stopped client lets it wait for `start`, and refuses it after 3 s. The group is no longer wanted in either case.
            const refused = (error: unknown): void => expect(error).toMatchObject({ code: "NotStarted" });
            settling.push(running ? leaving : leaving.catch(refused));
          } else if (kind === "cut" && client.state === "Connected") service.emulator.faults.cutTransports();
          else if (kind === "replace" && client.state === "Connected") {
            service.emulator.hub("chat").closeConnection(client.connectionId ?? "");
          } else if (kind === "stop" && running) {
            // What is pending would reject, and with it the wish would be uncertain.
            await Promise.all(settling.splice(0));
            running = false;
            await client.stop();
          }
        }
        if (!running) await start();
        await Promise.all(settling);
        const expected = ["a", "b"].filter(
          (name) => wished[name] === true || subscribers[name]?.length !== 0,
        );
        const agreed = (): void => {
          // One that was cut just before a stop waits there for its recovery, with its groups.
          const connection = service.emulator.hub("chat").connection(client.connectionId ?? "");
          expect([...(connection?.groups ?? [])].sort()).toEqual(expected);
          for (const name of ["a", "b"]) {
            expect(client.group(name).status).toBe(expected.includes(name) ? "joined" : "idle");
          }
        };
        await eventually(agreed);
        // And it stays so: nothing else is on its way.
        await client.sendEvent("done", "x", { fireAndForget: true });
        await new Promise((resolve) => setTimeout(resolve, 2 * releaseDelayInMs));
        agreed();
        await client.stop();
      },
    ),
    { numRuns: 60 },
  );
});
