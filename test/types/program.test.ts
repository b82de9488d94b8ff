import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startEmulator, type Emulator } from "web-pubsub-emulator";
import type * as Program from "./program.js";

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({
    log: () => undefined,
    hubs: { chat: { handlers: [{ events: "ask", onEvent: ({ data }) => ({ data: Number(data) * 7 }) }] } },
  });
});
afterEach(() => emulator.close());

/** The program with its one import as it stands, or swapped for ours. */
async function load(client: "reference" | "ours"): Promise<typeof Program> {
  vi.resetModules();
  vi.doUnmock("@azure/web-pubsub-client");
  if (client === "ours") vi.doMock("@azure/web-pubsub-client", () => import("web-pubsub-client"));
  return import("./program.js");
}

const roles = ["room", "hall"].flatMap((group) => [
  `webpubsub.joinLeaveGroup.${group}`,
  `webpubsub.sendToGroup.${group}`,
]);

function run({ run }: typeof Program): Promise<Program.Report> {
  return run(
    () => emulator.clientAccessUrl("chat", { userId: "ann", roles }),
    async (report, count) => {
      while (report.heard.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  );
}

/** What goes over the wire, but for its clockwork, chosen ids, and the refused join, which only the reference retries. */
function essence({ wire }: Program.Report): string[] {
  return wire
    .filter((line) => !/^(ping|pong|sequenceAck)|forbidden/i.test(line))
    .map((line) => line.replace(/\d+/g, "#"));
}

test("a program written for the reference client does the same on ours", async () => {
  const reference = await run(await load("reference"));
  const ours = await run(await load("ours"));

  expect(ours.heard).toEqual([
    ["room", "ann", "text", "hello"],
    ["room", "ann", "json", { deep: [1, "two", null] }],
    ["hall", "ann", "binary", [1, 2, 3]],
    ["room", "ann", "json", true],
    ["server", "json", 42],
    ["server", "json", 49],
  ]);
  expect(ours.events).toEqual(["connected ann true", "disconnected true ", "stopped"]);
  expect(ours.refusal).toMatchObject({ name: "SendMessageError", errorDetail: { name: "Forbidden" } });
  expect(ours.negotiations).toBe(1);

  expect(reference.heard).toEqual(ours.heard);
  expect(reference.events).toEqual(ours.events);
  expect(reference.refusal?.name).toBe("SendMessageError");
  expect(reference.results.map(({ ackId, ...rest }) => ({ acked: ackId !== undefined, ...rest }))).toEqual(
    ours.results.map(({ ackId, ...rest }) => ({ acked: ackId !== undefined, ...rest })),
  );
  expect(essence(reference)).toEqual(essence(ours));
});

test.each(["reference", "ours"] as const)(
  "every form of construction and the error class work (%s)",
  async (client) => {
    const { constructAll, makeError } = await load(client);
    const clients = constructAll("ws://localhost/client/hubs/chat");
    expect(clients).toHaveLength(5);
    // A property that only ours has: the import was really swapped.
    expect(clients.every((each) => "connectionId" in each)).toBe(client === "ours");
    const error = makeError();
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "SendMessageError",
      message: "failed",
      ackId: 8,
      errorDetail: { name: "Forbidden" },
    });
  },
);
