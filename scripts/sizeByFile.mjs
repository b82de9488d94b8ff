// Where the bytes of the bundle go: each source file's share of it, minified, and each part's.
//   npm run size:files
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { readOptions } from "./arguments.mjs";

// It takes none.
readOptions({});

/** An entry point as an app's bundler would make it. */
async function bundle(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "esm",
    outdir: "unused",
    metafile: true,
    write: false,
  });
  return { code: outputFiles[0].contents, inputs: Object.values(metafile.outputs)[0].inputs };
}

const client = await bundle(
  'import { WebPubSubClient } from "./src/index.ts"; console.log(WebPubSubClient);',
);
const packages = await bundle(`
  import { AbortError } from "@azure/abort-controller";
  import { createClientLogger } from "@azure/logger";
  import { EventEmitter } from "events";
  import WebSocket from "isomorphic-ws";
  console.log(AbortError, createClientLogger, EventEmitter, WebSocket);`);

const row = (bytes, name) => console.log(`${String(bytes).padStart(7)}  ${name}`);
const zipped = ({ code }) => `${gzipSync(code, { level: 9 }).length} gzipped`;

/** Largest first. @param partOf the row that a file belongs to */
function table(partOf) {
  const sizes = {};
  for (const [file, { bytesInOutput }] of Object.entries(client.inputs)) {
    // One row for all that comes from a package.
    const source = /(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
    const part = source ?? partOf(file);
    sizes[part] = (sizes[part] ?? 0) + bytesInOutput;
  }
  for (const [name, bytes] of Object.entries(sizes).sort(([, a], [, b]) => b - a)) row(bytes, name);
}

table((file) => file);
console.log();
table((file) => /^src\/(core|features)\/[^/]+(?=\/)|^src\/core(?=\/)/.exec(file)?.[0] ?? "the rest");
console.log();
row(packages.code.length, `the packages alone, ${zipped(packages)}`);
row(client.code.length, `all of it, ${zipped(client)}`);
