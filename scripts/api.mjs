// Writes the API reports, `api/*.api.md`: what each entry of both packages exports, by the built declarations. Fails on
// names that aren't documented, and on types that a public name needs and no entry exports.
//   npm run api             builds and writes them
//   npm run api -- --check  only tells whether they are up to date
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { entries } from "./api/entries.mjs";
import { findProblems } from "./api/problems.mjs";
import { writeReport } from "./api/report.mjs";
import { readSurface } from "./api/surface.mjs";
import { readOptions } from "./arguments.mjs";
import { path } from "./programs.mjs";

const FOLDER = "api";
const { check } = readOptions({ check: { type: "boolean", default: false } });

const problems = [];
const reports = new Map();
for (const name of new Set(entries.map((entry) => entry.package))) {
  const surface = readSurface(entries.filter((entry) => entry.package === name));
  problems.push(...findProblems(surface));
  for (const each of surface.modules) reports.set(each.entry.report, writeReport(each, surface));
}

mkdirSync(path(FOLDER), { recursive: true });
const before = new Map(
  readdirSync(path(FOLDER)).map((name) => [
    `${FOLDER}/${name}`,
    readFileSync(path(`${FOLDER}/${name}`), "utf8"),
  ]),
);
for (const [file, text] of reports) {
  const old = before.get(file);
  if (old === text) continue;
  if (check) problems.push(`${file} is out of date: npm run api.\n${changedLines(old ?? "", text)}`);
  else writeFileSync(path(file), text);
}
for (const file of before.keys()) {
  if (reports.has(file)) continue;
  if (check) problems.push(`${file} is of no entry: npm run api.`);
  else rmSync(path(file));
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

/** The lines that only one of two texts has. */
function changedLines(old, text) {
  const [left, right] = [old, text].map((each) => each.split("\n"));
  const only = (mark, lines, others) =>
    lines.filter((line) => !others.includes(line)).map((line) => `${mark} ${line}`);
  return [...only("-", left, right), ...only("+", right, left)].slice(0, 40).join("\n");
}
