import type { TraceEntry } from "./admin/traceEntry.js";
import type { Emulator } from "./emulator.js";
import { printable } from "./printable.js";

/** What was asked for besides. */
export interface Extras {
  /** Hub of the client URL. */
  readonly hub: string;
  /** Whether the service listens at every address of the machine, which is no address to connect to. */
  readonly everywhere: boolean;
  /** Whether `/negotiate` answers. */
  readonly negotiate: boolean;
  /** Where the certificate is that was made for this start. */
  readonly certificateFile: string | undefined;
}

/** What a developer needs to go on: where the service is and how to use it. */
export async function announcement(
  emulator: Emulator,
  { hub, everywhere, negotiate, certificateFile }: Extras,
): Promise<string> {
  const url = await emulator.clientAccessUrl(hub, {
    userId: "developer",
    roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
    expiresInMinutes: 24 * 60,
  });
  const { endpoint, adminUrl, adminToken } = emulator;
  const rows = [
    ["Endpoint", endpoint],
    ["Connection string", emulator.connectionString],
    ...(everywhere
      ? [
          [
            "",
            `(elsewhere: with the name and port by which this host is reached for ${new URL(endpoint).host})`,
          ],
        ]
      : []),
    ["Client URL", url],
    ["", `(hub ${hub}, user developer, every right on groups, for a day)`],
    ...(negotiate ? [["Client URLs", `${endpoint}/negotiate?hub=${hub}&user=ann`]] : []),
    ["Trace page", adminUrl ?? "off; --admin serves it"],
    ...(adminToken === undefined ? [] : [["", `(from other hosts: /admin?token=${adminToken})`]]),
    ...(certificateFile === undefined
      ? []
      : [
          ["Certificate", certificateFile],
          ["", `(Node trusts it by the variable NODE_EXTRA_CA_CERTS=${quoted(certificateFile)})`],
        ]),
  ];
  const insecure = endpoint.startsWith("http:") ? ", { allowInsecureConnection: true }" : "";
  const table = rows.map(([name = "", value = ""]) => `${name.padEnd(19)}${value}`).join("\n");
  return `${table}

In a client   new WebPubSubClient("<client URL>")
On a server   new WebPubSubServiceClient("<connection string>", "${hub}"${insecure})

For development and tests only. Ctrl+C stops it.
`;
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(path) ? path : JSON.stringify(path);
}

const arrows = { in: "->", out: "<-", note: "--" } as const;

/**
 * Makes one line about each thing that happened; `->` comes from a client, `<-` goes to one. While a user has several
 * connections, a line shows which one by the beginning of its id.
 */
export function traceLines(): (entry: TraceEntry) => string {
  /** Open connections, or ones that can be recovered, by hub and user. */
  const connections = new Map<string, Set<string>>();
  return (entry) => {
    const { hub, connectionId, userId, type } = entry;
    if (userId === undefined || connectionId === undefined) return traceLine(entry, connectionId ?? "");
    const name = JSON.stringify([hub, userId]);
    const ids = connections.get(name) ?? new Set();
    connections.set(name, ids.add(connectionId));
    const who = ids.size > 1 ? `${userId}·${connectionId.slice(0, maxIdShown)}` : userId;
    if (entry.direction === "note" && type === "ended") {
      ids.delete(connectionId);
      if (ids.size === 0) connections.delete(name);
    }
    return traceLine(entry, who);
  };
}

/** Characters of a connection's id that tell it from the user's others. */
const maxIdShown = 5;

function traceLine(entry: TraceEntry, who: string): string {
  const { at, hub, direction, type, text } = entry;
  const { group, event, ackId, sequenceId, streamId, invocationId } = entry;
  const about = { group, event, ack: ackId, seq: sequenceId, stream: streamId, invocation: invocationId };
  const details = Object.entries(about).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}`,
  );
  const marks = [entry.held === true ? "(waits)" : "", entry.failed === true ? "(failed)" : ""];
  const time = new Date(at).toISOString().slice(11, 23);
  const parts = [time, arrows[direction], `${hub}/${who}`, type, ...details, ...marks, text ?? ""];
  return printable(parts.filter((part) => part !== "").join(" "));
}
