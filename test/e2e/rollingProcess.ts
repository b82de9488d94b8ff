/**
 * Started by rollingRestart.test.ts: goes on with the session that comes by standard input, an empty line for none, and
 * hands its own over by standard output when it gets SIGTERM.
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { writeSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { WebPubSubClient, type SavedSession } from "web-pubsub-client";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";

const [url = "", name = "", protocol = ""] = process.argv.slice(2);
const say = (news: Record<string, unknown>): void => void writeSync(1, `${JSON.stringify(news)}\n`);
const client = new WebPubSubClient(
  url,
  protocol === "protobuf" ? { protocol: WebPubSubProtobufReliableProtocol() } : {},
);
client.on("connected", ({ connectionId, resumed }) => say({ connectionId, resumed }));
client.on("group-message", ({ message }) => say({ heard: message.data }));
client.on("disconnected", () => say({ event: "disconnected" }));

const settled = (result: Promise<unknown>): void =>
  void result.catch((error: Error & { code?: string }) => {
    if (error.code !== "Suspended") say({ error: error.message });
  });
let sent = 0;
const sending = new AbortController();
process.on("SIGTERM", () => {
  sending.abort();
  say({ session: client.suspend(), sent });
});

const [line] = (await once(createInterface(process.stdin), "line")) as [string];
process.stdin.destroy();
const resume = line === "" ? undefined : (JSON.parse(line) as SavedSession);
await client.start({ resume, onRestored: (_, result) => settled(result) });
if (resume === undefined) await client.joinGroup("down");
while (!sending.signal.aborted) {
  for (let n = 0; n < 3; n++) settled(client.sendToGroup("up", `${name}-${sent++}`));
  await setTimeout(5);
}
