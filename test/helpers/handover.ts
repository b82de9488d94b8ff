import type { OperationMessage, SavedSession } from "web-pubsub-client";
import { follow, type Settlement } from "./settlement.js";
import { turn, type Stage } from "./stage.js";

/** A session as it is when another page reads it. */
export const overJson = (session: SavedSession | undefined): SavedSession =>
  JSON.parse(JSON.stringify(session)) as SavedSession;

/** What was told of an operation of the session before. */
export interface Restored {
  readonly operation: OperationMessage;
  readonly result: Settlement<unknown>;
}

/** Starts a client with the session of another one, as the page after a reload does; its socket has yet to open. */
export async function startWith(
  stage: Stage,
  session: SavedSession | undefined,
): Promise<{ started: Settlement<void>; restored: Restored[] }> {
  const restored: Restored[] = [];
  const started = follow(
    stage.client.start({
      resume: overJson(session),
      onRestored: (operation, result) => restored.push({ operation, result: follow(result) }),
    }),
  );
  await turn();
  return { started, restored };
}

/** The same, for tests that don't look at `start` itself. */
export async function resume(stage: Stage, session: SavedSession | undefined): Promise<Restored[]> {
  return (await startWith(stage, session)).restored;
}
