import { button, element } from "./dom.js";
import { Stage } from "./stage.js";

/** Something that can be tried: what happens when ... */
export interface Figure {
  readonly id: string;
  readonly title: string;
  /** What README promises about it. */
  readonly promise: string;
  /** The page and heading that says more. */
  readonly link: string;
  /** What is done, for who hasn't run it yet. */
  readonly plan: string;
  run(stage: Stage, report: Report): Promise<void>;
}

export type Mark = "got" | "replayed" | "missing";

/** What a run shows. */
export class Report {
  readonly #steps: HTMLElement;
  #holds = true;

  constructor(steps: HTMLElement) {
    this.#steps = steps;
  }

  get holds(): boolean {
    return this.#holds;
  }

  /** A step that was done. */
  say(text: string): void {
    this.#steps.append(element("li", {}, text));
  }

  /** Something that must be so. */
  check(text: string, holds: boolean): void {
    this.#holds &&= holds;
    const kind = holds ? "holds" : "broken";
    this.#steps.append(element("li", { class: kind }, element("b", {}, holds ? "Yes: " : "No: "), text));
  }

  /** A row of cells, one for each message; the returned function marks one. */
  cells(count: number, label: string): (index: number, mark: Mark) => void {
    const cells = Array.from({ length: count }, (_, index) => element("span", {}, String(index + 1)));
    this.#steps.append(element("li", { class: "cells", "aria-label": label }, ...cells));
    return (index, mark) => {
      const cell = cells[index];
      if (cell !== undefined)
        Object.assign(cell, { className: mark, title: `message ${index + 1}: ${mark}` });
    };
  }
}

/** The card of a figure, with a button that runs it on a service of its own. */
export function figureCard(figure: Figure): HTMLElement {
  const steps = element("ol", { class: "steps" });
  const verdict = element("p", { class: "verdict", role: "status" });
  const start = button("Run", () => void run(), { "aria-label": `Run: ${figure.title}` });
  const run = async (): Promise<void> => {
    start.disabled = true;
    steps.replaceChildren();
    verdict.textContent = "Running ...";
    verdict.dataset["verdict"] = "running";
    const report = new Report(steps);
    const stage = new Stage();
    try {
      await figure.run(stage, report);
    } catch (error) {
      report.check(`it failed: ${String(error)}`, false);
    }
    verdict.textContent = report.holds ? "It is as promised." : "It is not as promised.";
    verdict.dataset["verdict"] = report.holds ? "holds" : "broken";
    start.disabled = false;
    start.textContent = "Run again";
    await stage.close();
  };
  return element(
    "section",
    { class: "card figure", id: figure.id, "aria-label": figure.title },
    element("h3", {}, figure.title),
    element(
      "blockquote",
      {},
      figure.promise,
      " ",
      element("a", { href: figure.link, class: "more" }, "More"),
    ),
    element("p", { class: "detail" }, figure.plan),
    element("div", { class: "buttons" }, start, verdict),
    steps,
  );
}

/** Checks that follow every delivery: all, in order, none twice. `got` has the numbers from 0 on. */
export function checkDelivery(report: Report, got: readonly number[], expected: readonly number[]): void {
  const distinct = new Set(got).size;
  report.check(
    `${distinct} of ${expected.length} messages have arrived`,
    expected.every((number) => got.includes(number)) && distinct === expected.length,
  );
  report.check("none of them twice", distinct === got.length);
  report.check(
    "all in order",
    got.every((number, index) => index === 0 || number > (got[index - 1] ?? 0)),
  );
}
