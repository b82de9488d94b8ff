import type { WebPubSubClient } from "web-pubsub-client";
import { button, element, scrollToEnd } from "./dom.js";
import type { LogPanel } from "./logPanel.js";
import { ROOM, type Stage } from "./stage.js";

const explained: Readonly<Record<string, string>> = {
  Connecting: "making a new connection",
  Connected: "the service has confirmed it",
  Recovering: "the transport is lost; the same connection is being resumed",
  Disconnected: "the connection is gone; a new one comes after a pause",
  Stopping: "the socket is being closed",
  Stopped: "not connected",
};

/** Somebody in the room: a client, and what it shows. */
export class Person {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #client: WebPubSubClient;
  readonly #log: LogPanel;
  readonly #state = element("p", { class: "state" });
  readonly #detail = element("p", { class: "detail" });
  readonly #lines: HTMLOListElement;

  constructor(stage: Stage, name: string, log: LogPanel) {
    this.#stage = stage;
    this.#name = name;
    this.#log = log;
    this.#lines = element("ol", {
      class: "lines",
      role: "log",
      "aria-label": `What ${name} sees`,
      tabindex: "0",
    });
    // Much shorter than the defaults (20 s and 45 s), so that nobody has to wait for a dead connection to be found.
    this.#client = stage.client(name.toLowerCase(), {
      keepAliveIntervalInMs: 1_000,
      keepAliveTimeoutInMs: 3_000,
    });
    this.#listen();
  }

  /** Connects and joins the room. */
  start(): Promise<void> {
    return this.#client.start({ keepTrying: true });
  }

  /** The card of this person. */
  card(): HTMLElement {
    const userId = this.#name.toLowerCase();
    const { faults } = this.#stage.service;
    const field = element("input", {
      "aria-label": `Message of ${this.#name}`,
      autocomplete: "off",
      maxlength: "200",
    });
    const form = element("form", {}, field, element("button", {}, "Send"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim() === "") return;
      void this.#send(field.value);
      field.value = "";
    });
    const fault = (label: string, title: string, strike: () => void) =>
      button(
        label,
        () => {
          this.#log.say("you", `${label}: ${this.#name}`);
          strike();
        },
        { title, "aria-label": `${label}: ${this.#name}` },
      );
    return element(
      "section",
      { class: "card person", "aria-label": this.#name },
      element("div", { class: "head" }, element("h3", {}, this.#name), this.#state),
      this.#detail,
      this.#lines,
      form,
      element(
        "div",
        { class: "buttons" },
        fault("Cut", "The socket is dropped. The connection can be recovered.", () =>
          faults.cutTransports({ userId }),
        ),
        fault("Cut for good", "The socket is dropped, and the service forgets the connection.", () => {
          faults.rejectRecovery({ times: 1, filter: { userId } });
          faults.cutTransports({ userId });
        }),
        fault("Half-open", "Nothing is read and nothing sent any more, without a sign.", () =>
          faults.goHalfOpen({ userId }),
        ),
      ),
    );
  }

  #listen(): void {
    const client = this.#client;
    const show = (): void => {
      this.#state.textContent = client.state;
      this.#state.dataset["state"] = client.state;
      this.#detail.textContent = explained[client.state] ?? "";
    };
    show();
    client.on("state-changed", show);
    for (const event of ["connected", "recovering", "recovered", "disconnected"] as const)
      client.on(event, ({ connectionId }) => this.#log.say(this.#name, `${event} ${connectionId ?? ""}`));
    client.on("disconnected", () => this.#line("note", "Messages may be missing from here on."));
    client.group<string>(ROOM).subscribe(({ data, fromUserId }) => {
      this.#line("", String(data), fromUserId === "" || fromUserId === undefined ? "the server" : fromUserId);
    });
  }

  async #send(text: string): Promise<void> {
    const line = this.#line("mine waiting", text, "waiting");
    const by = line.querySelector("small");
    try {
      await this.#client.sendToGroup(ROOM, text, { noEcho: true });
      line.className = "mine";
      if (by !== null) by.textContent = "sent";
    } catch (error) {
      line.className = "mine failed";
      if (by !== null) by.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #line(kind: string, text: string, by?: string): HTMLLIElement {
    const line = element(
      "li",
      { class: kind },
      ...(by === undefined ? [] : [element("small", {}, by)]),
      text,
    );
    this.#lines.append(line);
    while (this.#lines.childElementCount > 100) this.#lines.firstElementChild?.remove();
    scrollToEnd(this.#lines);
    return line;
  }
}
