// A crowd of clients whose service goes away for 20 s, in virtual time: when they come back, and how hard they knock.
//   npm run herd                          100,000 clients; prints the figures, writes docs/herd.svg
//   npm run herd -- --frontier            the policies that were weighed
//   npm run herd -- --clients 10000 --no-image
import { numbers, readOptions } from "./arguments.mjs";
import { bundle, ended, makeFolder, path, start } from "./programs.mjs";

const values = readOptions({
  clients: { type: "string", default: "100000" },
  frontier: { type: "boolean", default: false },
  "no-image": { type: "boolean", default: false },
});

const job = {
  ...numbers(values, "clients"),
  frontier: values.frontier,
  ...(!values["no-image"] && { image: "docs/herd.svg" }),
};

const folder = makeFolder("herd");
await bundle(folder, { main: "test/herd/main.ts" });
process.exitCode = await ended(start(`${folder}main.mjs`, job, { cwd: path(".") }));
