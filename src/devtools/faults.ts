/** What the local service is asked for; plain objects as its admin path takes them. */
interface Deed {
  readonly label: string;
  readonly hint: string;
  /** What to post; undefined: all faults are removed. @param filter selects this client's connection */
  readonly faults?: (filter: object) => readonly object[];
  /** It concerns every connection, so none is needed here. */
  readonly all?: true;
}

const cut = (filter: object): object => ({ kind: "cutTransports", filter });

/** What the buttons do. */
export const DEEDS: readonly Deed[] = [
  { label: "Cut", hint: "The socket dies; the client recovers at once.", faults: (filter) => [cut(filter)] },
  {
    label: "Cut and refuse",
    hint: "The socket dies, and the next two attempts to recover are refused.",
    faults: (filter) => [
      { kind: "refuseUpgrades", with: 503, only: "recovery", times: 2, filter },
      cut(filter),
    ],
  },
  {
    label: "Go half-open",
    hint: "The socket looks fine but is dead; pings find out.",
    faults: (filter) => [{ kind: "goHalfOpen", filter }],
  },
  {
    label: "Cut and forget",
    hint: "The service forgets the connection; a new one is made.",
    faults: (filter) => [{ kind: "rejectRecovery", times: 1, filter }, cut(filter)],
  },
  {
    label: "Lose an answer",
    hint: "The next operation is done, but its ack is lost; the client sends it again.",
    faults: (filter) => [{ kind: "holdAcks", swallow: true, times: 1, filter }],
  },
  {
    label: "Refuse an operation",
    hint: "The next operation isn't done; its ack says Forbidden.",
    faults: (filter) => [{ kind: "answerAcks", error: "Forbidden", times: 1, filter }],
  },
  {
    label: "Restart the service",
    hint: "Every client's connection is gone, not only this one.",
    faults: () => [{ kind: "restartService" }],
    all: true,
  },
  {
    label: "Stop all faults",
    hint: "Cancels faults that haven't struck yet, and cuts half-open sockets.",
    all: true,
  },
];

/**
 * Asks the local service.
 * @param admin its admin path
 * @returns what came of it, in words
 * @throws Error if it refuses or can't be reached
 */
export async function commit(
  admin: string,
  { faults, all }: Deed,
  connectionId: string | undefined,
): Promise<string> {
  const address = `${admin}/faults`;
  if (faults === undefined) {
    await call(address, { method: "DELETE" });
    return "No fault is in force any more.";
  }
  let hits = 0;
  for (const fault of faults({ connectionId })) {
    const body = JSON.stringify(fault);
    const headers = { "Content-Type": "application/json" };
    const { hit } = (await (await call(address, { method: "POST", headers, body })).json()) as {
      hit?: number;
    };
    hits += hit ?? 0;
    if (hit === 0 && ["cutTransports", "goHalfOpen"].includes((fault as { kind: string }).kind))
      throw new Error(`The service has no open connection ${connectionId}.`);
  }
  return all || hits > 0 ? "Done." : "It will strike once.";
}

async function call(address: string, how: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, how);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`${address} can't be reached from this page: ${why}`, { cause: thrown });
  }
  if (response.ok) return response;
  throw new Error(`${address} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
}
