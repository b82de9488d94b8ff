import type { TraceEntry } from "web-pubsub-emulator/browser";
import { button, byId, element, scrollToEnd } from "./dom.js";

const MOST = 400;
/** What would drown the rest. */
const quiet = new Set(["ack", "sequenceAck", "ping", "pong"]);
const verbs = { in: "sends", out: "gets", note: "is" } as const;

/** Everything that happens in the room, oldest first. */
export class LogPanel {
  readonly #list = byId("log");
  readonly #all = byId("log-all") as HTMLInputElement;
  readonly #began = performance.now();

  constructor() {
    byId("log-tools").append(button("Clear", () => this.#list.replaceChildren()));
  }

  /** What the service has seen. */
  trace(entry: TraceEntry): void {
    if (quiet.has(entry.type) && !this.#all.checked) return;
    const words = [entry.type, entry.group, entry.event, entry.text].filter((word) => word !== undefined);
    this.#add(
      `${entry.userId ?? "somebody"} ${verbs[entry.direction]}`,
      words.join(" "),
      entry.failed === true,
    );
  }

  /** What a client tells, or a person has done. */
  say(who: string, what: string): void {
    this.#add(who, what, false, "own");
  }

  #add(who: string, what: string, failed: boolean, kind = "wire"): void {
    const time = ((performance.now() - this.#began) / 1_000).toFixed(2);
    const wasAtEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 30;
    this.#list.append(
      element(
        "li",
        { class: failed ? `${kind} failed` : kind },
        element("span", { class: "time" }, `${time} s`),
        element("b", {}, who),
        element("span", { class: "what" }, what),
      ),
    );
    while (this.#list.childElementCount > MOST) this.#list.firstElementChild?.remove();
    if (wasAtEnd) scrollToEnd(this.#list);
  }
}
