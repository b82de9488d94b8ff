import { createRequire } from "node:module";
import { fireEvent, screen, waitFor } from "@testing-library/dom";
import * as svelte from "svelte";
import * as disclosed from "svelte/internal/disclose-version";
import * as internal from "svelte/internal/client";
import * as legacy from "svelte/internal/flags/legacy";
import type * as svelte2tsxPackage from "svelte2tsx";
import ts from "typescript";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as clientPackage from "web-pubsub-client";
import * as resume from "web-pubsub-client/resume";
import * as binding from "web-pubsub-client/svelte";
import * as zod from "zod";
import { PATIENCE } from "../helpers/patience.js";
import { blocksOf, typeProblems } from "./support/docBlocks.js";
import { releaseDelayInMs, useEmulator } from "./support/room.js";
import Root from "./support/Root.svelte";
import { compilerOf } from "./support/svelteCompiler.js";

const service = useEmulator();
const unmounts: (() => void)[] = [];
let url: string;
beforeEach(async () => {
  url = await service.url();
});
afterEach(() => {
  for (const end of unmounts.splice(0)) end();
  vi.restoreAllMocks();
});
const eventually = (check: () => void): Promise<void> => waitFor(check, { timeout: PATIENCE });

const root = process.cwd();
const file = "docs/svelte.md";
const blocks = [...blocksOf(file, "svelte"), ...blocksOf("README.md", "svelte")];
const [app, room, connected, kept, ticker, answers, order, short, ...others] = blocks.map(({ code }) => code);

test("every block of code is known here, and type-checks", () => {
  expect(others).toEqual([]);
  const load = createRequire(import.meta.url);
  const { svelte2tsx } = load("svelte2tsx") as typeof svelte2tsxPackage;
  const references = ["svelte2tsx/svelte-shims-v4.d.ts", "svelte/svelte-html.d.ts"]
    .map((name) => `/// <reference path="${root}/node_modules/${name}" />\n`)
    .join("");
  const files = new Map(
    blocks.map(({ code }, index) => {
      const how = { filename: `doc-${index}.svelte`, isTsFile: true, mode: "ts", version: "5.57.0" } as const;
      const text = svelte2tsx(code, how).code;
      return [`${root}/test/bindings/svelte-doc-${index}.ts`, `${references}${text}`];
    }),
  );
  expect(typeProblems(files)).toEqual([]);
});

type Component = svelte.Component<Record<string, unknown>>;
const { compile } = compilerOf(process.env["SVELTE_PACKAGE"] ?? "svelte");
const modules: Record<string, unknown> = {
  svelte,
  "svelte/internal/disclose-version": disclosed,
  "svelte/internal/client": internal,
  "svelte/internal/flags/legacy": legacy,
  "web-pubsub-client": clientPackage,
  "web-pubsub-client/resume": resume,
  "web-pubsub-client/svelte": binding,
  zod,
};

/** The component that a block is. */
function evaluate(code: string | undefined, more: Record<string, unknown> = {}): Component {
  if (code === undefined) throw new Error(`${file} has no such block.`);
  const { js, warnings } = compile(code, { filename: "Doc.svelte", generate: "client", dev: false });
  expect(warnings).toEqual([]);
  const { outputText } = ts.transpileModule(js.code, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      esModuleInterop: true,
    },
  });
  const require = (name: string): unknown => {
    const known = { ...modules, ...more };
    if (!(name in known)) throw new Error(`The page imports ${name}, which this test doesn't know.`);
    return known[name];
  };
  const exports: { default?: Component } = {};
  type Module = (load: typeof require, exports: object) => void;
  const Evaluated = evaluate.constructor as new (...parts: string[]) => Module;
  // In a function of its own, as bundlers put it; its text is that of our own page.
  new Evaluated("require", "exports", outputText)(require, exports);
  if (exports.default === undefined) throw new Error("The block is no component.");
  return exports.default;
}

function show(component: Component, props: Record<string, unknown> = {}): () => void {
  const target = document.body.appendChild(document.createElement("div"));
  const mounted = svelte.mount(component, { target, props });
  let isMounted = true;
  const end = (): void => {
    if (isMounted) void svelte.unmount(mounted);
    isMounted = false;
    target.remove();
  };
  unmounts.push(end);
  return end;
}

/** A block that uses a client, within a component that provides one. */
const showWithin = (component: Component): (() => void) =>
  show(Root, {
    source: { url, options: { releaseDelayInMs } },
    parts: {
      current: [{ key: 1, setup: () => (svelte.onMount(() => show(component)), () => "") }],
    },
  });

const localUrl = "http://localhost:8080/negotiate?hub=chat&user=ann";

test("the room with presence of the page works as written", async () => {
  const original = globalThis.fetch;
  // The service of the test takes the place of the one at the command line's port.
  const asked = vi.spyOn(globalThis, "fetch").mockImplementation((to) => {
    if (to !== localUrl) throw new Error("The page asks somebody else.");
    return original(to.replace("http://localhost:8080", service.emulator.endpoint));
  });
  show(evaluate(app, { "./Room.svelte": { __esModule: true, default: evaluate(room) } }));
  await eventually(() =>
    expect(screen.getByRole("status").textContent.trim()).toBe("Connected, joined. Here: Ann"),
  );
  fireEvent.input(screen.getByLabelText("Message"), { target: { value: "hi there" } });
  await eventually(() => expect(screen.getByRole("button").hasAttribute("disabled")).toBe(false));
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("Ann: hi there");
  await eventually(() => expect(screen.getByRole("button").hasAttribute("disabled")).toBe(true));
  expect(asked.mock.calls).toEqual([[localUrl]]);
});

test("the lines of the README work as written", async () => {
  showWithin(evaluate(short));
  await screen.findByText("joined: 0 messages");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("joined: 1 messages");
});

test("the credential of the page is asked for the URL; the session is kept over a reload", async () => {
  const asked = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(url));
  const end = show(evaluate(connected));
  await eventually(() => expect(service.connections()).toBe(1));
  end();
  await eventually(() => expect(service.connections()).toBe(0));
  show(evaluate(kept));
  await eventually(() => expect(service.connections()).toBe(1));
  dispatchEvent(new Event("pagehide"));
  expect(Object.keys(sessionStorage)).toEqual(["web-pubsub-client/resume:ann"]);
  dispatchEvent(new Event("pageshow"));
  await eventually(() => expect(Object.keys(sessionStorage)).toEqual([]));
  expect(new Set(asked.mock.calls.flat())).toEqual(new Set(["/negotiate"]));
});

test("the schema of the page", async () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
  showWithin(evaluate(ticker));
  await eventually(() => expect(service.members("ticks")).toBe(1));
  service.publish("ticks", { symbol: "Y" });
  service.publish("ticks", { symbol: "Y", price: 2 });
  await eventually(() => expect(printed.mock.calls).toEqual([["Y", "2.00"]]));
  expect(warned.mock.calls).toEqual([[{ symbol: "Y" }, [expect.objectContaining({ path: ["price"] })]]]);
  fireEvent.click(screen.getByRole("button"));
  await eventually(() => expect(printed.mock.calls.at(-1)).toEqual(["X", "1.50"]));
});

test("a stream grows on the page, and one that breaks off is told from one that ended", async () => {
  showWithin(evaluate(answers));
  const other = await service.started();
  const group = other.group("answers");
  group.subscribe(() => {});
  await eventually(() => expect(service.members("answers")).toBe(2));
  const whole = await group.openStream();
  await whole.write("forty-");
  await eventually(() => expect(screen.getByText("forty-").getAttribute("aria-busy")).toBe("true"));
  await whole.write("two");
  await whole.end();
  await eventually(() => expect(screen.getByText("forty-two").getAttribute("aria-busy")).toBe("false"));
  const broken = await group.openStream();
  await broken.write("half");
  await broken.abort({ message: "tired" });
  await screen.findByText(/half\s+\(incomplete: .*tired.*\)/);
});

test("the complete client of the page invokes", async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(url));
  show(evaluate(order));
  await eventually(() => expect(service.connections()).toBe(1));
  fireEvent.click(screen.getByRole("button"));
  await eventually(() => expect(service.orders()).toEqual([{ tea: 2 }]));
});
