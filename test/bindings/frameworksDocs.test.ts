// @vitest-environment node
import ts from "typescript";
import { beforeEach, expect, test, vi } from "vitest";
import * as core from "web-pubsub-client/core";
import * as groups from "web-pubsub-client/groups";
import * as retain from "web-pubsub-client/retain";
import { blocksOf, typeProblems } from "./support/docBlocks.js";
import { eventually, useEmulator } from "./support/room.js";

/** What the part for all frameworks exports. */
interface Part {
  readonly client: core.CoreClient;
  readonly send: (name: string, data: unknown) => Promise<unknown>;
  readonly watchRoom: (name: string, show: (room: Room) => void) => () => void;
}
interface Room {
  readonly connection: core.ConnectionInfo;
  readonly status: groups.GroupStatus;
  readonly error: Error | undefined;
  readonly messages: readonly groups.GroupMessage[];
}

const service = useEmulator();
const [part = ""] = blocksOf("docs/frameworks.md", "ts").map(({ code }) => code);
let url: string;
beforeEach(async () => {
  url = await service.url();
});

/** Loads the block, whose client gets its URL from the service of the test. */
function load(): Part {
  const asked = "http://localhost:8080/negotiate?hub=chat&user=ann";
  vi.spyOn(globalThis, "fetch").mockImplementation(async (from) => {
    expect(from).toBe(asked);
    return new Response(url);
  });
  const { outputText } = ts.transpileModule(part, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const modules: Record<string, unknown> = {
    "web-pubsub-client/core": core,
    "web-pubsub-client/groups": groups,
    "web-pubsub-client/retain": retain,
  };
  const exports = {};
  type Module = (require: (name: string) => unknown, exports: object) => void;
  const Evaluated = load.constructor as new (...parts: string[]) => Module;
  // In a function of its own, as bundlers put it; its text is that of our own page.
  new Evaluated("require", "exports", outputText)((name) => modules[name], exports);
  return exports as Part;
}

test("the part for all frameworks type-checks", () => {
  const file = `${process.cwd()}/test/bindings/doc-frameworks.ts`;
  expect(typeProblems(new Map([[file, part]]))).toEqual([]);
});

test("it shows what there is, for several at once, and lets go after the last", async () => {
  const { client, send, watchRoom } = load();
  const shown: [Room?, Room?] = [];
  const [one, two] = [0, 1].map((index) => watchRoom("room", (room) => (shown[index] = room)));
  await eventually(() => expect(shown.map((room) => room?.status)).toEqual(["joined", "joined"]));
  expect(shown[0]?.connection).toMatchObject({ state: "Connected", userId: "ann" });
  await send("room", "hello");
  const texts = () => shown.map((room) => room?.messages.map(({ data }) => data));
  await eventually(() => expect(texts()).toEqual([["hello"], ["hello"]]));
  service.emulator.faults.cutTransports();
  service.publish("room", "in the gap");
  await eventually(() => expect(texts()[0]).toEqual(["hello", "in the gap"]));
  two?.();
  service.publish("room", "to one");
  await eventually(() => expect(texts()[0]).toEqual(["hello", "in the gap", "to one"]));
  expect(texts()[1]).toHaveLength(2);
  expect([service.count("opened"), service.count("joinGroup room")]).toEqual([1, 1]);
  one?.();
  await eventually(() => expect(client.state).toBe("Stopped"));
  expect(service.connections()).toBe(0);
});

test("it shows that a group is refused", async () => {
  url = await service.url({ roles: [] });
  const { watchRoom } = load();
  let shown: Room | undefined;
  const end = watchRoom("room", (room) => (shown = room));
  await eventually(() => expect(shown?.status).toBe("refused"));
  expect(shown?.error?.name).toBe("SendMessageError");
  end();
});
