// Results as tables and as a plot.
import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { format } from "prettier";

const pageOf = (name) => new URL(`../docs/${name}.md`, import.meta.url);
const plot = new URL("../docs/performance.svg", import.meta.url);
const names = {
  floor: "bare ws",
  ours: "web-pubsub-client",
  "ours-protobuf": "web-pubsub-client, protobuf",
  reference: "@azure/web-pubsub-client",
};

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const number = (value, digits) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The median of one figure, and its multiple of the first contestant's. */
function figure({ field }, runs, contestant) {
  const of = (name) => median(runs[name].map((each) => each[field]));
  return { value: of(contestant), ratio: of(contestant) / of(Object.keys(runs)[0]) };
}

/** A table in Markdown. */
export function table({ title, contestants, columns }, runs) {
  const head = ["", ...columns.map(({ title: text, unit }) => (unit === "" ? text : `${text}, ${unit}`))];
  const rows = contestants.map((contestant) => [
    names[contestant] ?? contestant,
    ...columns.map((column) => {
      const { value, ratio } = figure(column, runs, contestant);
      const text = number(value, column.digits);
      return column.ratio && contestants.length > 1 ? `${text} (x${ratio.toFixed(2)})` : text;
    }),
  ]);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    `### ${title}`,
    "",
    line(head),
    line(head.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...rows.map(line),
  ].join("\n");
}

/**
 * Puts the tables between the marks in the pages that they belong to, and draws the plot of those with multiples.
 * @param how the arguments of the benchmark
 */
export async function write(results, rounds, how) {
  for (const name of new Set(results.map(({ scenario }) => scenario.page))) {
    const shown = results.filter(({ scenario }) => scenario.page === name);
    const ratios = shown.some(({ scenario }) => scenario.columns.some(({ ratio }) => ratio));
    const machine =
      `Measured by \`npm run bench -- ${how}\` on ${cpus().length} cores (${cpus()[0].model.trim()}), ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, Linux, Node ${process.versions.node}; medians of ${rounds} rounds.` +
      (ratios ? " In brackets: multiples of the bare socket's figure." : "");
    const tables = shown.map(({ scenario, runs }) => table(scenario, runs)).join("\n\n");
    const text = await readFile(pageOf(name), "utf8");
    const marks = /(<!-- benchmarks -->)[\s\S]*(<!-- \/benchmarks -->)/;
    if (!marks.test(text)) throw new Error(`docs/${name}.md has no marks for the benchmarks.`);
    const next = text.replace(marks, (_, begin, end) => `${begin}\n\n${machine}\n\n${tables}\n\n${end}`);
    await writeFile(pageOf(name), await format(next, { parser: "markdown", printWidth: 120 }));
    if (ratios) await writeFile(plot, draw(shown));
  }
}

/** Bars: what each contestant takes, as a multiple of the bare socket's. */
function draw(results) {
  const shown = results.flatMap(({ scenario, runs }) => {
    const column = scenario.columns.find(({ ratio }) => ratio);
    if (column === undefined || scenario.contestants.length === 1) return [];
    return [{ scenario, runs, column }];
  });
  const [left, width, bar, gap] = [16, 720, 16, 46];
  const longest = Math.max(
    ...shown.flatMap(({ scenario, runs, column }) =>
      scenario.contestants.map((name) => figure(column, runs, name).ratio),
    ),
  );
  const scale = (width - 330) / longest;
  let y = 44;
  const parts = [];
  for (const { scenario, runs, column } of shown) {
    parts.push(`<text x="${left}" y="${y}" class="title">${scenario.title}: ${column.title}</text>`);
    y += 10;
    for (const name of scenario.contestants) {
      const { ratio } = figure(column, runs, name);
      const end = left + 190 + ratio * scale;
      parts.push(
        `<text x="${left + 180}" y="${y + 12}" text-anchor="end">${names[name]}</text>` +
          `<rect x="${left + 190}" y="${y}" width="${(ratio * scale).toFixed(1)}" height="${bar - 3}" class="${name}"/>` +
          `<text x="${(end + 6).toFixed(1)}" y="${y + 12}">${ratio.toFixed(2)}</text>`,
      );
      y += bar;
    }
    y += gap - bar;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" font-family="system-ui, sans-serif" font-size="12">
<style>
  svg { background: #fff } text { fill: #333 } .title { font-weight: 600; fill: #111 }
  .floor { fill: #9aa0a6 } .ours, .ours-protobuf { fill: #1a73e8 } .reference { fill: #e8710a }
  @media (prefers-color-scheme: dark) { svg { background: #16181c } text { fill: #ccc } .title { fill: #fff } }
</style>
<text x="${left}" y="20" class="title">Multiples of what a bare WebSocket takes for the same duties: shorter is better</text>
${parts.join("\n")}
</svg>
`;
}
