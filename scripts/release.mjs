// Versions, changelogs and tarballs of both packages, by changesets. Its command line doesn't see a package that is the
// root of the workspaces, as the client is, so this calls its parts.
//   npm run change -- --bump minor --text "What users get" [--package web-pubsub-emulator]
//                              notes a change that users notice, in .changeset/
//   npm run release:version    raises both packages to the next version and writes the notes into their changelogs
//   npm run release:pack       builds both and packs them into release/
import apply from "@changesets/apply-release-plan";
import assemble from "@changesets/assemble-release-plan";
import { read as readConfig } from "@changesets/config";
import readChanges from "@changesets/read";
import writeChange from "@changesets/write";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { refuse } from "./arguments.mjs";
import { path } from "./programs.mjs";

const root = path(".").replace(/\/$/, "");
const describe = (dir) => ({ dir, packageJson: JSON.parse(readFileSync(`${dir}/package.json`, "utf8")) });
const [client, emulator] = [describe(root), describe(path("emulator"))];
const packages = { tool: "yarn", root: client, packages: [client, emulator] };
const names = packages.packages.map(({ packageJson }) => packageJson.name);
/** Packages of CommonJS, whose default is a field. */
const call = (imported) => imported.default ?? imported;
const npm = (...args) => execFileSync("npm", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });

async function change(args) {
  const options = { bump: { type: "string" }, text: { type: "string" }, package: { type: "string" } };
  const { bump, text, package: name = names[0] } = parseArgs({ args, options }).values;
  if (!["patch", "minor", "major"].includes(bump)) refuse("--bump must be patch, minor or major.");
  if (!text?.trim()) refuse("--text must say what users get.");
  if (!names.includes(name)) refuse(`--package must be ${names.join(" or ")}.`);
  const id = await call(writeChange)({ summary: text, releases: [{ name, type: bump }] }, root);
  console.log(`.changeset/${id}.md`);
}

async function version() {
  const config = await readConfig(root, packages);
  const changes = await call(readChanges)(root);
  if (changes.length === 0) refuse("There is nothing to release: .changeset/ has no changes.");
  const plan = call(assemble)(changes, packages, config, undefined);
  await call(apply)(plan, packages, config);
  npm("install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund");
  for (const { name, oldVersion, newVersion } of plan.releases)
    console.log(`${name} ${oldVersion} -> ${newVersion}`);
}

/** What must be filled in before a first publication; see CONTRIBUTING.md. */
const MISSING_FIELDS = ["repository", "homepage", "bugs"];

function pack() {
  if (client.packageJson.version !== emulator.packageJson.version)
    refuse(
      `The packages have two versions: ${client.packageJson.version} and ${emulator.packageJson.version}.`,
    );
  const tag = process.env.RELEASE_TAG;
  if (tag !== undefined && tag !== `v${client.packageJson.version}`)
    refuse(`The tag ${tag} isn't that of version ${client.packageJson.version}.`);
  for (const { packageJson } of packages.packages) {
    const missing = MISSING_FIELDS.filter((field) => packageJson[field] === undefined);
    if (missing.length === 0) continue;
    const problem = `${packageJson.name}: package.json has no ${missing.join(", ")} (CONTRIBUTING.md, Releases).`;
    if (tag !== undefined) refuse(problem);
    console.warn(problem);
  }
  rmSync(path("release"), { recursive: true, force: true });
  mkdirSync(path("release"));
  npm("run", "build");
  npm("pack", "--pack-destination", "release");
  npm("pack", "--pack-destination", "release", "--workspace", emulator.packageJson.name);
}

const [command, ...args] = process.argv.slice(2);
const commands = { change, version, pack };
if (!Object.hasOwn(commands, command))
  refuse(`The first argument must be one of ${Object.keys(commands).join(", ")}.`);
await commands[command](args);
