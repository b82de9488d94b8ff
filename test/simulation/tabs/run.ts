import { GROUPS } from "../plans/plan.js";
import type { Outcome } from "../run.js";
import type { Tracer } from "../world/world.js";
import type { LinkedProcess } from "./worker.js";
import { WORKER } from "./worker.js";
import { installGlobals } from "./globals.js";
import type { Member } from "./member.js";
import type { TabsPlan } from "./plan.js";
import { checkStreams } from "./streamUse.js";
import { TabsWorld } from "./world.js";

/** How long everything may take to be well again after the last trouble, in ms. */
const RECOVERY_TIME = 240_000;
/** How long the groups of a tab that ended without a word may stay, in ms. */
const LETS_GO = 40_000;
/** How long the worker may try to get its connection back for tabs that stop meanwhile, in ms. */
const STOPS = 80_000;

const rejections: unknown[] = [];
let watching = false;

/** Runs a plan to its end and checks every promise. The same plan gives the same outcome. */
export async function runTabs(plan: TabsPlan, tracer?: Tracer): Promise<Outcome> {
  if (!watching) process.on("unhandledRejection", (reason) => rejections.push(reason));
  watching = true;
  const world = new TabsWorld(plan, tracer);
  const uninstall = installGlobals(() => world.current, plan.locks ? world.locks : undefined);
  const endReports = world.reports.begin();
  try {
    await play(world);
    // Node reports rejections that nobody handles before it takes up anything else.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    endReports();
    uninstall();
  }
  if (world.reports.fault !== undefined) world.failed(world.reports.fault);
  if (rejections.length > 0) {
    const [first] = rejections.splice(0);
    world.failed(`unhandled rejection: ${first instanceof Error ? first.stack : String(first)}`);
  }
  return { violation: world.violation, duration: world.clock.now, events: world.clock.events };
}

async function play(world: TabsWorld): Promise<void> {
  const { plan, clock, backend } = world;
  const broken = (): boolean => world.violation !== undefined;
  const pass = (time: number): Promise<void> => clock.runUntil(clock.now + time, broken);
  /** Waits until nothing is wrong. */
  const settle = async (wrong: () => string | undefined, time: number): Promise<void> => {
    for (const until = clock.now + time; !broken() && wrong() !== undefined;) {
      if (clock.now >= until) return world.failed(wrong() ?? "");
      await pass(1_000);
    }
  };

  for (const [index, outsider] of world.outsiders.entries()) {
    outsider.call({ do: "start" });
    for (const group of GROUPS) if (group !== "closed" && index === 0) outsider.call({ do: "join", group });
    outsider.call({ do: "watch", group: GROUPS[0] });
  }
  for (const step of plan.steps) clock.at(step.at, () => world.perform(step));
  await clock.runUntil(plan.duration, broken);
  world.heal();
  const frozen = plan.steps.map(({ what }) => (what.do === "freeze" || what.do === "hide" ? what.for : 0));
  await settle(() => whatIsWrong(world), RECOVERY_TIME + Math.max(0, ...frozen));
  if (broken()) return;

  for (const group of GROUPS) backend.publish(group);
  await pass(3_000);
  await settle(() => whatIsWrong(world), 60_000);
  if (broken()) return;
  checkStreams(world);
  checkOperations(world);

  // Some of the tabs end without a word.
  const { living } = world;
  for (const [index, tab] of living.entries()) if (index % 2 === 1) world.endPage(tab);
  await settle(() => whatIsWrong(world), LETS_GO);
  for (const [index, tab] of world.living.entries())
    if (index % 3 === 2) world.endPage(tab);
    else tab.call({ do: "stop" });
  for (const outsider of world.outsiders) outsider.call({ do: "stop" });
  await settle(() => leftOpen(world), STOPS);
  await pass(80_000);
  if (broken()) return;
  if (!backend.isEmpty) world.failed("the service doesn't forget sessions that are gone");
  for (const member of [...world.living, ...world.outsiders]) checkStopped(member);
  const left = world.worker?.leftovers;
  if (left !== undefined) world.failed(`the worker without tabs ${left}`);
  checkOperations(world);
}

/** With no tab left the worker's connection is closed. */
function leftOpen({ worker, backend }: TabsWorld): string | undefined {
  if (worker === undefined) return undefined;
  if (worker.client.state !== "Stopped") return `with no tab left the worker is ${worker.client.state}`;
  const open = worker.wires.some(({ socket }) => socket.readyState < 2);
  if (open) return "with no tab left the worker has a connection";
  const isKept = [...backend.model.sessions.values()].some(({ alive, user }) => alive && user === WORKER);
  return isKept ? "the service keeps the connection of a worker without tabs" : undefined;
}

function checkStopped(member: Member): void {
  const { client, process, pending } = member;
  if (client.state !== "Stopped") member.failed(`is ${client.state} after stop()`);
  const left = process.leftovers;
  if (left !== undefined) member.failed(`is stopped, but ${left}`);
  if (pending > 0) member.failed(`is stopped, but ${pending} calls are unsettled`);
}

/** What is still to become well. */
function whatIsWrong(world: TabsWorld): string | undefined {
  const { backend, living, outsiders, worker } = world;
  if (worker?.isFrozen === true) return "the worker is frozen";
  for (const member of [...living, ...outsiders]) {
    const wrong = wrongWith(member);
    if (wrong !== undefined) return `${member.name} stands still: ${wrong}`;
  }
  const using = living.filter(({ wanted }) => wanted);
  const alive = [...backend.model.sessions.values()].filter(
    (session) => session.alive && session.user === WORKER,
  );
  if (using.length === 0) return alive.length > 0 ? "the worker's connection isn't closed" : undefined;
  if (worker === undefined) return "tabs are connected, but there is no worker";
  const { session } = worker;
  if (session === undefined || alive.length !== 1 || alive[0] !== session)
    return `the service has ${alive.length} connections of the worker`;
  if (session.wire === undefined || session.wire !== worker.wire) return "the worker has no line";
  if (session.wire.stalled) return "the worker's line is held up";
  const wanted = new Set<string>();
  for (const { name, deliveries, client } of using) {
    const { life } = deliveries;
    if (client.connectionId !== session.connectionId || life?.connectionId !== session.connectionId)
      return `${name} has another connection id than the worker`;
    const missing = life.missing();
    if (missing !== undefined) return `${name} hasn't got ${missing}`;
    for (const [group, { status }] of life.groups) {
      // What nobody has answered will be asked again.
      if (status !== "out") wanted.add(group);
    }
  }
  const held = [...backend.groupsOf(session.connectionId)];
  const lost = [...wanted].filter((group) => !held.includes(group) && isCertain(using, group));
  if (lost.length > 0) return `the worker isn't in ${lost.join()}, which tabs have joined`;
  const left = held.filter((group) => !wanted.has(group));
  if (left.length > 0) return `the worker is in ${left.join()}, where no tab is`;
  return world.states.conflict() ?? knownConflict(world, using);
}

function isCertain(tabs: readonly Member[], group: string): boolean {
  return tabs.some(({ deliveries }) => deliveries.life?.groups.get(group)?.status === "in");
}

/** Tabs that have subscribed to the states of a group know them. */
function knownConflict({ backend }: TabsWorld, tabs: readonly Member[]): string | undefined {
  for (const { name, client, deliveries } of tabs) {
    for (const group of deliveries.life?.watched ?? []) {
      const known = statesAt(client, group);
      if (known === undefined) continue;
      const real = backend
        .statesOf(group)
        .map(({ connectionId, state }) => textOf(connectionId, state ?? {}));
      const [one, other] = [known.sort().join(), real.sort().join()];
      if (one !== other) return `${name} knows the states [${one}] of ${group}, the service has [${other}]`;
    }
  }
  return undefined;
}

/** Undefined: the client has given the subscription up. */
function statesAt(client: Member["client"], group: string): string[] | undefined {
  try {
    return client.listGroupStates(group).map(({ connectionId, state }) => textOf(connectionId, state));
  } catch {
    return undefined;
  }
}

function textOf(connectionId: string, state: Readonly<Record<string, string>>): string {
  return `${connectionId.slice(0, 4)}=${state["is"]}`;
}

function wrongWith({ client, process, wanted, pending, streams, isTab }: Member): string | undefined {
  if (process.isFrozen) return "it is frozen";
  if (client.state !== (wanted ? "Connected" : "Stopped")) return `it is ${client.state}`;
  if (pending > 0) return `${pending} calls are unsettled`;
  if (!streams.isQuiet) return "the reader of a stream waits";
  if (isTab || !wanted) return undefined;
  const { wire } = process as LinkedProcess;
  return wire === undefined ? "it has no line" : undefined;
}

function checkOperations(world: TabsWorld): void {
  const { model } = world.backend;
  for (const { op, by, call, settled, result } of world.operations.values()) {
    if (by.process.hasEnded) continue;
    if (!settled) by.failed(`op ${op} is unsettled`);
    if (call.do !== "send" && call.do !== "event") continue;
    const { length } = model.executions.get(`op ${op}`) ?? [];
    if (call.forget === true) {
      if (length > 1) by.failed(`op ${op}, fire and forget, was executed ${length} times`);
      continue;
    }
    if (result === undefined) continue;
    if (length === 0) by.failed(`op ${op} was acknowledged, but not executed`);
    if (length > 1 && result.resentOnNewConnection !== true)
      by.failed(`op ${op} was executed ${length} times, and its result doesn't say so`);
  }
  for (const [op, times] of model.invoked)
    if (times > 1) world.failed(`invocation ${op} was executed ${times} times`);
}
