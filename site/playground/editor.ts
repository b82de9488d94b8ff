import * as clientPackage from "web-pubsub-client";
import { button, byId, element, scrollToEnd } from "./dom.js";
import { examples } from "./examples.js";
import { pause, type Stage, until } from "./stage.js";

type Program = (...given: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => await Promise.resolve()).constructor as new (
  ...parts: string[]
) => Program;

/** Lines that the browser puts before a function's body. */
const LINES_BEFORE = 2;

/** Code that can be changed and run, beside the people of the room. */
export function openEditor(stage: Stage): void {
  const code = byId("code") as HTMLTextAreaElement;
  const choice = byId("example") as HTMLSelectElement;
  const output = byId("output");
  let clients: clientPackage.WebPubSubClient[] = [];
  let runs = 0;

  const show = (kind: string, text: string): void => {
    output.append(element("li", { class: kind }, text));
    while (output.childElementCount > 300) output.firstElementChild?.remove();
    scrollToEnd(output);
  };
  const stop = async (): Promise<void> => {
    const before = clients;
    clients = [];
    await stage.stop(before);
  };
  const run = async (): Promise<void> => {
    const number = ++runs;
    output.replaceChildren();
    await stop();
    if (number !== runs) return;
    // What an earlier run prints late isn't this one's.
    const print = (...values: unknown[]): void => {
      if (number === runs) show("", values.map(readable).join(" "));
    };
    const connect = async (userId: string, options: object = {}): Promise<clientPackage.WebPubSubClient> => {
      const client = stage.client(userId, options);
      clients.push(client);
      await client.start();
      return client;
    };
    const given = { ...clientPackage, connect, print, pause, until, service: stage.service };
    try {
      await new AsyncFunction(...Object.keys(given), code.value)(...Object.values(given));
      if (number === runs)
        show("note", "The code has come to its end. Its clients go on until the next run.");
    } catch (error) {
      if (number === runs) show("failed", told(error));
    }
  };

  choice.append(...Object.keys(examples).map((name) => element("option", {}, name)));
  const choose = (): void => void (code.value = examples[choice.value] ?? "");
  choice.addEventListener("change", choose);
  choose();
  code.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void run();
    }
  });
  byId("code-tools").append(
    button("Run the code", () => void run(), { class: "main", "aria-keyshortcuts": "Control+Enter" }),
    button("Stop its clients", () => void stop()),
  );
  // What listeners of the code throw.
  addEventListener("error", ({ error }) => show("failed", told(error)));
  addEventListener("unhandledrejection", ({ reason }) => show("failed", told(reason)));
}

/** An error, and the line of the code where it was thrown, where the browser tells. */
function told(error: unknown): string {
  const [, line] =
    (error instanceof Error && /<anonymous>:(\d+):\d+|Function:(\d+):\d+/.exec(error.stack ?? "")) || [];
  return line === undefined ? String(error) : `${String(error)} (line ${Number(line) - LINES_BEFORE})`;
}

function readable(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
