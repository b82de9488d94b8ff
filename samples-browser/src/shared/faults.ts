/** What the buttons do to this page's connection. */
export const FAULTS = [
  { deed: "cut", label: "Cut", hint: "The socket dies; the client recovers at once." },
  {
    deed: "refuse",
    label: "Cut and refuse",
    hint: "The socket dies, and the next two attempts to recover are refused.",
  },
  {
    deed: "half-open",
    label: "Go half-open",
    hint: "The socket looks fine but is dead; pings find out in about 10 s.",
  },
  { deed: "forget", label: "Cut and forget", hint: "The service forgets the connection; a new one is made." },
] as const;

export type Deed = (typeof FAULTS)[number]["deed"];

/** Asks the local service to do it. */
export async function commit(deed: Deed, connectionId: string | undefined): Promise<void> {
  await fetch(`/faults/${deed}?connectionId=${encodeURIComponent(connectionId ?? "")}`, { method: "POST" });
}
