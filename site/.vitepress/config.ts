import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { contents, missing, placeOf } from "./contents.js";
import { anchorOf, siteLinks } from "./links.js";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const linkTo = (file: string): string => `/${placeOf(file).replace(/(index)?\.md$/, "")}`;
const items = contents.map(({ title, pages }) => ({
  text: title,
  collapsed: title === "Project",
  items: pages.map(([text, file]) => ({ text, link: linkTo(file) })),
}));
/** An entry of the bar on top: the first page of a chapter. */
const first = (text: string, chapter: string) => {
  const [page] = contents.find(({ title }) => title === chapter)?.pages ?? [];
  return page === undefined ? [] : [{ text, link: linkTo(page[1]) }];
};

if (missing.length > 0) console.warn(`Not written yet: ${missing.join(", ")}.`);

export default defineConfig({
  title: "web-pubsub-client",
  description:
    "A client for Azure Web PubSub that keeps what can be kept, and a local service to test it against.",
  lang: "en",
  // The pages are the Markdown files of the repository, where they are.
  srcDir: "..",
  srcExclude: ["api/**", "site/playground/**"],
  outDir: "dist",
  cacheDir: "../node_modules/.cache/vitepress",
  rewrites: placeOf,
  markdown: { anchor: { slugify: anchorOf }, config: siteLinks },
  head: [["link", { rel: "icon", href: "data:," }]],
  vite: { publicDir: path("../public") },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      ...first("Guide", "Guide"),
      ...first("Frameworks", "Frameworks"),
      ...first("Local service", "The local service"),
      ...first("Recipes", "Recipes"),
      ...first("Reference", "Reference"),
      { text: "Playground", link: "/playground.html", target: "_self" },
    ],
    sidebar: [...items, { text: "Playground", link: "/playground.html", target: "_self" }],
  },
});
