import { BIN, type Stampede } from "./herd.js";

export interface Panel {
  readonly title: string;
  readonly awayInMs: number;
  readonly ours: Stampede;
  readonly reference: Stampede;
}

const WIDTH = 900;
const HEIGHT = 250;
const LEFT = 64;
const RIGHT = 16;
const TOP = 44;
const BOTTOM = 40;
/** Bins that are drawn as one: half a second. */
const TOGETHER = 5;

const style = `
  svg { font: 13px system-ui, sans-serif; }
  .paper { fill: #fff; } .text { fill: #24292f; } .quiet { fill: #57606a; } .grid { stroke: #d0d7de; }
  .away { fill: #afb8c1; fill-opacity: .3; }
  .ours { stroke: #0969da; fill: #0969da; } .reference { stroke: #bc4c00; fill: #bc4c00; }
  .line { fill: none !important; stroke-width: 2; stroke-linejoin: round; }
  .word { stroke: none !important; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } .text { fill: #e6edf3; } .quiet { fill: #9198a1; } .grid { stroke: #3d444d; }
    .ours { stroke: #58a6ff; fill: #58a6ff; } .reference { stroke: #f0883e; fill: #f0883e; }
    .away { fill: #6e7681; }
  }`;

/** Attempts per second over time, one panel below the other, as an SVG for light and dark pages. */
export function chart(panels: readonly Panel[]): string {
  const height = panels.length * HEIGHT + 8;
  const label = "Connection attempts per second over time, of this client and of the reference client";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">`,
    `<style>${style}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    ...panels.map((panel, index) => draw(panel, index * HEIGHT)),
    "</svg>\n",
  ].join("\n");
}

function draw({ title, awayInMs, ours, reference }: Panel, offset: number): string {
  const series = { reference: rates(reference), ours: rates(ours) };
  const seconds =
    Math.ceil((Math.max(series.ours.length, series.reference.length) * BIN * TOGETHER) / 10_000) * 10;
  // First attempts after a cut come all at once, whatever the policy; they may leave the picture.
  const later = Math.max(ours.peakPerSecond, reference.peakPerSecond);
  const top = Math.ceil((later * 1.2) / 40_000) * 40_000;
  const x = (second: number): number => LEFT + (second / seconds) * (WIDTH - LEFT - RIGHT);
  const bottom = HEIGHT - BOTTOM;
  const y = (rate: number): number => bottom - (Math.min(rate, top) / top) * (bottom - TOP);
  const clipped = Math.max(series.ours[0] ?? 0, series.reference[0] ?? 0);
  const note = clipped > top ? `; at first: ${Math.round(clipped / 1_000)},000 a second` : "";
  const lines: string[] = [`<text class="text" x="${LEFT}" y="18" font-weight="600">${title}</text>`];

  const away = x(awayInMs / 1_000);
  lines.push(
    `<rect class="away" x="${x(0)}" y="${TOP}" width="${(away - x(0)).toFixed(1)}" height="${bottom - TOP}"/>`,
    `<text class="quiet" x="${LEFT}" y="36">service away${note}</text>`,
  );
  for (let rate = 0; rate <= top; rate += top / 4) {
    lines.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(rate)}" y2="${y(rate)}"/>`,
      `<text class="quiet" x="${LEFT - 8}" y="${y(rate) + 4}" text-anchor="end">${rate.toLocaleString("en")}</text>`,
    );
  }
  for (let second = 0; second <= seconds; second += 10) {
    lines.push(
      `<text class="quiet" x="${x(second).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${second} s</text>`,
    );
  }
  for (const name of ["reference", "ours"] as const) {
    const points = series[name].map(
      (rate, index) => `${x((index * BIN * TOGETHER) / 1_000).toFixed(1)},${y(rate).toFixed(1)}`,
    );
    lines.push(`<polyline class="line ${name}" points="${points.join(" ")}"/>`);
  }
  const words = { reference: "reference client", ours: "this client" };
  for (const [index, name] of (["reference", "ours"] as const).entries()) {
    lines.push(
      `<text class="word ${name}" x="${WIDTH - RIGHT}" y="${TOP + 18 + index * 20}" text-anchor="end">${words[name]}</text>`,
    );
  }
  return `<g transform="translate(0 ${offset + 4})">\n${lines.join("\n")}\n</g>`;
}

/** All attempts per second, by half seconds, until the last one. */
function rates({ first, later }: Stampede): number[] {
  const bins = Math.ceil(Math.max(first.length, later.length) / TOGETHER);
  const sums = new Array<number>(bins + 1).fill(0);
  for (const counts of [first, later]) {
    for (const [bin, count] of counts.entries()) {
      const at = Math.floor(bin / TOGETHER);
      sums[at] = (sums[at] ?? 0) + count;
    }
  }
  return sums.map((count) => (count * 1_000) / (BIN * TOGETHER));
}
