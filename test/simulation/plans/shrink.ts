import type { ClientPlan, Plan, Step } from "./plan.js";
import { run } from "../run.js";

const PLAINEST: Partial<ClientPlan> = {
  browser: false,
  latency: [1, 1],
  tokenLifeInMs: 1_000_000,
  autoReconnect: true,
  autoRejoinGroups: true,
  resendOnNewConnection: true,
  maxPendingOperations: 10_000,
  ackTimeoutInMs: 30_000,
  maxReconnects: -1,
  maxRetries: 3,
};

/** Leaves out what isn't needed for the failure: steps, clients, unusual options. */
export async function shrink(plan: Plan): Promise<Plan> {
  const wanted = kindOf((await run(plan)).violation);
  const fails = async (candidate: Plan): Promise<boolean> =>
    kindOf((await run(candidate)).violation) === wanted;
  let best = plan;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.steps.length;) {
      const steps = best.steps.filter((_, index) => index < from || index >= from + size);
      if (!(await attempt({ ...best, steps }))) from += size;
    }
  }
  for (let last = best.clients.length - 1; last > 0; last--) {
    if (best.steps.some(({ client }) => client === last)) break;
    await attempt({ ...best, clients: best.clients.slice(0, last) });
  }
  for (const [option, value] of Object.entries(PLAINEST)) {
    for (const [index, client] of best.clients.entries()) {
      if (JSON.stringify(client[option as keyof ClientPlan]) === JSON.stringify(value)) continue;
      const clients = best.clients.with(index, { ...client, [option]: value });
      await attempt({ ...best, clients });
    }
  }
  await shorten(() => best, attempt);
  return best;
}

/** What is wrong, whoever it happened to: shrinking must not slip from one failure to another. */
function kindOf(violation: string | undefined): string | undefined {
  return violation
    ?.split("\n")[0]
    ?.replace(/\d+|\bc\d|\[.*\]/g, "#")
    .slice(0, 60);
}

/** Rounder times read better; smaller lists too. */
async function shorten(best: () => Plan, attempt: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let index = 0; index < best().steps.length; index++) {
    const step = best().steps[index];
    if (step === undefined) return;
    const what: Record<string, unknown> = { ...step.what };
    for (const field of [
      "times",
      "abortAfter",
      "ackId",
      "noEcho",
      "forget",
      "ttl",
      "drain",
      "reply",
      "idleTimeoutInMs",
    ]) {
      if (what[field] === undefined) continue;
      const { [field]: _, ...rest } = what;
      const simpler = field === "times" && step.what.do !== "send" ? { ...what, times: 1 } : rest;
      const steps = best().steps.with(index, { ...step, what: simpler } as unknown as Step);
      if (JSON.stringify(simpler) !== JSON.stringify(what) && (await attempt({ ...best(), steps })))
        for (const key of Object.keys(what)) if (!(key in simpler)) delete what[key];
    }
  }
}
