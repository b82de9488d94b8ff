import { writeSync } from "node:fs";
import { waitingTime } from "../../helpers/waitingTime.js";
import { ours, reference } from "./subject.js";

/**
 * Started by process.test.ts as `child.ts <ours|reference> <scenario> <url> <options>`: a process with one
 * client, to see what becomes of the process. It says what happens in lines and is told when to stop.
 */
const [which, scenario = "", url = "", options = "{}"] = process.argv.slice(2);

// Not by the stream, which could hold the process itself.
const say = (words: string): void => void writeSync(1, `${words}\n`);

const client = (which === "ours" ? ours : reference)(url, {
  // The longest delays, so that a wait can be told from an attempt.
  environment: { random: () => 0.999 },
  ...(JSON.parse(options) as object),
});

let waited: (() => number) | undefined;
const stop = (): void => {
  waited = waitingTime();
  void client.stop();
};
process.on("exit", () => {
  if (waited !== undefined) say(`exits after waiting for ${waited()} ms`);
});
process.once("message", () => {
  // The channel to the parent would hold the process.
  process.disconnect();
  stop();
});

let connections = 0;
client.on("connected", () => say(`connected ${++connections}`));
client.on("disconnected", () => say("disconnected"));
client.on("server-message", () => say("server-message"));

const scenarios: Record<string, () => unknown> = {
  plain: () => undefined,
  "join aborted before the call": async () => {
    const abortSignal = AbortSignal.abort();
    await client.joinGroup("g", { abortSignal }).catch((error: Error) => say(error.name));
  },
  "operations pending": () => {
    for (const group of ["a", "b"]) void client.joinGroup(group).catch(() => undefined);
    void client.sendToGroup("a", "x", "text").catch(() => undefined);
  },
};
for (const event of ["connected", "disconnected", "server-message"]) {
  scenarios[`${event} throws`] = () =>
    client.on(event, () => {
      throw new Error(`a listener of ${event}`);
    });
}

const prepare = scenarios[scenario];
if (prepare === undefined) throw new Error(`No such scenario: ${scenario}`);
if (scenario.endsWith("throws")) prepare();
client.start().then(
  async () => {
    if (!scenario.endsWith("throws")) await prepare();
    say("ready");
  },
  (error: Error) => say(error.name),
);
