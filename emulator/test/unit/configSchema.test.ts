import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../src/config/configFile.js";

const schemaFile = new URL("../../schema/config.schema.json", import.meta.url);
const fits = new Ajv().compile(JSON.parse(await readFile(schemaFile, "utf8")) as object);

/** Mostly good ones, so that a whole configuration has a chance to be good, and any JSON. */
const mostly = (good: fc.Arbitrary<unknown>, ...bad: unknown[]) =>
  fc.oneof(
    { arbitrary: good, weight: 24 },
    ...bad.map((value) => ({ arbitrary: fc.constant(value), weight: 1 })),
    { arbitrary: fc.jsonValue({ maxDepth: 1 }), weight: 1 },
  );
/** Any of the keys, seldom one that is not known. */
const object = (fields: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) => {
  const known = fc.record(fields, { requiredKeys });
  const wrong = fc.constantFrom("Port", "handler", "onEvent", "__proto__", "toString", "", "log");
  const strange = fc
    .tuple(known, wrong, fc.jsonValue({ maxDepth: 0 }))
    // As JSON.parse does it: a key like any other.
    .map(([value, key, more]) =>
      Object.defineProperty({ ...value }, key, { value: more, enumerable: true, configurable: true }),
    );
  return mostly(fc.oneof({ arbitrary: known, weight: 24 }, { arbitrary: strange, weight: 1 }), null, []);
};
const flag = mostly(fc.boolean(), 0, "true");
const text = mostly(fc.string({ minLength: 1 }), "", 1);
const hubName = fc.constantFrom("chat", "a.b_c`,[1]", "A".repeat(128));
const events = mostly(
  fc.oneof(
    fc.constantFrom("*", "", "a,b", " a_1.b-c ,, *", `a${"b".repeat(127)}`),
    fc.array(fc.constantFrom("*", "a", " B ", " ", `a${"b".repeat(127)}`)),
  ),
  [""],
  "room.*",
  "a,1",
  "a b",
  ["a,b"],
  ["room.?"],
  ["a".repeat(129)],
  1,
);
const systemEvents = (names: string[], wrong: string) => mostly(fc.array(fc.constantFrom(...names)), [wrong]);
const url = mostly(
  fc.constantFrom("http://a", "HTTPS://[::1]:8080/{event}?hub={hub}", "http://{hub}.test/x?{EVENT}"),
  "localhost",
  "ws://a",
  "http://",
  "http:///event",
  "http://{event}.test/",
  "https://a:{Event}/",
);
const groupFilter = fc.constantFrom("room", "r?om*", "**", "*****", "\\*\\*\\*\\*\\*\\*", "\\\\");
const groupPresenceEvents = object(
  {
    eventNames: mostly(fc.array(fc.constantFrom("joined", "left")), ["join"]),
    groupFilters: mostly(fc.array(groupFilter), [""], ["******"], ["a\\"], ["\\a"], "room"),
  },
  ["eventNames"],
);
const handler = object(
  {
    url,
    events,
    systemEvents: systemEvents(["connect", "disconnected"], "conect"),
    groupPresenceEvents,
  },
  ["url"],
);
const eventHubs = object({ connectionString: text, eventHubName: text }, ["connectionString"]);
const listener = object({ eventHubs, events, systemEvents: systemEvents(["connected"], "connect") }, [
  "eventHubs",
]);
const few = (each: fc.Arbitrary<unknown>) => mostly(fc.array(each, { maxLength: 2 }), {});
const hub = object({ anonymous: flag, handlers: few(handler), listeners: few(listener) });
const hubs = mostly(
  fc.dictionary(
    fc.oneof({ arbitrary: hubName, weight: 12 }, fc.constantFrom("", "1", "a-b", "A".repeat(129))),
    hub,
    {
      maxKeys: 2,
    },
  ),
  [],
);
const config = object({
  $schema: text,
  port: mostly(fc.integer({ min: 0, max: 65_535 }), -1, 65_536, 1.5, "8080"),
  host: mostly(
    fc.constantFrom("127.0.0.1", "LocalHost", "::", "::1", "0.0.0.0"),
    "",
    "192.0.2.1",
    "127.0.0.1.nip.io",
    "localhost.",
  ),
  accessKey: text,
  secondaryAccessKey: text,
  recoveryWindowInMs: mostly(fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true }), -1, 2 ** 31),
  admin: flag,
  adminToken: mostly(fc.constantFrom("a".repeat(16), "aZ09-._~aZ09-._~"), "short", "with blanks in it, long"),
  adminOrigins: mostly(
    fc.array(fc.constantFrom("http://localhost:5173", "https://[::1]:80", "https://app.test"), {
      maxLength: 2,
    }),
    "http://localhost",
    ["localhost:5173"],
    ["http://localhost/"],
    ["HTTP://LOCALHOST"],
    ["*"],
    [""],
    [1],
  ),
  https: mostly(
    fc.oneof(fc.boolean(), fc.constant({ key: "k", cert: "c" })),
    { key: "k" },
    { key: "", cert: "c" },
  ),
  negotiate: flag,
  acceptUnvalidatedEntraTokens: flag,
  hub: mostly(hubName, "1", "a b", "A".repeat(129)),
  verbose: flag,
  hubs,
});

test("the schema takes what the service takes and refuses what it refuses", async () => {
  const folder = await mkdtemp(join(tmpdir(), "emulator-schema-"));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const path = join(folder, "emulator.json");
  const verdicts = { taken: 0, refused: 0 };
  const agree = fc.asyncProperty(config, async (generated) => {
    const json = JSON.stringify(generated);
    await writeFile(path, json);
    const words = await readConfig(path).then(
      () => "",
      (error: unknown) => String(error),
    );
    verdicts[words === "" ? "taken" : "refused"]++;
    expect({ json, words, fits: fits(JSON.parse(json)) }).toEqual({ json, words, fits: words === "" });
  });
  await fc.assert(agree, { numRuns: 1_000 });
  // Else it compares nothing.
  expect(verdicts.taken).toBeGreaterThan(50);
  expect(verdicts.refused).toBeGreaterThan(50);
});
