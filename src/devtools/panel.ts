import type { TimerHandle } from "../core/index.js";
import { h, say, set } from "./dom.js";
import { recall, remember } from "./memory.js";
import type { Subject } from "./subject.js";
import { Tabs } from "./tabs.js";
import { TONES } from "./tones.js";
import { connectionView, nextAttempt } from "./views/connection.js";
import { faultsView } from "./views/faults.js";
import { groupsView } from "./views/groups.js";
import { messagesView } from "./views/messages.js";
import { operationsView } from "./views/operations.js";

/** How often ages and countdowns go on, in ms. */
const TICK = 250;

/** What is in the shadow root: a button with the state, and the panel that it opens. */
export class Panel {
  readonly elements: readonly HTMLElement[];
  readonly #subject: Subject;
  readonly #name: string | undefined;
  readonly #tabs: Tabs;
  readonly #launcher: HTMLElement;
  readonly #launcherText = h("span");
  readonly #sheet: HTMLElement;
  readonly #header: HTMLElement;
  readonly #state = h("b");
  readonly #detail = h("span", { class: "dim" });
  /** The state alone is announced: what changes all the time would be in the way. */
  readonly #live = h("p", { role: "status", class: "unseen" });
  #isOpen = false;
  #frame: number | undefined;
  #timer: TimerHandle;

  constructor(subject: Subject, admin: string | undefined, name: string | undefined) {
    this.#subject = subject;
    this.#name = name;
    this.#tabs = new Tabs(
      [
        connectionView(subject),
        groupsView(subject),
        operationsView(subject),
        messagesView(subject, () => this.schedule()),
        ...(admin === undefined ? [] : [faultsView(subject, admin)]),
      ],
      () => this.#left(),
    );
    this.#launcher = h(
      "button",
      {
        type: "button",
        class: "launcher",
        "aria-expanded": "false",
        "aria-controls": "sheet",
        onclick: () => this.#show(true, true),
      },
      h("i"),
      this.#launcherText,
    );
    this.#header = h(
      "header",
      {},
      h("i"),
      this.#state,
      this.#detail,
      h(
        "button",
        {
          type: "button",
          class: "close",
          "aria-label": "Close the panel",
          onclick: () => this.#show(false, true),
        },
        "×",
      ),
    );
    this.#sheet = h(
      "section",
      {
        id: "sheet",
        "aria-label": `Web PubSub connection${name ? ` ${name}` : ""}`,
        onkeydown: (event: KeyboardEvent) => {
          if (event.key === "Escape") this.#show(false, true);
        },
      },
      this.#header,
      this.#tabs.list,
      ...this.#tabs.panels,
    );
    this.elements = [this.#launcher, this.#sheet, this.#live];
  }

  /** @param open left out: as it was left */
  begin(open: boolean | undefined): void {
    const left = recall(this.#name);
    this.#tabs.select(left.tab);
    this.showState();
    this.#show(open ?? left.open === true, false);
  }

  /** The state may have changed. */
  showState(): void {
    const { state } = this.#subject.client;
    const name = this.#name ? `${this.#name}: ` : "";
    say(this.#state, name + state);
    say(this.#launcherText, name + state);
    say(this.#live, name + state);
    set(this.#launcher, "aria-label", `${name}${state}, inspect the connection`);
    for (const each of [this.#launcher, this.#header]) set(each, "data-tone", TONES[state]);
  }

  /** Something may look different: it is shown with the next frame of the screen, if the panel is open. */
  schedule(): void {
    if (!this.#isOpen || this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#render();
    });
  }

  end(): void {
    this.#isOpen = false;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#subject.environment.clearTimer(this.#timer);
  }

  #show(open: boolean, byUser: boolean): void {
    this.#isOpen = open;
    this.#sheet.hidden = !open;
    this.#launcher.hidden = open;
    // The page may make room: `body:has(web-pubsub-devtools[open])`.
    set((this.#sheet.getRootNode() as ShadowRoot).host, "open", open);
    set(this.#launcher, "aria-expanded", String(open));
    const root = this.#sheet.getRootNode();
    // In front of the buttons of other panels.
    if (root instanceof ShadowRoot) root.host.classList.toggle("open", open);
    const { environment } = this.#subject;
    environment.clearTimer(this.#timer);
    if (open) {
      this.#render();
      this.#tick();
    }
    if (!byUser) return;
    (open ? this.#tabs : this.#launcher).focus();
    this.#left();
  }

  /** It was opened or closed, or another tab was chosen. */
  #left(): void {
    remember(this.#name, { open: this.#isOpen, tab: this.#tabs.selected });
    this.schedule();
  }

  #tick(): void {
    this.#timer = this.#subject.environment.setTimer(() => {
      this.schedule();
      this.#tick();
    }, TICK);
  }

  #render(): void {
    const { client, environment } = this.#subject;
    const now = environment.now();
    const { connectionInfo } = client;
    say(this.#detail, nextAttempt(connectionInfo, now) || (connectionInfo.error?.message ?? ""));
    this.#tabs.render(now);
  }
}
