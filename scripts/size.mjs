// Checks what the built package weighs in an app, minified and gzipped, against its budgets.
//   npm run size
import { execFileSync } from "node:child_process";
import { readOptions } from "./arguments.mjs";

// It takes none.
readOptions({});

/**
 * In bytes. A budget is what is reached, rounded up: whoever adds code sees what it costs. What stands `beside`
 * something is what an app downloads more than that.
 */
const budgets = [
  { name: "core", limit: 15_700 },
  { name: "complete", limit: 31_200 },
  { name: "groups", beside: "core", limit: 2_200 },
  { name: "presence", beside: "core", limit: 2_700 },
  { name: "streams", beside: "core", limit: 6_200 },
  { name: "invocations", beside: "core", limit: 1_550 },
  { name: "react", beside: "what the bindings use", limit: 1_600 },
  { name: "vue", beside: "what the bindings use", limit: 1_400 },
  { name: "protobuf", limit: 5_000 },
  { name: "react: useGroup alone" },
  { name: "@azure/web-pubsub-client" },
];

const output = execFileSync(process.execPath, ["node_modules/size-limit/bin.js", "--json"], {
  encoding: "utf8",
});
const sizes = new Map(JSON.parse(output).map(({ name, size }) => [name, size]));

for (const { name, beside, limit } of budgets) {
  const size = sizes.get(name) - (beside === undefined ? 0 : sizes.get(beside));
  const isOver = limit !== undefined && !(size <= limit);
  const what = beside === undefined ? name : `${name}, beside ${beside}`;
  const bound = limit === undefined ? "for comparison" : `of ${limit}`;
  console.log(`${String(size).padStart(7)} bytes ${bound.padEnd(15)} ${what}${isOver ? "  TOO LARGE" : ""}`);
  if (isOver) process.exitCode = 1;
}
