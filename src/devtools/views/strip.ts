import { h, set, svg } from "../dom.js";
import type { Happening } from "../recorder.js";
import { TONES } from "../tones.js";

/** How much of the past it shows, in ms. */
const SPAN = 120_000;

/** The states of the last two minutes as one colored line. The list of states says the same in words. */
export function strip(happenings: readonly Happening[]): { element: HTMLElement; render(now: number): void } {
  const bars = svg("svg", { viewBox: `0 0 ${SPAN} 1`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const element = h(
    "div",
    { class: "strip" },
    bars,
    h("p", { class: "dim", "aria-hidden": "true" }, h("span", {}, "2 min ago"), h("span", {}, "now")),
  );
  const pool: SVGElement[] = [];
  return {
    element,
    render(now) {
      let [used, end] = [0, now];
      for (let at = happenings.length - 1; at >= 0 && end > now - SPAN; at--) {
        const happening = happenings[at];
        if (happening === undefined || !("change" in happening)) continue;
        const begin = Math.max(happening.at, now - SPAN);
        const bar = (pool[used++] ??= bars.appendChild(svg("rect", { height: 1 })));
        set(bar, "x", begin - (now - SPAN));
        // A state that lasted for a moment only is seen too.
        set(bar, "width", Math.max(end - begin, SPAN / 400));
        set(bar, "data-tone", TONES[happening.change.state]);
        end = begin;
      }
      for (const unused of pool.splice(used)) unused.remove();
    },
  };
}
