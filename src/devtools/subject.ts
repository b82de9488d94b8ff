import { defineFeature, type CoreClient, type Environment } from "../core/index.js";
import { presence, type GroupStateRecord } from "../features/presence/index.js";
import type { GroupStatus } from "../features/groups/index.js";
import type { Recorder } from "./recorder.js";

/** A group, as the client sees it. */
export interface KnownGroup {
  readonly name: string;
  readonly status: GroupStatus;
  readonly error: Error | undefined;
  /** The states of its members, as far as the application has asked for them. */
  readonly states: readonly GroupStateRecord[];
}

/** What a panel shows, and the clock that its times are of. */
export interface Subject {
  readonly client: CoreClient;
  readonly records: Recorder;
  readonly environment: Environment;
  /** The groups that the client knows and those that were heard of. */
  readonly groups: () => KnownGroup[];
}

/** The client's clock and its groups. */
export const insight = /* @__PURE__ */ defineFeature("devtools", ({ client, settings, memberships }) => ({
  environment: settings.environment,
  groups: (names: Iterable<string>): KnownGroup[] => {
    const all = new Set([...memberships.save(false).map(({ group }) => group), ...names]);
    return [...all].sort().map((name) => ({
      name,
      status: memberships.status(name),
      error: memberships.refusal(name) ?? presence(client).error(name),
      states: statesOf(client, name),
    }));
  },
}));

/** Asks for nothing at the service: it shows what handles or the application have subscribed to. */
function statesOf(client: CoreClient, group: string): readonly GroupStateRecord[] {
  const watched = presence(client).states(group);
  if (watched.length > 0) return watched;
  try {
    return presence(client).list(group);
  } catch {
    // Nobody has subscribed to them.
    return [];
  }
}
