import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../src/config/configFile.js";
import { optionNames } from "../../src/options.js";

const schemaFile = new URL("../../schema/config.schema.json", import.meta.url);
const schema = JSON.parse(await readFile(schemaFile, "utf8")) as { properties: Record<string, unknown> };
const fits = new Ajv().compile(schema);

async function file(name: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "emulator-config-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const read = async (value: unknown) => readConfig(await file("emulator.json", JSON.stringify(value)));
const url = "http://localhost/{hub}/{event}";

test.each([
  [{}],
  [{ $schema: "./schema.json", port: 0, host: "localhost", hub: "news", verbose: true, admin: true }],
  [{ accessKey: "a", secondaryAccessKey: "b", recoveryWindowInMs: 1.5, hubs: {} }],
  [{ hubs: { chat: { anonymous: true, handlers: [{ url }], listeners: [] } } }],
  [
    {
      hubs: {
        "a.b": {
          handlers: [
            { url, events: "a,b", systemEvents: ["connect"] },
            { url, events: ["c"] },
          ],
        },
      },
    },
  ],
  [
    {
      hubs: { chat: { listeners: [{ eventHubs: { connectionString: "Endpoint=sb://x" }, events: ["a"] }] } },
    },
  ],
])("%j is taken by the service and by the schema", async (config) => {
  expect(fits(config)).toBe(true);
  const { hub, verbose, $schema: _, ...options } = config as Record<string, unknown>;
  expect(await read(config)).toEqual({ options, hub, verbose });
});

test.each([
  [[], "the configuration must be an object, but is an array."],
  [{ host: {} }, "host must be a string that isn't empty, but is an object."],
  [{ prot: 1 }, 'the configuration has no "prot" (did you mean port?); it knows $schema, '],
  [{ port: "8080" }, 'port must be an integer, but is "8080"'],
  [{ port: 65_536 }, "port must be a number from 0 to 65535, but is 65536"],
  [{ host: "" }, "host must be a string that isn't empty"],
  [{ recoveryWindowInMs: -1 }, "recoveryWindowInMs must be a number from 0"],
  [{ admin: "yes" }, 'admin must be a boolean, but is "yes"'],
  [{ verbose: 1 }, "verbose must be a boolean"],
  [{ hub: 1 }, "hub must be a string"],
  [{ hub: "a b" }, "hub must begin with a letter and hold letters, digits and _ ` , . [ ] only"],
  [{ adminOrigins: ["*"] }, "adminOrigins[0] must be an origin such as http://localhost:5173"],
  [{ adminToken: "short" }, "adminToken must have at least 16 characters"],
  [{ https: { key: "k" } }, "https.cert must be a string"],
  [{ https: "yes" }, 'https must be true, false or { key, cert }, but is "yes".'],
  [{ log: "all" }, 'has no "log"'],
  [
    { hubs: { "1": {} } },
    'a name in hubs must begin with a letter and hold letters, digits and _ ` , . [ ] only, at most 128, but is "1"',
  ],
  [{ hubs: { chat: { anonymus: true } } }, 'hubs.chat has no "anonymus" (did you mean anonymous?)'],
  [{ hubs: { chat: { handlers: {} } } }, "hubs.chat.handlers must be an array"],
  [{ hubs: { chat: { handlers: [{}] } } }, "hubs.chat.handlers[0] must have a url"],
  [
    { hubs: { chat: { handlers: [{ event: "a" }] } } },
    'hubs.chat.handlers[0] has no "event" (did you mean events?)',
  ],
  [{ hubs: { chat: { handlers: [{ url: "localhost" }] } } }, "hubs.chat.handlers[0].url must be an HTTP URL"],
  [
    { hubs: { chat: { handlers: [{ url: `${url}/{evnt}` }] } } },
    "hubs.chat.handlers[0].url may hold {event} and {hub}, but not {evnt}.",
  ],
  [{ hubs: { chat: { handlers: [{ url, onEvent: "x" }] } } }, 'hubs.chat.handlers[0] has no "onEvent"'],
  [{ hubs: { chat: { handlers: [{ onEvent: "x" }] } } }, "hubs.chat.handlers[0].onEvent must be a function"],
  [
    { hubs: { chat: { handlers: [{ url, systemEvents: ["conect"] }] } } },
    "hubs.chat.handlers[0].systemEvents",
  ],
  [
    { hubs: { chat: { handlers: [{ url, events: "join, room.*" }] } } },
    'hubs.chat.handlers[0].events must be "*" for all events, or names of letters, digits and _ . - that begin with a letter, but has "room.*".',
  ],
  [{ hubs: { chat: { listeners: [{}] } } }, "hubs.chat.listeners[0] must have either eventHubs or onEvent"],
])("%j is refused by the schema too, and the message names key and fix", async (config, message) => {
  expect(fits(config)).toBe(false);
  await expect(read(config)).rejects.toThrow("emulator.json: ");
  await expect(read(config)).rejects.toThrow(message);
});

test("one hub by two spellings is a mistake, which a schema can't express", async () => {
  await expect(read({ hubs: { chat: {}, Chat: {} } })).rejects.toThrow("hubs.Chat is given twice");
});

test("the schema describes every option that JSON can express, with a text", () => {
  const { $schema: _, hub: __, verbose: ___, ...options } = schema.properties;
  expect(Object.keys(options).sort()).toEqual(optionNames.filter((name) => name !== "log").sort());
  for (const property of Object.values(schema.properties)) expect(property).toHaveProperty("description");
});

test("a syntax error is shown with its line", async () => {
  const path = await file("emulator.json", '{\n  "port": 0,\n  oops\n}');
  await expect(readConfig(path)).rejects.toThrow(/^emulator\.json: it is not JSON: .*line 3/);
});

test("a file that is not there, and a folder", async () => {
  await expect(readConfig("none.json")).rejects.toThrow("none.json: there is no such file.");
  await expect(readConfig(".")).rejects.toThrow(
    /^\S+: it is a folder, but must be a JSON file or a module\.$/,
  );
});

test("a byte order mark is no syntax error", async () => {
  const { options } = await readConfig(await file("emulator.json", '\uFEFF{"port":0}'));
  expect(options).toEqual({ port: 0 });
});

test("a module may hold functions; it is read anew each time", async () => {
  const path = await file(
    "emulator.mjs",
    "export default { hubs: { a: { handlers: [{ onEvent() {} }] } } };",
  );
  expect((await readConfig(path)).options.hubs).toHaveProperty("a");
  await writeFile(path, "export default { hubs: { b: { handlers: [{ onEvent() {} }] } } };");
  expect((await readConfig(path)).options.hubs).toHaveProperty("b");
  await expect(readConfig(await file("none.mjs", "export const a = 1;"))).rejects.toThrow(
    "no default export",
  );
});
