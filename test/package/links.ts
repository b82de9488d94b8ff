import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The relative links of a Markdown file that lead to no file of its package, or to no heading of that file. */
export function deadLinks(folder: string, file: string): string[] {
  const links = Array.from(
    read(join(folder, file)).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g),
    ([, link]) => link ?? "",
  );
  if (links.length === 0) throw new Error(`${file} has no relative links.`);
  return links.filter((link) => {
    const [path = "", heading] = link.split("#");
    const target = path === "" ? join(folder, file) : join(folder, dirname(file), path);
    if (relative(folder, target).startsWith("..") || !existsSync(target)) return true;
    return heading !== undefined && !headings(target).includes(heading);
  });
}

/** A Markdown file without its code blocks. */
function read(path: string): string {
  return readFileSync(path, "utf8").replace(/^```.*?^```$/gms, "");
}

/** The anchors of a file's headings, as npm's and GitHub's pages make them. */
function headings(path: string): string[] {
  return Array.from(read(path).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
