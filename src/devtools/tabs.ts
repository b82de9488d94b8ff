import { h, say, set } from "./dom.js";
import type { View } from "./view.js";

/** The tabs and their panels, by the pattern of WAI-ARIA: one tab is in the order of focus, arrow keys go to the others. */
export class Tabs {
  readonly list: HTMLElement;
  readonly panels: readonly HTMLElement[];
  readonly #views: readonly View[];
  readonly #tabs: readonly HTMLButtonElement[];
  readonly #badges: readonly HTMLElement[];
  readonly #onSelected: () => void;
  #at = 0;

  /** @param onSelected another tab was chosen */
  constructor(views: readonly View[], onSelected: () => void) {
    this.#views = views;
    this.#onSelected = onSelected;
    this.#badges = views.map(() => h("span", { class: "badge" }));
    this.#tabs = views.map(({ name }, at) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${at}`,
          "aria-controls": `panel-${at}`,
          onclick: () => this.#choose(at),
        },
        name,
        this.#badges[at],
      ),
    );
    this.list = h(
      "div",
      { role: "tablist", "aria-label": "Parts", onkeydown: (event: KeyboardEvent) => this.#onKey(event) },
      ...this.#tabs,
    );
    this.panels = views.map(({ element }, at) =>
      h("div", { role: "tabpanel", id: `panel-${at}`, "aria-labelledby": `tab-${at}`, tabindex: 0 }, element),
    );
    this.select(undefined);
  }

  /** The name of the selected tab. */
  get selected(): string {
    return this.#views[this.#at]?.name ?? "";
  }

  /** @param name of a tab; the first one if there is none of this name */
  select(name: string | undefined): void {
    this.#at = Math.max(
      0,
      this.#views.findIndex((view) => view.name === name),
    );
    this.#tabs.forEach((tab, at) => {
      set(tab, "aria-selected", String(at === this.#at));
      set(tab, "tabindex", at === this.#at ? 0 : -1);
      const panel = this.panels[at];
      if (panel) panel.hidden = at !== this.#at;
    });
  }

  focus(): void {
    this.#tabs[this.#at]?.focus();
  }

  render(now: number): void {
    this.#views[this.#at]?.render(now);
    this.#views.forEach(({ badge }, at) => {
      const [element, number = 0] = [this.#badges[at], badge?.()];
      if (element) say(element, number > 0 ? ` ${number}` : "");
    });
  }

  #choose(at: number): void {
    this.select(this.#views[at]?.name);
    this.focus();
    this.#onSelected();
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#views.length - 1;
    const to = {
      ArrowLeft: this.#at === 0 ? last : this.#at - 1,
      ArrowRight: this.#at === last ? 0 : this.#at + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#choose(to);
  }
}
