import { h, say, set, svg } from "../dom.js";
import { count, duration } from "../format.js";

/** How many the plot has room for. */
const PLACES = 60;

/** How long the service took to answer the last pings, as bars. */
export function roundTripPlot(): { element: HTMLElement; render(trips: readonly number[]): void } {
  const median = svg("line", { x1: 0, x2: PLACES });
  const plot = svg(
    "svg",
    { viewBox: `0 0 ${PLACES} 100`, preserveAspectRatio: "none", "aria-hidden": "true" },
    median,
  );
  const most = h("span", { class: "dim", "aria-hidden": "true" });
  const caption = h("figcaption", {}, "No ping was answered yet.");
  const bars: SVGElement[] = [];
  return {
    element: h(
      "figure",
      { class: "trips" },
      h("h3", {}, "Round trips"),
      h("div", { class: "plot" }, most, plot),
      caption,
    ),
    render(trips) {
      const last = trips.at(-1);
      if (last === undefined) return;
      const sorted = [...trips].sort((one, other) => one - other);
      const middle = ((sorted[(trips.length - 1) >> 1] ?? 0) + (sorted[trips.length >> 1] ?? 0)) / 2;
      const top = Math.max(sorted.at(-1) ?? 0, 1);
      say(most, duration(top));
      const told = `last ${duration(last)}, median ${duration(middle)}, of ${count(trips.length, "ping")}`;
      say(caption, told);
      set(median, "y1", 100 - (100 * middle) / top);
      set(median, "y2", 100 - (100 * middle) / top);
      trips.forEach((trip, index) => {
        const bar = (bars[index] ??= plot.insertBefore(svg("rect", { width: 0.7 }), median));
        const height = Math.max(2, (100 * trip) / top);
        set(bar, "x", PLACES - trips.length + index + 0.15);
        set(bar, "y", 100 - height);
        set(bar, "height", height);
      });
    },
  };
}
