import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's folder: the site's pages are the Markdown files in it. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Chapter {
  readonly title: string;
  /** Titles and files, in the order of reading. */
  readonly pages: readonly (readonly [title: string, file: string])[];
}

const chapters: readonly Chapter[] = [
  {
    title: "Guide",
    pages: [
      ["Start", "docs/start.md"],
      ["Connecting", "docs/connecting.md"],
      ["Groups and messages", "docs/groups.md"],
      ["Presence", "docs/group-state.md"],
      ["Invocations", "docs/invocation.md"],
      ["Streams", "docs/streams.md"],
      ["History", "docs/history.md"],
      ["Reload", "docs/reload.md"],
      ["One connection for all tabs", "docs/tabs.md"],
      ["Testing", "docs/testing.md"],
      ["Going to production", "docs/production.md"],
    ],
  },
  {
    title: "Frameworks",
    pages: [
      ["React", "docs/react.md"],
      ["Vue", "docs/vue.md"],
      ["Svelte", "docs/svelte.md"],
      ["React Native", "docs/react-native.md"],
      ["Other frameworks", "docs/frameworks.md"],
    ],
  },
  {
    title: "The local service",
    pages: [
      ["Overview", "emulator/README.md"],
      ["In tests", "emulator/docs/tests.md"],
      ["Faults", "emulator/docs/faults.md"],
      ["The admin path", "emulator/docs/admin.md"],
      ["Message history", "emulator/docs/history.md"],
      ["Without a network", "emulator/docs/in-page.md"],
      ["URLs without a server", "emulator/docs/negotiate.md"],
      ["Your server", "emulator/docs/server.md"],
      ["Event handlers and listeners", "emulator/docs/events.md"],
      ["HTTPS", "emulator/docs/https.md"],
      ["Containers", "emulator/docs/containers.md"],
      ["Options and settings", "emulator/docs/settings.md"],
      ["Behaviour in detail", "emulator/docs/behaviour.md"],
      ["Size and speed", "emulator/docs/performance.md"],
    ],
  },
  {
    title: "Recipes",
    pages: [
      ["Negotiate servers and tokens", "docs/recipes-negotiate.md"],
      ["Playwright and Storybook", "docs/recipes-testing.md"],
      ["Containers", "docs/recipes-containers.md"],
      ["A store behind history", "docs/history-recipes.md"],
      ["Sessions of processes", "docs/sessions.md"],
    ],
  },
  {
    title: "When it goes wrong",
    pages: [
      ["Troubleshooting", "docs/troubleshooting.md"],
      ["Observe a client", "docs/observe.md"],
      ["OpenTelemetry", "docs/opentelemetry.md"],
      ["Devtools", "docs/devtools.md"],
    ],
  },
  {
    title: "Reference",
    pages: [
      ["API", "docs/api/index.md"],
      ["Options", "docs/options.md"],
      ["Entries and features", "docs/features.md"],
      ["Browsers, bundlers and hosts", "docs/browser.md"],
      ["Migration from the vendor's client", "docs/migration.md"],
      ["Weaknesses of the vendor's client", "docs/weaknesses.md"],
    ],
  },
  {
    title: "How it works",
    pages: [
      ["States", "docs/states.md"],
      ["Promises", "docs/promises.md"],
      ["Proof", "docs/reliability.md"],
      ["The wire", "docs/protocol.md"],
      ["Performance", "docs/performance.md"],
      ["Architecture", "ARCHITECTURE.md"],
    ],
  },
  {
    title: "Project",
    pages: [
      ["README", "README.md"],
      ["Changes", "CHANGELOG.md"],
      ["Faults found before the release", "docs/found-faults.md"],
      ["Contributing", "CONTRIBUTING.md"],
      ["Security", "SECURITY.md"],
      ["Security of the local service", "emulator/SECURITY.md"],
      ["Samples", "samples-browser/README.md"],
      ["The simulation", "test/simulation/README.md"],
    ],
  },
];

const isThere = ([, file]: readonly [string, string]): boolean => existsSync(root + file);

/** Files that the navigation has a place for and that nobody has written yet. */
export const missing: readonly string[] = chapters
  .flatMap(({ pages }) => pages.filter((page) => !isThere(page)))
  .map(([, file]) => file);

/** What the navigation shows. */
export const contents: readonly Chapter[] = chapters
  .map(({ title, pages }) => ({ title, pages: pages.filter(isThere) }))
  .filter(({ pages }) => pages.length > 0);

/** The place of a page in the site, by its place in the repository. */
export function placeOf(file: string): string {
  if (file === "README.md") return "overview.md";
  return file
    .replace(/^(docs|site)\//, "")
    .replace(/^emulator\/README\.md$/, "local-service/index.md")
    .replace(/^emulator\/(docs\/)?/, "local-service/");
}
