// Checks what the built package weighs in an app, minified and gzipped, against its budgets.
//   npm run size
import { execFileSync } from "node:child_process";
import { readOptions } from "./arguments.mjs";

// It takes none.
readOptions({});

/**
 * In bytes. A budget is what is reached, rounded up: whoever adds code sees what it costs. What stands `beside`
 * something is what an app downloads more than that. The goal is what it is meant to come down to.
 */
const budgets = [
  { name: "core", limit: 20_550, goal: 14_300 },
  { name: "complete", limit: 40_100, goal: 27_000 },
  { name: "groups", beside: "core", limit: 2_700, goal: 2_200 },
  { name: "presence", beside: "core", limit: 2_550, goal: 2_000 },
  { name: "streams", beside: "core", limit: 6_150, goal: 5_300 },
  { name: "invocations", beside: "core", limit: 1_750, goal: 1_100 },
  { name: "history", beside: "groups", limit: 2_550, goal: 1_200 },
  { name: "tabs: the page", beside: "core", limit: 1_750, goal: 1_700 },
  { name: "tabs: the worker", beside: "core", limit: 6_250, goal: 5_000 },
  { name: "observe", beside: "core", limit: 2_050, goal: 1_500 },
  { name: "opentelemetry", beside: "observe", limit: 2_400, goal: 2_400 },
  { name: "resume", beside: "core", limit: 2_150, goal: 1_800 },
  { name: "react", beside: "what the bindings use", limit: 1_850, goal: 1_600 },
  { name: "svelte", beside: "what the bindings use", limit: 1_500, goal: 1_500 },
  { name: "vue", beside: "what the bindings use", limit: 1_500, goal: 1_400 },
  { name: "protobuf, complete", beside: "core", limit: 5_600, goal: 5_500 },
  { name: "protobuf/core", beside: "core", limit: 5_100, goal: 5_000 },
  { name: "devtools", beside: "observe", limit: 13_150, goal: 14_000 },
  { name: "react: useGroup alone" },
  { name: "@azure/web-pubsub-client" },
];

const output = execFileSync(process.execPath, ["node_modules/size-limit/bin.js", "--json"], {
  encoding: "utf8",
});
const sizes = new Map(JSON.parse(output).map(({ name, size }) => [name, size]));

for (const { name, beside, limit, goal } of budgets) {
  const size = sizes.get(name) - (beside === undefined ? 0 : sizes.get(beside));
  const isOver = limit !== undefined && !(size <= limit);
  const what = beside === undefined ? name : `${name}, beside ${beside}`;
  const bound = limit === undefined ? "for comparison" : `of ${limit}, goal ${goal}`;
  console.log(`${String(size).padStart(7)} bytes ${bound.padEnd(20)} ${what}${isOver ? "  TOO LARGE" : ""}`);
  if (isOver) process.exitCode = 1;
}
