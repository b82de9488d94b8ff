import { throughWorker } from "../../../src/features/tabs/index.js";
import { Backend } from "../world/backend.js";
import { Clock } from "../world/clock.js";
import { Reports } from "../world/reports.js";
import type { Surroundings } from "../world/surroundings.js";
import { Random } from "../plans/random.js";
import type { Tracer } from "../world/world.js";
import { makeChannel } from "./channel.js";
import { SimLocks } from "./locks.js";
import { Member, type Operation } from "./member.js";
import type { PageTrouble, TabCall, TabPlan, TabsPlan, TabsStep, WorkerTrouble } from "./plan.js";
import { SimProcess } from "./process.js";
import { OwnStates } from "./ownStates.js";
import type { StreamUse } from "./streamUse.js";
import { accessUrl, LinkedProcess, SimWorker } from "./worker.js";

/** How long a browser takes to load the worker's script at most, in ms. */
const LOADING = 200;

/** Everything of one run: a browser with its tabs and their worker, outside clients, the service, one clock. */
export class TabsWorld implements Surroundings {
  readonly plan: TabsPlan;
  readonly clock: Clock;
  readonly backend: Backend;
  readonly actors = [];
  readonly reports = new Reports();
  readonly locks: SimLocks;
  /** By number. */
  readonly operations = new Map<number, Operation>();
  readonly streams = new Map<number, StreamUse["sent"][number]>();
  /** All pages that ever were, with their clients. */
  readonly tabs: Member[] = [];
  readonly outsiders: Member[];
  readonly workers: SimWorker[] = [];
  readonly states: OwnStates;
  /** The process that runs. */
  current!: SimProcess;
  violation: string | undefined;
  readonly #tracer: Tracer | undefined;
  readonly #random: Random;
  /** The page in each place of the plan. */
  readonly #places: (Member | undefined)[];
  #processes = 0;
  #numbers = 0;
  #unloadableUntil = 0;

  constructor(plan: TabsPlan, tracer?: Tracer) {
    this.plan = plan;
    this.#tracer = tracer;
    this.#random = new Random(plan.seed, 3);
    this.clock = new Clock((error) =>
      this.failed(`threw ${error instanceof Error ? error.stack : String(error)}`),
    );
    this.backend = new Backend(this);
    this.locks = new SimLocks(this.clock, () => this.current);
    this.states = new OwnStates(this);
    this.#places = plan.tabs.map(() => undefined);
    this.outsiders = Array.from({ length: plan.outsiders }, (_, index) => this.#makeOutsider(index));
  }

  failed(reason: string): void {
    this.trace("oracle", () => reason);
    this.violation ??= reason;
  }

  trace(who: string, line: () => string): void {
    this.#tracer?.(this.clock.now, who, line());
  }

  nextOperation(): number {
    return ++this.#numbers;
  }

  /** A tab that has got a new connection sends again what was unanswered; it may be the same one for the service. */
  mayRepeat(key: string): boolean {
    const operation = this.operations.get(Number(/^op (\d+)$/.exec(key)?.[1]));
    return operation !== undefined && operation.by.deliveries.lives.length > operation.lives;
  }

  get worker(): SimWorker | undefined {
    return this.workers.findLast((worker) => !worker.hasEnded);
  }

  /** The pages that are there. */
  get living(): Member[] {
    return this.tabs.filter(({ process }) => !process.hasEnded);
  }

  perform(step: TabsStep): void {
    if ("service" in step) {
      this.trace("world", () => JSON.stringify(step.what));
      const linked = [...this.workers, ...this.outsiders.map(({ process }) => process as LinkedProcess)];
      return this.backend.trouble(
        step.what,
        linked.flatMap(({ wires }) => wires.filter((wire) => !wire.over)),
      );
    }
    if ("worker" in step) return this.#troubleWorker(step.what);
    if ("outsider" in step) return this.outsiders[step.outsider]?.call(step.what);
    this.#performTab(step.tab, step.what);
  }

  heal(): void {
    this.trace("world", () => "all trouble ends");
    this.backend.heal();
    this.#unloadableUntil = 0;
    for (const worker of this.workers) for (const wire of worker.wires) wire.trap = undefined;
  }

  #performTab(place: number, what: TabCall | PageTrouble): void {
    const page = this.#places[place];
    const isThere = page !== undefined && !page.process.hasEnded;
    if (what.do === "start" && !isThere) {
      const plan = this.plan.tabs[place];
      if (plan === undefined) return;
      const made = this.#openPage(place, plan);
      this.#places[place] = made;
      return made.call(what);
    }
    if (!isThere) return;
    const { process } = page;
    this.trace("world", () => `${page.name}: ${JSON.stringify(what)}`);
    switch (what.do) {
      case "crash":
        return this.endPage(page);
      case "close":
        process.enter(() => process.dispatch("pagehide"));
        return this.endPage(page);
      case "hide":
        process.soon(() => {
          process.dispatch("pagehide");
          process.dispatch("freeze");
          process.freeze(what.for, false);
          process.soon(() => {
            process.dispatch("resume");
            process.dispatch("pageshow", { persisted: true });
          });
        });
        return;
      case "freeze":
        return process.freeze(what.for, false, what.first);
      case "wake":
        return process.wake();
      default:
        return page.call(what);
    }
  }

  #troubleWorker(what: WorkerTrouble): void {
    const { worker } = this;
    this.trace("world", () => `the worker: ${JSON.stringify(what)}`);
    if (what.do === "unloadable") this.#unloadableUntil = this.clock.now + what.for;
    if (worker === undefined) return;
    const id = worker.client.connectionId;
    const { wire } = worker;
    switch (what.do) {
      case "die":
        return worker.end();
      case "freeze":
        return worker.freeze(what.for, what.wakes, what.first);
      case "wake":
        return worker.wake();
      case "cut":
        return wire?.break(what);
      case "cutAfter":
        if (wire !== undefined) wire.trap = { direction: what.direction, frames: what.frames, how: what };
        return;
      case "stall":
        return wire?.stall(what.direction, this.clock.now + what.for);
      case "crawl":
        return wire?.crawl(what.direction, what.perFrame, this.clock.now + what.for);
      case "kick":
        if (id !== undefined) this.backend.kick(id, what.code);
        return;
      case "closeStreams":
        if (id !== undefined) this.backend.closeStreams(id, what.name);
        return;
      default:
    }
  }

  /** A page's process ends; the worker's does after that of the last page. */
  endPage(page: Member): void {
    page.process.end();
    if (this.living.length > 0) return;
    const { worker } = this;
    this.clock.after(this.plan.lingers, () => {
      if (this.living.length === 0) worker?.end();
    });
  }

  #openPage(place: number, plan: TabPlan): Member {
    const name = `tab${place}${this.tabs.some((tab) => tab.name === `tab${place}`) ? `.${this.tabs.length}` : ""}`;
    const process = new SimProcess(this, name, ++this.#processes, () => {
      throw new Error(`${name} opens a connection of its own.`);
    });
    const [credential, options] = throughWorker(() => this.#reachWorker(member, plan), {
      ...(this.plan.asksTab && { fallback: { getClientAccessUrl: async () => accessUrl("worker") } }),
      options: {
        environment: process.environment,
        resendOnNewConnection: plan.resendOnNewConnection,
      },
    });
    const member: Member = new Member(this, process, credential, options, {
      isTab: true,
      keepTrying: plan.keepTrying,
    });
    this.tabs.push(member);
    return member;
  }

  /** A page makes its `SharedWorker`. */
  #reachWorker(page: Member, { latency }: TabPlan) {
    let { worker } = this;
    const isNew = worker === undefined;
    const isUnloadable = isNew && this.clock.now < this.#unloadableUntil;
    if (worker === undefined) {
      this.trace("world", () => "the worker begins");
      worker = new SimWorker(this, ++this.#processes);
      if (!isUnloadable) this.workers.push(worker);
    }
    const [port, other] = makeChannel(page.process, worker, this.clock, this.#random, latency);
    const made = { port, onerror: null as ((event: never) => void) | null };
    if (isUnloadable) {
      worker.end();
      this.clock.after(5, () => page.process.soon(() => made.onerror?.({} as never)));
      return made;
    }
    page.deliveries.watch(port);
    this.states.watch(other, page);
    const connects = Math.max(this.clock.now + this.#random.between(0, isNew ? LOADING : 2), worker.readyAt);
    if (isNew) worker.readyAt = connects;
    port.notBefore(connects);
    const reached = worker;
    this.clock.at(connects, () => reached.connect(other));
    return made;
  }

  #makeOutsider(index: number): Member {
    const process = new LinkedProcess(this, `out${index}`, ++this.#processes, false);
    const member = new Member(
      this,
      process,
      { getClientAccessUrl: async () => accessUrl(`out${index}`) },
      { environment: process.environment },
      { isTab: false, keepTrying: true },
    );
    process.client = member.client;
    return member;
  }
}
