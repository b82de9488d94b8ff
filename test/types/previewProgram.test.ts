import { expect, test, vi } from "vitest";
import { startEmulator, type Content } from "web-pubsub-emulator";
import type * as Program from "./previewProgram.js";

/** The program with its one import as it stands, or swapped for ours. */
async function load(client: "reference" | "ours"): Promise<typeof Program> {
  vi.resetModules();
  vi.doUnmock("@azure/web-pubsub-client");
  if (client === "ours") vi.doMock("@azure/web-pubsub-client", () => import("web-pubsub-client"));
  return import("./previewProgram.js");
}

async function run(client: "reference" | "ours"): Promise<Program.PreviewReport> {
  let aborted = false;
  await using emulator = await startEmulator({
    hubs: {
      chat: {
        handlers: [
          { events: "echo", onEvent: ({ data }) => ({ data: data as Content }) },
          {
            events: "hangs",
            onEvent: ({ signal }) =>
              new Promise((resolve) => {
                signal?.addEventListener("abort", () => {
                  aborted = true;
                  resolve(undefined);
                });
              }),
          },
        ],
      },
    },
  });
  const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
  const url = await emulator.clientAccessUrl("chat", { userId: "ann", roles });
  const { run } = await load(client);
  const report = await run(url, (streamId) =>
    emulator.faults.closeStreams({ streamId, error: "InternalServerError", message: "sorry" }),
  );
  // The cancellation has reached the handler.
  await vi.waitFor(() => expect(aborted).toBe(true));
  return report;
}

test("a program with streams and invocations does the same on the reference client and on ours", async () => {
  const ours = await run("ours");
  expect(ours).toEqual({
    streams: [
      { id: "mixed", group: "room", from: "ann", data: ["one", { n: [2] }, [3]], end: "complete" },
      { id: "given up", group: "room", from: "ann", data: ["half"], end: "UserError no more APP_42" },
      { id: "closed", group: "room", from: "ann", data: ["before"], end: "InternalServerError sorry" },
    ],
    answers: [
      { dataType: "text", data: "text" },
      { dataType: "json", data: { deep: [true] } },
      { dataType: "binary", data: [4, 5] },
    ],
    refusals: [
      {
        isInvocationError: true,
        id: "a",
        error: { name: "NotFound", message: expect.any(String) as string },
      },
      { isInvocationError: true, id: "b", error: undefined },
    ],
    failures: ["InternalServerError sorry"],
    refused: [
      "Stream 'mixed' is completed.",
      "Stream 'closed' is completed.",
      "Stream 'same' already exists.",
    ],
    activeAfterClose: false,
  });
  const reference = await run("reference");
  expect(reference).toEqual(ours);
});
