// Every scenario: who takes part, what a run returns, and how it reads.
import { blip } from "./blip.mjs";
import { idle } from "./idle.mjs";
import { fanOut, sessions } from "./localService.mjs";
import { pending } from "./pending.mjs";
import { receive } from "./receive.mjs";
import { recovery } from "./recovery.mjs";
import { send } from "./send.mjs";
import { startUp } from "./startUp.mjs";
import { stream } from "./stream.mjs";

const all = ["floor", "ours", "reference"];
/** Refused attempts, cut by cut. */
const refusals = [1, 2, 3];
const work = [
  { field: "cpu", title: "CPU per operation", unit: "µs", digits: 2, ratio: true },
  { field: "rate", title: "operations per second", unit: "", digits: 0 },
  { field: "memory", title: "peak memory", unit: "MiB", digits: 0 },
];

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {string[]} contestants
 * @property {{ field: string, title: string, unit: string, digits: number, ratio?: boolean }[]} columns
 *   `ratio`: also shown as a multiple of the first contestant's
 * @property {string} page of docs/, where `--write` puts it
 * @property {(context: { create: Function, url: string, contestant: string }) => Promise<object>} run in a process
 *   of its own
 */

/** @type {(Omit<Scenario, "page"> & { page?: string })[]} */
const list = [
  {
    name: "receive-json",
    title: "(a) receive 100,000 small JSON group messages",
    contestants: all,
    columns: work,
    run: receive("json", 40, 100_000),
  },
  {
    name: "receive-binary",
    title: "(b) receive 30,000 binary messages of 4 KiB",
    contestants: [...all, "ours-protobuf"],
    columns: work,
    run: receive("binary", 4_096, 30_000),
  },
  {
    name: "acknowledged-sends",
    title: "(c) 30,000 acknowledged sends, 100 in flight",
    contestants: all,
    columns: work,
    run: send(30_000, 100),
  },
  ...[2_500, 5_000, 10_000].map((count) => ({
    name: `pending-${count}`,
    title: `(d) ${count.toLocaleString("en")} operations pending through a drop and its recovery`,
    contestants: all,
    columns: work,
    run: pending(count),
  })),
  {
    name: "recovery",
    title: "(e) a transport is cut, round trip 50 ms",
    contestants: all,
    columns: [
      { field: "message", title: "cut to the first message", unit: "ms", digits: 0 },
      { field: "ack", title: "cut to the ack of a send made during it", unit: "ms", digits: 0 },
      { field: "trips", title: "round trips from acceptance to the first message", unit: "", digits: 2 },
    ],
    run: recovery(25, 5),
  },
  ...[1_000, 5_000].map((clients) => ({
    name: `idle-${clients}`,
    title: `(f) ${clients.toLocaleString("en")} idle clients in one process`,
    contestants: all,
    columns: [
      { field: "heap", title: "heap per client", unit: "KiB", digits: 1, ratio: true },
      { field: "rss", title: "memory per client", unit: "KiB", digits: 1 },
      { field: "cpu", title: "CPU per client and minute", unit: "ms", digits: 2, ratio: true },
    ],
    run: idle(clients, 21_000),
  })),
  {
    name: "start",
    title: "(g) import and start",
    contestants: all,
    columns: [
      { field: "imported", title: "import", unit: "ms", digits: 1 },
      { field: "started", title: "start()", unit: "ms", digits: 1 },
    ],
    run: startUp,
  },
  {
    name: "stream",
    title: "(h) a stream of 20,000 fragments of 1 KiB",
    contestants: all,
    columns: work,
    run: stream(20_000, 1_024),
  },
  {
    name: "fan-out",
    title: "(i) the local service: one sender, 1,000 receivers, 300 messages",
    contestants: ["local service"],
    columns: [
      { field: "cpu", title: "the service's CPU per delivery", unit: "µs", digits: 2 },
      { field: "rate", title: "deliveries per second", unit: "", digits: 0 },
      { field: "memory", title: "peak memory", unit: "MiB", digits: 0 },
    ],
    run: fanOut(1_000, 300),
  },
  {
    name: "sessions",
    title: "(i) the local service: 2,000 idle connections",
    contestants: ["local service"],
    columns: [
      { field: "perMegabyte", title: "sessions per MiB", unit: "", digits: 0 },
      { field: "heap", title: "heap per session", unit: "KiB", digits: 1 },
    ],
    run: sessions(2_000),
  },
  {
    name: "blip",
    title: "From the cut to the next message, when the first attempts are refused",
    page: "reliability",
    contestants: ["ours", "reference"],
    columns: refusals.flatMap((count) => [
      { field: `median${count}`, title: `${count} refused: median`, unit: "s", digits: 2 },
      { field: `worst${count}`, title: "worst", unit: "s", digits: 2 },
    ]),
    run: blip(20, refusals),
  },
];

/** @type {Scenario[]} */
export const scenarios = list.map((each) => ({ page: "performance", ...each }));
