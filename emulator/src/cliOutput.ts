import type { TraceEntry } from "./admin/traceEntry.js";
import type { Emulator } from "./emulator.js";
import { printable } from "./printable.js";

/** What a developer needs to go on: where the service is and how to use it. */
export async function announcement(emulator: Emulator, hub: string): Promise<string> {
  const url = await emulator.clientAccessUrl(hub, {
    userId: "developer",
    roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
    expiresInMinutes: 24 * 60,
  });
  const rows = [
    ["Endpoint", emulator.endpoint],
    ["Connection string", emulator.connectionString],
    ["Client URL", url],
    ["", `(hub ${hub}, user developer, every right on groups, for a day)`],
    ["Trace page", emulator.adminUrl ?? "off; --admin serves it"],
  ] as const;
  const table = rows.map(([name, value]) => `${name.padEnd(19)}${value}`).join("\n");
  return `${table}

In a client   new WebPubSubClient("<client URL>")
On a server   new WebPubSubServiceClient("<connection string>", "${hub}", { allowInsecureConnection: true })

For development and tests only. Ctrl+C stops it.
`;
}

const arrows = { in: "->", out: "<-", note: "--" } as const;

/** One line about one thing that happened; `->` comes from a client, `<-` goes to one. */
export function traceLine(entry: TraceEntry): string {
  const { at, hub, connectionId, userId, direction, type, text } = entry;
  const who = userId ?? connectionId ?? "";
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
