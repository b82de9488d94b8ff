import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seeded } from "../helpers/seeded.js";
import { Proxy } from "../network/proxy.js";
import type { FeatureCounts } from "./featureUse.js";
import type { FleetOrder } from "./fleet.js";
import type { Gauge } from "./gauge.js";
import { Mischief } from "./mischief.js";
import type { ServiceOrder } from "./service.js";

/** What to do, from `scripts/soak.mjs`. */
interface Job {
  readonly minutes: number;
  readonly clients: number;
  readonly seed: number;
}

interface Counts {
  readonly connected: number;
  readonly pending: number;
  readonly due: number;
  readonly sent: number;
  readonly received: number;
  readonly recoveries: number;
  readonly newConnections: number;
}

interface Result {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly missedByNewConnection: number;
  readonly resent: number;
  readonly failures: number;
  readonly recoveries: number;
  readonly newConnections: number;
  readonly examples: readonly string[];
  readonly features: FeatureCounts;
}

/** A process of the soak, asked one thing at a time. */
class Child<Order extends { readonly type: string }> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<string, (message: unknown) => void>();
  readonly notes = new Map<string, number>();
  readonly exited: Promise<number>;

  constructor(file: string, args: readonly string[]) {
    this.#process = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: ["--expose-gc"] });
    this.exited = new Promise((resolve) => this.#process.once("exit", (code) => resolve(code ?? 1)));
    this.#process.on("message", (message: { type: string; text?: string }) => {
      const { type, text = "" } = message;
      if (type === "note") this.notes.set(text, (this.notes.get(text) ?? 0) + 1);
      else this.#waiting.get(type)?.(message);
    });
  }

  tell(order: Order): void {
    if (this.#process.connected) this.#process.send(order);
  }

  /** Rejects when the process dies instead of answering. */
  async answer<Answer>(type: string, order?: Order): Promise<Answer> {
    const answer = new Promise((resolve) => this.#waiting.set(type, resolve));
    if (order !== undefined) this.tell(order);
    const died = this.exited.then((code) => {
      throw new Error(`A process of the soak ended with ${code}; ${[...this.notes.keys()].join("; ")}`);
    });
    return (await Promise.race([answer, died])) as Answer;
  }

  kill(): void {
    this.#process.kill();
  }
}

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const wait = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const totalInMs = job.minutes * 60_000;
/** A minute, or a third of a short run. */
const firstInMs = Math.min(60_000, totalInMs / 3);
const isLong = job.minutes >= 3;
/** Longer than any recovery of a client in a long run. */
const recoveryWindowInMs = isLong ? 30_000 : 8_000;

const service = new Child<ServiceOrder>("service.mjs", [String(job.clients), String(recoveryWindowInMs)]);
const { endpoint, urls } = await service.answer<{ endpoint: string; urls: string[] }>("ready");
const proxy = await Proxy.before(endpoint);
const fleet = new Child<FleetOrder>("fleet.mjs", isLong ? ["2000", "10"] : ["300", "2"]);
const mischief = new Mischief(proxy, job.clients, seeded(job.seed));

function traffic(on: boolean): void {
  service.tell({ type: "traffic", on });
  fleet.tell({ type: "traffic", on });
}

async function hurt(forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  // A short run has one restart, in its first part: a restart leaves nothing to recover.
  let restart = performance.now() + (isLong || forMs === firstInMs ? Math.min(45_000, forMs / 2) : Infinity);
  while (performance.now() < end) {
    // Each client is hit every 12 s or so, in a short run more often.
    await wait((isLong ? 12_000 : 4_000) / job.clients);
    service.tell({ type: "faults", faults: mischief.next() });
    if (performance.now() < restart) continue;
    restart += 45_000;
    service.tell({ type: "faults", faults: mischief.restart() });
  }
}

/** Ends all faults and the traffic, waits until nothing is left to do, and looks. */
async function settle(): Promise<{
  clean: boolean;
  counts: Counts;
  gauges: Record<"service" | "fleet", Gauge>;
}> {
  service.tell({ type: "heal" });
  proxy.deaf = 0;
  proxy.weather = {};
  traffic(false);
  for (const link of proxy.links) if (link.silent) link.cut();
  const patience = performance.now() + 300_000;
  for (;;) {
    const { connections } = await service.answer<{ connections: number }>("count", { type: "count" });
    const counts = await fleet.answer<Counts>("count", { type: "count" });
    const clean = counts.connected === job.clients && counts.pending === 0 && counts.due === 0;
    if ((clean && connections === job.clients) || performance.now() > patience) {
      const gauges = {
        service: await service.answer<Gauge>("gauge", { type: "gauge" }),
        fleet: await fleet.answer<Gauge>("gauge", { type: "gauge" }),
      };
      if (!clean || connections !== job.clients) {
        console.log(`  not settled: ${JSON.stringify({ ...counts, connections })}`);
        await tellTroubles();
      }
      return { clean: clean && connections === job.clients, counts, gauges };
    }
    await wait(250);
  }
}

/** How the clients that aren't well see themselves, and how the service sees them. */
async function tellTroubles(): Promise<void> {
  const { texts } = await fleet.answer<{ texts: string[] }>("troubles", { type: "troubles" });
  const view = await service.answer<{ connections: { userId?: string }[] }>("view", { type: "view" });
  for (const text of texts.slice(0, 10)) {
    const user = text.slice(0, text.indexOf(":"));
    const seen = view.connections.filter(({ userId }) => userId === user);
    console.log(`  ${text}\n    the service: ${JSON.stringify(seen)}`);
  }
}

const problems: string[] = [];
try {
  console.log(`${job.clients} clients, ${job.minutes} minutes, seed ${job.seed}`);
  await fleet.answer("started", { type: "start", urls: urls.map((url) => proxy.through(url)) });
  traffic(true);
  await hurt(firstInMs);
  const first = await settle();
  report("after the first part", first);
  traffic(true);
  for (let left = totalInMs - firstInMs; left > 0; left -= 60_000) {
    await hurt(Math.min(60_000, left));
    const { sent, received, recoveries, newConnections } = await fleet.answer<Counts>("count", {
      type: "count",
    });
    console.log(
      `  ${sent} sent, ${received} received, ${recoveries} recoveries, ${newConnections} new connections`,
    );
  }
  const last = await settle();
  report("at the end", last);
  const result = await fleet.answer<Result>("result", { type: "end" });
  service.tell({ type: "end" });
  await Promise.all([fleet.exited, service.exited]);

  console.log("\nfaults");
  for (const [kind, count] of [...mischief.done].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`  ${String(count).padStart(6)}  ${kind}`);
  }
  const {
    statesSet: states,
    invocationsAnswered: answered,
    invocationsLost: unanswered,
    streamsEnded: ended,
    streamsBroken: broken,
    streamsReceived: whole,
    wrong,
  } = result.features;
  console.log(`\nmessages: ${result.sent} sent to groups, ${result.received} received
  recoveries       ${result.recoveries}
  new connections  ${result.newConnections}
  lost             ${result.lost}
  doubled          ${result.doubled}
  reordered        ${result.reordered}
  failed           ${result.failures}
  excused: ${result.missedByNewConnection} on their way to a connection that ended for good, ${result.resent} sent again on a new connection
  states set ${states}; invocations: ${answered} answered, ${unanswered} cut off by a new connection
  streams: ${ended} ended, ${broken} cut off by a new connection, ${whole} received whole`);
  for (const kind of ["lost", "doubled", "reordered", "failures"] as const) {
    if (result[kind] > 0) problems.push(`${kind}: ${result[kind]}`);
  }
  problems.push(...result.examples, ...wrong.slice(0, 10));
  if (!first.clean || !last.clean)
    problems.push("not everyone was back, and everything delivered, 5 minutes after the faults");
  if (result.recoveries === 0 || result.received < result.sent || states * answered * whole === 0)
    problems.push("too little happened to prove anything");
  for (const name of ["service", "fleet"] as const) compare(name, first.gauges[name], last.gauges[name]);
  for (const [text, count] of fleet.notes) problems.push(`${text} (${count} times)`);
} catch (error) {
  problems.push(String(error));
} finally {
  service.kill();
  fleet.kill();
  await proxy[Symbol.asyncDispose]();
}
console.log(problems.length === 0 ? "\nall promises kept" : `\nFAILED\n  ${problems.join("\n  ")}`);
// A socket that still waits for its peer must not hold the result back.
process.exit(problems.length === 0 ? 0 : 1);

function report(when: string, { gauges }: { gauges: Record<"service" | "fleet", Gauge> }): void {
  const text = (["service", "fleet"] as const)
    .map((name) => {
      const { heap, descriptors } = gauges[name];
      return `${name} ${megabytes(heap)}, ${descriptors ?? "unknown"} descriptors`;
    })
    .join("; ");
  console.log(`${when}: ${text}`);
}

/** Heap within 10 %, descriptors the same: judged in long runs, where the first part has warmed everything up. */
function compare(name: string, first: Gauge, last: Gauge): void {
  const growth = (last.heap / first.heap - 1) * 100;
  console.log(
    `  ${name}: heap ${growth >= 0 ? "+" : ""}${growth.toFixed(1)} %${isLong ? "" : " (not judged: too short)"}`,
  );
  if (isLong && growth > 10) problems.push(`the heap of the ${name} has grown by ${growth.toFixed(1)} %`);
  if (first.descriptors !== undefined && (last.descriptors ?? 0) > first.descriptors + 5) {
    problems.push(`the ${name} had ${first.descriptors} descriptors, then ${last.descriptors}`);
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
