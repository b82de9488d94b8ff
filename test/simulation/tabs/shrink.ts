import { runTabs } from "./run.js";
import type { TabsPlan } from "./plan.js";

/** Leaves out the steps that the failure doesn't need. */
export async function shrinkTabs(plan: TabsPlan): Promise<TabsPlan> {
  const wanted = kindOf((await runTabs(plan)).violation);
  let { steps } = plan;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < steps.length;) {
      const fewer = steps.filter((_, index) => index < from || index >= from + size);
      const { violation } = await runTabs({ ...plan, steps: fewer });
      if (kindOf(violation) === wanted) steps = fewer;
      else from += size;
    }
  }
  return { ...plan, steps };
}

/** What is wrong, whoever it happened to: shrinking must not slip from one failure to another. */
function kindOf(violation: string | undefined): string | undefined {
  return violation
    ?.split("\n")[0]
    ?.replace(/\d+|\[.*\]/g, "#")
    .slice(0, 60);
}
