import { writeSync } from "node:fs";
import { WebPubSubClient, WebPubSubJsonProtocol } from "web-pubsub-client";
import { waitingTime } from "../helpers/waitingTime.js";

/** Started by exit.test.ts: stops a client in a state and then has nothing to do. */
const [url = "", state = ""] = process.argv.slice(2);
// Not by the stream, which could hold the process itself.
const say = (words: string) => writeSync(1, `${words}\n`);

const client = new WebPubSubClient(url, {
  // Without recovery, a loss leads to Disconnected.
  ...(state === "Disconnected" && { protocol: WebPubSubJsonProtocol() }),
  reconnectRetryOptions: { retryDelayInMs: 60_000 },
});

/** Operations that wait, and the timers of their answers, may not hold the process either. */
const operations: Promise<unknown>[] = [];
const stop = async (): Promise<void> => {
  if (client.state !== state) throw new Error(`The client is ${client.state}, not ${state}.`);
  const settled = Promise.allSettled(operations);
  await client.stop();
  const waited = waitingTime();
  await settled;
  process.on("exit", () => say(`exits after waiting for ${waited()} ms`));
};
client.on("state-changed", (change) => {
  if (change.state === state && state !== "Connected" && state !== "Stopped") void stop();
});

switch (state) {
  case "Stopped":
    await stop();
    break;
  case "Connecting": {
    const outcome = await client.start().then(
      () => "connected",
      (error: Error) => error.message,
    );
    say(outcome);
    break;
  }
  default:
    await client.start();
    operations.push(client.joinGroup("room"), client.sendToGroup("room", "unanswered"));
    say("connected");
    if (state === "Connected") await stop();
}
