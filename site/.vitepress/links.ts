import { existsSync } from "node:fs";
import { dirname, posix, relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { missing, placeOf, root } from "./contents.js";

/** What VitePress knows of the page it renders. */
interface Page {
  /** Its file, for the search index too. */
  readonly path: string;
  /** Its file, where `path` is its place in the site. */
  readonly realPath?: string;
}

/**
 * The pages link to each other by their places in the repository, so that the links work there. In the site they lead
 * to the places of the pages, and other files are named without a link, since the site doesn't have them.
 */
export function siteLinks(md: MarkdownRenderer): void {
  md.core.ruler.push("site-links", ({ tokens, env }) => {
    const { path, realPath = path } = env as Page;
    const folder = relative(root, dirname(realPath)).replaceAll("\\", "/");
    for (const { children } of tokens) {
      let ended: typeof children = [];
      for (const token of children ?? []) {
        if (token.type === "link_close") {
          for (const { tag } of ended) token.tag = tag;
          ended = [];
        }
        const href = token.type === "link_open" ? String(token.attrGet("href")) : "#";
        if (/^(\w+:|#|\/)/.test(href)) continue;
        const [name = "", heading] = href.split("#");
        const file = posix.join(folder, decodeURI(name));
        if (!existsSync(root + file) && !missing.includes(file))
          throw new Error(`${relative(root, realPath)} links to ${href}, which isn't there.`);
        if (file.endsWith(".md") && !missing.includes(file)) {
          token.attrSet("href", `/${placeOf(file)}${heading === undefined ? "" : `#${heading}`}`);
        } else {
          token.tag = "span";
          token.attrs = [
            ["class", "file"],
            ["title", `${file}, in the repository`],
          ];
          ended = [token];
        }
      }
    }
  });
}

/** The anchor of a heading, as GitHub's and npm's pages make it. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
