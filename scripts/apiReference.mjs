// Writes the API reference, a page of Markdown for each public name of both packages, into `docs/api`, from the built
// declarations. The site shows it; it isn't kept in the repository. Fails on what TypeDoc warns of, such as tags that
// it doesn't know; what isn't documented or not exported is found by `npm run api`.
//   npm run docs:api   builds and writes it
import { writeFileSync } from "node:fs";
import { Application, Converter, LogLevel } from "typedoc";
import { entries } from "./api/entries.mjs";
import { readOptions } from "./arguments.mjs";
import { makeFolder, path } from "./programs.mjs";

// It takes none.
readOptions({});

const tsconfig = `${makeFolder("typedoc")}tsconfig.json`;
writeFileSync(
  tsconfig,
  JSON.stringify({
    extends: path("tsconfig.json"),
    // The declarations of each other, not the sources.
    compilerOptions: { paths: {}, skipLibCheck: true },
    files: entries.map(({ file }) => file),
    include: [],
  }),
);

const app = await Application.bootstrapWithPlugins({
  name: "API reference",
  tsconfig,
  entryPoints: entries.map(({ file }) => file),
  plugin: ["typedoc-plugin-markdown"],
  readme: "none",
  out: path("docs/api"),
  router: "member",
  entryFileName: "index",
  // The order of the entries says which are for most readers.
  sortEntryPoints: false,
  sort: ["alphabetical"],
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  sanitizeComments: true,
  expandObjects: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  indexFormat: "table",
  validation: { notExported: false, invalidLink: true, notDocumented: false, rewrittenLink: true },
  treatWarningsAsErrors: true,
  logLevel: LogLevel.Warn,
});

// The pages are named as programs import them, not by the files of their declarations.
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const [index, module] of (project.children ?? []).entries()) module.name = entries[index].id;
});

const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (!app.logger.hasErrors() && !app.logger.hasWarnings()) await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
