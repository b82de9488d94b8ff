import { randomUUID } from "node:crypto";
import { SendMessageError } from "web-pubsub-client";
import { readArguments, usage, UsageError } from "./arguments.mjs";
import { scriptFaults } from "./faults.mjs";
import { Guest } from "./guest.mjs";
import { openHouse, visitHouse } from "./house.mjs";
import { Ledger } from "./ledger.mjs";
import { talk } from "./talk.mjs";
import { Transcript } from "./transcript.mjs";

/** @returns whether nothing was lost, doubled or out of order */
async function run({ url, messages }) {
  const transcript = new Transcript(process.stdout);
  const ledger = new Ledger();
  const house = url === undefined ? await openHouse(ledger) : visitHouse(url);
  // Others may use the same hub: the names are this run's own.
  const groups = ["kitchen", "garden"].map((name) => `${name}-${randomUUID().slice(0, 8)}`);
  const guests = ["ann", "ben", "cleo"].map((name) => new Guest(name, groups, house, ledger, transcript));
  let endProgress = () => {};
  transcript.tell("service", `${house.endpoint}${url === undefined ? "" : " (not ours: no faults)"}`);
  try {
    for (const guest of guests) await guest.arrive();
    transcript.tell("all", `joined ${groups.join(" and ")}; text, JSON and bytes fly from here on`);
    let progress = 0;
    const strike = scriptFaults(house.faults, transcript);
    const onSent = (done) => strike((progress = done));
    endProgress = transcript.follow(() => [
      progress,
      `sent ${ledger.sent}, received ${ledger.received} of ${ledger.due}`,
    ]);
    const arrived = await talk({ guests, groups, house, ledger, messages, onSent });
    transcript.tell(
      "all",
      arrived ? "everything that was sent has come" : "nothing comes any more, but more is due",
    );
    for (const guest of guests) await guest.leave();
  } finally {
    endProgress();
    await Promise.all(guests.map(({ client }) => client.stop()));
    await house.close();
  }
  const recoveries = guests.reduce((sum, guest) => sum + guest.recoveries, 0);
  const reconnections = guests.reduce((sum, guest) => sum + guest.connections - 1, 0);
  const { sent, received, due, lost, doubled, outOfOrder } = ledger;
  transcript.figures(
    `sent ${sent} · received ${received} of ${due} · lost ${lost} · doubled ${doubled} · out of order ${outOfOrder}` +
      ` · recoveries ${recoveries} · reconnections ${reconnections} · ${(transcript.elapsedInMs / 1000).toFixed(1)} s`,
  );
  return lost === 0 && doubled === 0 && outOfOrder === 0;
}

function explain(error) {
  if (error instanceof UsageError) return `${error.message}\n\n${usage}`;
  const needsRoles = error instanceof SendMessageError && error.errorDetail?.name === "Forbidden";
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  const advice = "The token needs the roles webpubsub.joinLeaveGroup and webpubsub.sendToGroup.\n";
  return `\n${error.message}${cause}\n${needsRoles ? advice : ""}`;
}

try {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else if (!(await run(options))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(explain(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
