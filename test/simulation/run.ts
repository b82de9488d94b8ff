import type { Actor } from "./world/actor.js";
import { checkOperations } from "./oracles/operationOracle.js";
import { checkMemberships } from "./oracles/membershipOracle.js";
import { checkOptions } from "./oracles/optionOracle.js";
import { owedBy } from "./oracles/model.js";
import { GROUPS, type Plan } from "./plans/plan.js";
import { stateConflict } from "./oracles/stateOracle.js";
import { checkArrivals, checkStreams } from "./oracles/streamOracle.js";
import { World, type Tracer } from "./world/world.js";

/** How long everything may take to be well again after the last trouble, in ms. */
const RECOVERY_TIME = 240_000;

export interface Outcome {
  /** The first promise that was broken; undefined: none was. */
  readonly violation: string | undefined;
  /** Virtual time that passed, in ms, and how much happened in it. */
  readonly duration: number;
  readonly events: number;
}

const rejections: unknown[] = [];
let watching = false;

/** Runs a plan to its end and checks every promise. The same plan gives the same outcome. */
export async function run(plan: Plan, tracer?: Tracer): Promise<Outcome> {
  if (!watching) process.on("unhandledRejection", (reason) => rejections.push(reason));
  watching = true;
  const world = new World(plan, tracer);
  const endReports = world.reports.begin();
  await play(world);
  // Node reports rejections that nobody handles before it takes up anything else.
  await new Promise((resolve) => setImmediate(resolve));
  endReports();
  if (world.reports.fault !== undefined) world.failed(world.reports.fault);
  if (rejections.length > 0) {
    const [first] = rejections.splice(0);
    world.failed(`unhandled rejection: ${first instanceof Error ? first.stack : String(first)}`);
  }
  return { violation: world.violation, duration: world.clock.now, events: world.clock.events };
}

async function play(world: World): Promise<void> {
  const { plan, clock, actors, backend } = world;
  const broken = (): boolean => world.violation !== undefined;
  const pass = (time: number): Promise<void> => clock.runUntil(clock.now + time, broken);

  for (const step of plan.steps) clock.at(step.at, () => world.perform(step));
  await clock.runUntil(plan.duration, broken);
  world.heal();
  const deadline = clock.now + RECOVERY_TIME + Math.max(0, ...actors.map(frozenFor(clock.now)));
  while (!broken() && !actors.every((actor) => isWell(actor, world))) {
    if (clock.now > deadline) {
      for (const actor of actors) if (!isWell(actor, world)) world.failed(describe(actor, world));
      return;
    }
    await pass(1_000);
  }
  if (broken()) return;

  for (const group of GROUPS) backend.publish(group);
  await pass(3_000);
  // A slow event handler may have answered meanwhile.
  for (let i = 0; i < 100 && !actors.every((actor) => isWell(actor, world)); i++) await pass(500);
  for (const actor of actors) if (!isWell(actor, world)) world.failed(describe(actor, world));
  if (broken()) return;
  // Sessions that the service has yet to give up end in between, and their states with them.
  for (let i = 0; i < 50 && actors.some((actor) => stateConflict(actor, world) !== undefined); i++)
    await pass(1_000);
  if (broken()) return;
  for (const actor of actors) {
    const conflict = stateConflict(actor, world);
    if (conflict !== undefined) world.failed(conflict);
    checkMemberships(actor, world);
    checkArrivals(actor, world);
  }

  const connected = actors.map(({ client }) => client.connectionId);
  for (const { program } of actors) program.call({ do: "stop" });
  await pass(100);
  for (const actor of actors) {
    if (actor.client.state !== "Stopped") world.failed(`${actor.name} is ${actor.client.state} after stop()`);
    world.checkStopped(actor);
  }
  await pass(1_000);
  for (const id of connected)
    if (id !== undefined && backend.model.sessions.get(id)?.alive === true)
      world.failed(`the service keeps session ${id.slice(0, 4)} of a client that was stopped`);
  for (const { groups } of actors) groups.endAll();
  const sockets = actors.map(({ wires }) => wires.length);
  await pass(80_000);
  if (broken()) return;
  if (!backend.isEmpty) world.failed("the service doesn't forget sessions that are gone");
  for (const [index, actor] of actors.entries()) {
    if (actor.wires.length !== sockets[index]) world.failed(`${actor.name} connects after stop()`);
    world.checkStopped(actor);
    checkOperations(actor, world);
    checkOptions(actor, world);
    checkStreams(actor, world);
    actor.invocations.check();
    actor.ownJoins.check();
    actor.observation?.checkAtEnd(actor.written.length);
    actor.groups.check();
    if (actor.roundsOpen !== 0) world.failed(`${actor.name}: an event didn't reach every listener`);
    for (const { kind, signal } of actor.program.lives)
      if ((signal?.listeners.size ?? 0) > 0) world.failed(`${kind}() still listens to its abort signal`);
  }
}

function frozenFor(now: number): (actor: Actor) => number {
  return ({ environment }) => environment.frozenUntil - now;
}

/** Everything is done, and the client is where the program wants it. */
function isWell(actor: Actor, world: World): boolean {
  const { client, environment, grammar, handOver, program, sequence, wire, plan } = actor;
  if (
    handOver.isUnderWay ||
    handOver.isDoubling ||
    program.pending > 0 ||
    !actor.streams.isQuiet ||
    environment.frozenUntil > world.clock.now
  )
    return false;
  if (client.state === "Stopped") return !program.wanted || program.mayStopByItself;
  if (client.state !== "Connected" || !program.wanted || grammar.announced !== client.connectionId)
    return false;
  const session = world.backend.model.sessions.get(client.connectionId ?? "");
  if (session?.alive !== true || wire === undefined || session.wire !== wire) return false;
  if (wire.stalled || program.ownPending > 0) return false;
  const owed = owedBy(session).filter(({ expiresAt }) => expiresAt > world.clock.now);
  return owed.length === 0 && (!plan.reliable || sequence.settled);
}

/** What is missing to be well. */
function describe({ name, client, grammar, program, sequence }: Actor, world: World): string {
  const session = world.backend.model.sessions.get(client.connectionId ?? "");
  const owed = session === undefined ? [] : owedBy(session).map(({ id }) => id);
  return (
    `${name} stands still: ${client.state}, told ${grammar.announced?.slice(0, 4) ?? "nothing"}, ` +
    `${program.pending} calls unsettled, messages owed: [${owed.slice(0, 10).join(" ")}], ` +
    `wanted: ${program.wanted}, session ${session?.alive === true ? "alive" : "gone"}, ` +
    `acknowledged: ${sequence.settled}`
  );
}
