// Where the bytes of the bundle go: each source file's share of it, minified.
//   npm run size:files
import { build } from "esbuild";
import { gzipSync } from "node:zlib";

const { outputFiles, metafile } = await build({
  stdin: {
    contents: 'import { WebPubSubClient } from "./src/index.ts"; console.log(WebPubSubClient);',
    resolveDir: process.cwd(),
  },
  bundle: true,
  minify: true,
  format: "esm",
  outdir: "unused",
  metafile: true,
  write: false,
});

const sizes = {};
for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
  // One line for all that comes from a package.
  const source = /(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;
  sizes[source] = (sizes[source] ?? 0) + bytesInOutput;
}
const row = (bytes, name) => console.log(`${String(bytes).padStart(7)}  ${name}`);
for (const [name, bytes] of Object.entries(sizes).sort(([, a], [, b]) => b - a)) row(bytes, name);
const [{ contents }] = outputFiles;
row(contents.length, `all of it, ${gzipSync(contents, { level: 9 }).length} gzipped`);
