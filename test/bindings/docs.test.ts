import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/react";
import * as React from "react";
import * as jsxRuntime from "react/jsx-runtime";
import ts from "typescript";
import { afterEach, beforeEach, expect, test, vi, type MockInstance } from "vitest";
import * as Vue from "vue";
import { compileScript, parse } from "vue/compiler-sfc";
import * as clientPackage from "web-pubsub-client";
import type { Group } from "web-pubsub-client";
import * as invocations from "web-pubsub-client/invocations";
import * as reactBinding from "web-pubsub-client/react";
import * as resume from "web-pubsub-client/resume";
import * as vueBinding from "web-pubsub-client/vue";
import * as pageService from "web-pubsub-emulator/browser";
import * as zod from "zod";
import { PATIENCE } from "../helpers/patience.js";
import { blocksOf, typeProblems, type Block } from "./support/docBlocks.js";
import * as reactNative from "./support/reactNative.js";
import { useEmulator } from "./support/room.js";

const root = process.cwd();
configure({ asyncUtilTimeout: PATIENCE });
const service = useEmulator();
let url: string;
beforeEach(async () => {
  url = await service.url();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** What a bundler makes of a single-file component. */
function compileVue(code: string): string {
  const { descriptor, errors } = parse(code);
  expect(errors).toEqual([]);
  return compileScript(descriptor, { id: "doc", inlineTemplate: true }).content;
}

const blocks = [
  ...blocksOf("README.md", "tsx", "vue"),
  ...blocksOf("docs/react.md", "tsx"),
  ...blocksOf("docs/react-native.md", "tsx", "ts"),
  ...blocksOf("docs/vue.md", "ts", "vue"),
  ...blocksOf("docs/recipes-testing.md", "tsx"),
];

test("every block of code type-checks", () => {
  expect(blocks.length).toBeGreaterThan(8);
  const files = new Map(
    blocks.map(({ language, code }, index) => [
      `${root}/test/bindings/doc-${index + 1}.${language === "tsx" ? "tsx" : "ts"}`,
      `${language === "vue" ? compileVue(code) : code}\nexport {};\n`,
    ]),
  );
  files.set(
    `${root}/test/bindings/doc.d.ts`,
    `declare const url: string;\ndeclare module "*.vue" { const App: import("vue").Component; export default App; }\n`,
  );
  files.set(`${root}/test/bindings/react-native.d.ts`, reactNative.DECLARATIONS);
  expect(typeProblems(files)).toEqual([]);
});

const modules: Record<string, unknown> = {
  react: React,
  "react-native": reactNative,
  "react/jsx-runtime": jsxRuntime,
  vue: Vue,
  "web-pubsub-client": clientPackage,
  "web-pubsub-client/invocations": invocations,
  "web-pubsub-client/react": reactBinding,
  "web-pubsub-client/resume": resume,
  "web-pubsub-client/vue": vueBinding,
  "web-pubsub-emulator/browser": pageService,
  zod,
};

/** Runs a block as the module that it is and gives its exports. */
function evaluate({ language, code }: Block, more: Record<string, unknown> = {}): Record<string, unknown> {
  const { outputText } = ts.transpileModule(language === "vue" ? compileVue(code) : code, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      jsx: ts.JsxEmit.ReactJSX,
      esModuleInterop: true,
    },
  });
  const exports: Record<string, unknown> = {};
  const require = (name: string): unknown => {
    const known = { ...modules, ...more };
    if (!(name in known)) throw new Error(`The page imports ${name}, which this test doesn't know.`);
    return known[name];
  };
  type Module = (load: typeof require, exports: Record<string, unknown>, url: string) => void;
  const Evaluated = evaluate.constructor as new (...parts: string[]) => Module;
  // In a function of its own, as bundlers put it; its text is that of our own pages.
  new Evaluated("require", "exports", "url", outputText)(require, exports, url);
  return exports;
}

function find(file: string, language: string, index = 0): Record<string, unknown> {
  const block = blocksOf(file, language)[index];
  if (block === undefined) throw new Error(`No such block in ${file}.`);
  return evaluate(block);
}

function showReact(exports: Record<string, unknown>): void {
  render(React.createElement(exports["App"] as React.ComponentType));
}

function showVue(exports: Record<string, unknown>): () => void {
  const container = document.body.appendChild(document.createElement("div"));
  const app = Vue.createApp(exports["default"] as Vue.Component).use(vueBinding.WebPubSubPlugin, { url });
  app.mount(container);
  return () => {
    app.unmount();
    container.remove();
  };
}

const localUrl = "http://localhost:8080/negotiate?hub=chat&user=ann";

/** The service of the test takes the place of the one at the command line's port. */
function atItsPort(): MockInstance<typeof fetch> {
  const original = globalThis.fetch;
  return vi.spyOn(globalThis, "fetch").mockImplementation((to) => {
    if (to !== localUrl) throw new Error("The page asks somebody else.");
    return original(to.replace("http://localhost:8080", service.emulator.endpoint));
  });
}

async function pressButton(): Promise<void> {
  await screen.findByText("joined: 0 messages");
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("joined: 1 messages");
}

test("the lines of the README for React work as written", async () => {
  const asked = atItsPort();
  showReact(find("README.md", "tsx"));
  await pressButton();
  expect(asked.mock.calls).toEqual([[localUrl]]);
});

test("the lines of the README for Vue work as written", async () => {
  const unmount = showVue(find("README.md", "vue"));
  await pressButton();
  unmount();
});

/** Says something in the room and sees it there, and oneself. */
async function visitRoom(): Promise<void> {
  await waitFor(() =>
    expect(screen.getByRole("status").textContent?.trim()).toBe("Connected, joined. Here: Ann"),
  );
  fireEvent.input(screen.getByLabelText("Message"), { target: { value: "hi there" } });
  await waitFor(() => expect(screen.getByRole("button").hasAttribute("disabled")).toBe(false));
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("Ann: hi there");
  await waitFor(() => expect(screen.getByRole("button").hasAttribute("disabled")).toBe(true));
}

test("the room with presence of the page for React works as written", async () => {
  const asked = atItsPort();
  showReact(find("docs/react.md", "tsx"));
  await visitRoom();
  expect(asked.mock.calls).toEqual([[localUrl]]);
});

test("the room with presence of the page for Vue works as written", async () => {
  const unmount = showVue(find("docs/vue.md", "vue"));
  await visitRoom();
  unmount();
});

/** Somebody else who is connected. */
async function neighbour(...groups: string[]): Promise<Group[]> {
  const client = await service.started();
  const handles = groups.map((name) => client.group(name));
  for (const handle of handles) handle.subscribe(() => {});
  await waitFor(() => expect(handles.map(({ status }) => status)).toEqual(groups.map(() => "joined")));
  return handles;
}

/** The price is printed as a number, what is none is told, and what is sent has the form that goes in. */
async function watchTicks(): Promise<void> {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
  await waitFor(() => expect(service.members("ticks")).toBe(1));
  service.publish("ticks", { symbol: "Y" });
  service.publish("ticks", { symbol: "Y", price: 2 });
  await waitFor(() => expect(printed.mock.calls).toEqual([["Y", "2.00"]]));
  expect(warned.mock.calls).toEqual([[{ symbol: "Y" }, [expect.objectContaining({ path: ["price"] })]]]);
  fireEvent.click(screen.getByRole("button"));
  await waitFor(() => expect(printed.mock.calls.at(-1)).toEqual(["X", "1.50"]));
}

/** A stream grows on the page, and one that breaks off is told from one that ended. */
async function watchAnswers(): Promise<void> {
  const [answers] = await neighbour("answers");
  await waitFor(() => expect(service.members("answers")).toBe(2));
  const whole = await answers?.openStream();
  await whole?.write("forty-");
  await waitFor(() => expect(screen.getByText("forty-").getAttribute("aria-busy")).toBe("true"));
  await whole?.write("two");
  await whole?.end();
  await waitFor(() => expect(screen.getByText("forty-two").getAttribute("aria-busy")).toBe("false"));
  const broken = await answers?.openStream();
  await broken?.write("half");
  await broken?.abort({ message: "tired" });
  await screen.findByText(/half\s+\(incomplete: .*tired.*\)/);
}

const inReact = (exports: Record<string, unknown>, name: string): void => {
  const { WebPubSubProvider: Provider } = reactBinding;
  const Shown = exports[name] as React.ComponentType;
  render(React.createElement(Provider, { url }, React.createElement(Shown)));
};

test("React: the schema of the page", async () => {
  inReact(find("docs/react.md", "tsx", 3), "Ticker");
  await watchTicks();
});

test("Vue: the schema of the page", async () => {
  const unmount = showVue(find("docs/vue.md", "vue", 1));
  await watchTicks();
  unmount();
});

test("React: the streams of the page", async () => {
  inReact(find("docs/react.md", "tsx", 4), "Answers");
  await watchAnswers();
});

test("Vue: the streams of the page", async () => {
  const unmount = showVue(find("docs/vue.md", "vue", 2));
  await watchAnswers();
  unmount();
});

/** What `/negotiate` answers in the examples. */
function negotiate(): MockInstance<typeof fetch> {
  return vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(url));
}

test("React: the credential of the page is asked for the URL", async () => {
  const asked = negotiate();
  const { Connected } = find("docs/react.md", "tsx", 1);
  render(React.createElement(Connected as React.ComponentType, undefined));
  await waitFor(() => expect(service.connections()).toBe(1));
  expect(asked.mock.calls).toEqual([["/negotiate"]]);
});

test("React: the client of the page keeps its session over a reload", async () => {
  negotiate();
  const { Connected } = find("docs/react.md", "tsx", 2);
  render(React.createElement(Connected as React.ComponentType<{ user: string }>, { user: "ann" }));
  await waitFor(() => expect(service.connections()).toBe(1));
  dispatchEvent(new Event("pagehide"));
  expect(Object.keys(sessionStorage)).toEqual(["web-pubsub-client/resume:ann"]);
  dispatchEvent(new Event("pageshow"));
  await waitFor(() => expect(Object.keys(sessionStorage)).toEqual([]));
});

test("React: the complete client of the page, and the feature on it, invoke", async () => {
  negotiate();
  const { Complete, Order, OrderByFeature } = find("docs/react.md", "tsx", 5) as Record<
    string,
    React.ComponentType
  >;
  if (!Complete || !Order || !OrderByFeature) throw new Error("The page has no such components.");
  const buttons = [Order, OrderByFeature].map((Each) => React.createElement(Each, { key: Each.name }));
  render(React.createElement(Complete, undefined, ...buttons));
  await waitFor(() => expect(service.connections()).toBe(1));
  for (const button of screen.getAllByRole("button")) fireEvent.click(button);
  await waitFor(() => expect(service.orders()).toEqual([{ tea: 2 }, { tea: 2 }]));
});

test("Storybook: the stories of the page show messages, and a component that reconnects", async () => {
  const { default: meta, ...stories } = find("docs/recipes-testing.md", "tsx") as {
    default: {
      component: React.ComponentType;
      decorators: [(Story: React.ComponentType) => React.ReactElement];
    };
  } & Record<"WithMessages" | "Reconnecting", { play(): Promise<void> }>;
  render(meta.decorators[0](meta.component));
  await stories.WithMessages.play();
  await screen.findByText("Hello!");
  screen.getByText("Connected");
  await stories.Reconnecting.play();
  await screen.findByText("Recovering");
});

test("Vue: the complete client of the page invokes", async () => {
  const container = document.body.appendChild(document.createElement("div"));
  const component = find("docs/vue.md", "vue", 3)["default"] as Vue.Component;
  const create = (): clientPackage.WebPubSubClient => new clientPackage.WebPubSubClient(url);
  const app = Vue.createApp(component).use(vueBinding.WebPubSubPlugin, { create });
  app.mount(container);
  await waitFor(() => expect(service.connections()).toBe(1));
  fireEvent.click(screen.getByRole("button"));
  await waitFor(() => expect(service.orders()).toEqual([{ tea: 2 }]));
  app.unmount();
  container.remove();
});

test("Vue: the entries of the page connect, with the local service, with a credential and with a function", async () => {
  const asked = negotiate();
  const container = document.body.appendChild(document.createElement("div"));
  container.id = "app";
  const unmount: (() => void)[] = [];
  const recorded = {
    ...Vue,
    createApp: (...args: Parameters<typeof Vue.createApp>) => {
      const app = Vue.createApp(...args);
      unmount.push(() => app.unmount());
      return app;
    },
  };
  const App = Vue.defineComponent(() => () => Vue.h("p", "here"));
  for (const block of blocksOf("docs/vue.md", "ts")) {
    evaluate(block, { vue: recorded, "./App.vue": { __esModule: true, default: App } });
    await waitFor(() => expect(service.connections()).toBe(1));
    unmount.pop()?.();
    await waitFor(() => expect(service.connections()).toBe(0));
  }
  expect(asked.mock.calls).toEqual([[localUrl], ["/negotiate"], ["/negotiate"]]);
  container.remove();
});

test("React Native: the room of the page works as written", async () => {
  const asked = atItsPort();
  const { default: App } = find("docs/react-native.md", "tsx");
  render(React.createElement(App as React.ComponentType));
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("Connected, joined"));
  fireEvent.change(screen.getByLabelText("Message"), { target: { value: "hi there" } });
  await waitFor(() => expect(screen.getByRole("button").hasAttribute("disabled")).toBe(false));
  fireEvent.click(screen.getByRole("button"));
  await screen.findByText("Ann: hi there");
  expect(asked.mock.calls).toEqual([[localUrl]]);
});

test("React Native: the app of the page goes on with the session of its last run", async () => {
  const stored = new Map<string, string>();
  const AsyncStorage = {
    getItem: async (key: string) => stored.get(key) ?? null,
    setItem: async (key: string, value: string) => void stored.set(key, value),
    removeItem: async (key: string) => void stored.delete(key),
  };
  const block = blocksOf("docs/react-native.md", "ts").find(({ code }) => code.includes("startOverRestart"));
  if (block === undefined) throw new Error("The page has no such block.");
  const run = async (): Promise<{ client: clientPackage.WebPubSubClient; resumed: boolean | undefined }> => {
    const { startOverRestart } = evaluate(block, {
      "@react-native-async-storage/async-storage": { __esModule: true, default: AsyncStorage },
    }) as { startOverRestart(client: clientPackage.WebPubSubClient, key: string): Promise<void> };
    const client = new clientPackage.WebPubSubClient(url);
    const connected = new Promise<boolean | undefined>((resolve) =>
      client.once("connected", ({ resumed }) => resolve(resumed)),
    );
    await startOverRestart(client, "chat of ann");
    return { client, resumed: await connected };
  };
  const first = await run();
  reactNative.changeAppState("background");
  await waitFor(() => expect([...stored.keys()]).toEqual(["chat of ann"]));
  reactNative.changeAppState("active");
  await waitFor(() => expect(stored.size).toBe(0));
  reactNative.changeAppState("background");
  await waitFor(() => expect(stored.size).toBe(1));
  const id = first.client.connectionId;
  // As the system ends a process: nothing is said.
  first.client.suspend();
  const second = await run();
  expect(second.resumed).toBe(true);
  expect(second.client.connectionId).toBe(id);
  expect(stored.size).toBe(0);
  await second.client.stop();
});
