import { readFileSync } from "node:fs";
import { join } from "node:path";
import { path } from "../programs.mjs";

/** The folders of the packages. */
const FOLDERS = [".", "emulator"];

/**
 * The entries of both packages, read from their package.json and in its order: the name that a program imports, the file
 * with its declarations, and the file with its report.
 */
export const entries = FOLDERS.flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(path(join(folder, "package.json")), "utf8"));
  return Object.entries(exports)
    .map(([key, target]) => ({ id: name + key.slice(1), types: typesOf(target) }))
    .filter(({ types }) => types !== undefined)
    .map(({ id, types }) => ({
      package: name,
      id,
      file: path(join(folder, types)),
      report: `api/${id.replaceAll("/", ".")}.api.md`,
    }));
});

/** The declarations of an entry, whatever conditions stand before them; undefined for a file that has none. */
function typesOf(target) {
  if (typeof target !== "object" || target === null) return undefined;
  return target.types ?? Object.values(target).map(typesOf).find(Boolean);
}
