/** The application in a page that shares its connection with other tabs: it runs in the browser. */
import { WebPubSubClient } from "web-pubsub-client";
import { throughWorker } from "web-pubsub-client/tabs";

/** What the page offers to tests. */
export interface TabsWorld {
  readonly client: WebPubSubClient;
  /** What came, with the group or `server`. */
  readonly got: { readonly from: string; readonly data: unknown }[];
  /** The events of the connection, in order. */
  readonly story: string[];
  /** What failed. */
  readonly failures: string[];
  /** How often the page was asked for a URL. */
  asked: number;
  readonly mark?: unknown;
}

const query = new URLSearchParams(location.search);
const world = { got: [], story: [], failures: [], asked: 0 } as unknown as TabsWorld;

const getClientAccessUrl = async (): Promise<string> => {
  world.asked++;
  return (await fetch("/negotiate?user=alone")).text();
};
// The types of TypeScript 6 don't know it yet.
const extended = (query.has("extended") ? { extendedLifetime: true } : {}) as WorkerOptions;
const makeWorker = (): SharedWorker =>
  new SharedWorker(query.get("script") ?? "/worker.js", { name: query.get("name") ?? "tabs", ...extended });
const options = { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 };
const client = new WebPubSubClient(
  ...throughWorker(makeWorker, {
    fallback: { getClientAccessUrl },
    // No ping finds out what nobody tells.
    options: query.has("no-pings") ? options : {},
  }),
);
Object.assign(window, world, { client });
client.on("group-message", ({ message: { group, data } }) => void world.got.push({ from: group, data }));
client.on("server-message", ({ message: { data } }) => void world.got.push({ from: "server", data }));
for (const event of ["connected", "disconnected", "recovering", "recovered", "stopped"] as const)
  client.on(event, () => void world.story.push(event));
Object.defineProperty(window, "asked", { get: () => world.asked });

async function enter(): Promise<void> {
  await client.start({ keepTrying: true });
  for (const group of query.getAll("group")) await client.joinGroup(group);
  const state = query.get("state");
  if (state !== null) await client.setGroupState("all", { tab: state });
}
enter().catch((error: unknown) => void world.failures.push(String(error)));
