import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import * as ours from "web-pubsub-client";
import ts from "typescript";
import { anyGroup, House, hub, until } from "../harness.js";

const { resolve } = createRequire(import.meta.url);

/** An example of the reference client's documentation, as it stands there. */
async function example(name: string): Promise<string> {
  const main = resolve("@azure/web-pubsub-client/package.json");
  const text = await readFile(main.replace("package.json", "README.md"), "utf8");
  const code = new RegExp(`\`\`\`ts snippet:${name}\\n(.*?)\`\`\``, "s").exec(text)?.[1];
  if (code === undefined) throw new Error(`There is no example ${name}.`);
  return code;
}

/** Runs the example with our client where it imports theirs. */
async function run(code: string, url: string, log: (text: string) => void): Promise<void> {
  expect(code).toContain('import { WebPubSubClient } from "@azure/web-pubsub-client";');
  const body = code.replace(/^import .*$/m, "").replace("<client-access-url>", url);
  const { outputText } = ts.transpileModule(body, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (client: unknown, console: unknown) => Promise<void>;
  const clients: ours.WebPubSubClient[] = [];
  class Client extends ours.WebPubSubClient {
    constructor(clientAccessUrl: string) {
      super(clientAccessUrl);
      clients.push(this);
    }
  }
  try {
    await new AsyncFunction("WebPubSubClient", "console", outputText)(Client, { log });
    await until(() => logged(log));
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
  }
}

const logs = new WeakMap<object, string[]>();
const logged = (log: object): boolean => (logs.get(log)?.length ?? 0) > 0;
function journal(): { log: (text: string) => void; lines: string[] } {
  const lines: string[] = [];
  const log = (text: string): void => void lines.push(text);
  logs.set(log, lines);
  return { log, lines };
}

test("the example of streaming to a group runs unchanged", async () => {
  await using house = await House.open();
  const { log, lines } = journal();
  await run(
    await example("ReadmeSampleStreaming"),
    await house.emulator.clientAccessUrl(hub, { roles: anyGroup, userId: "ann" }),
    log,
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^Stream [0-9a-f-]{36} completed: hello world$/);
});

test("the example of invoking runs unchanged", async () => {
  const orders: unknown[] = [];
  await using house = await House.open({
    hubs: {
      [hub]: {
        handlers: [
          {
            onEvent({ eventName, data }) {
              orders.push([eventName, data]);
              return Promise.resolve({ data: { accepted: true } });
            },
          },
        ],
      },
    },
  });
  const { log, lines } = journal();
  await run(
    await example("ReadmeSampleInvokeEvent"),
    await house.emulator.clientAccessUrl(hub, { userId: "ann" }),
    log,
  );
  expect(lines).toEqual(['Invocation result: {"accepted":true}']);
  expect(orders).toEqual([["processOrder", { orderId: 1 }]]);
});
