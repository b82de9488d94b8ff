import { checkDelivery, type Figure } from "../figure.js";
import { ROOM, until } from "../stage.js";

const COUNT = 5;

export const halfOpen: Figure = {
  id: "half-open",
  title: "... a connection dies without a sign?",
  promise:
    "A dead link is found, also without a sign: the client pings, and silence counts from a ping that was sent.",
  link: "reliability.html#the-promises",
  plan: "Bob's socket stays open, but nothing passes any more. Here he gives it up after 1.5 s of silence; the default is 45 s.",
  async run(stage, report) {
    const ann = await stage.member("ann");
    const bob = await stage.member("bob", { keepAliveIntervalInMs: 500, keepAliveTimeoutInMs: 1_500 });
    const before = bob.connectionId;
    const got: number[] = [];
    const mark = report.cells(COUNT, "The messages that Bob gets");
    bob.on("group-message", ({ message }) => {
      got.push(Number(message.data));
      mark(Number(message.data), "replayed");
    });
    let noticed = 0;
    bob.once("recovering", () => (noticed = performance.now()));

    stage.service.faults.goHalfOpen({ userId: "bob" });
    const since = performance.now();
    report.say("Bob's connection is half-open.");
    for (let number = 0; number < COUNT; number++)
      await ann.sendToGroup(ROOM, number, "json", { noEcho: true });
    report.say(
      `Ann has sent ${COUNT} messages, and the service has accepted them. Bob has ${got.length}, and believes to be ${bob.state}.`,
    );
    await until(() => got.length >= COUNT);
    report.check(
      `Bob noticed it by himself, after ${((noticed - since) / 1_000).toFixed(1)} s`,
      noticed > since,
    );
    checkDelivery(report, got, [...Array(COUNT).keys()]);
    report.check("Bob has the same connection as before", bob.connectionId === before);
  },
};
