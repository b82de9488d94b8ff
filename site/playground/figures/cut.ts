import { checkDelivery, type Figure } from "../figure.js";
import { pause, ROOM, until } from "../stage.js";

const COUNT = 20;

export const cut: Figure = {
  id: "cut",
  title: "... the network cuts a connection?",
  promise:
    "Every message arrives once and in order. An operation keeps one ack id for its whole life, so within a connection the service executes it at most once.",
  link: "promises.html#promises",
  plan: "Ann sends 20 messages to Bob. His socket is cut while she does, and hers a little later.",
  async run(stage, report) {
    const [ann, bob] = [await stage.member("ann"), await stage.member("bob")];
    const before = bob.connectionId;
    const mark = report.cells(COUNT, "The messages that Bob gets");
    const whileAway = new Set<number>();
    const got: number[] = [];
    bob.on("group-message", ({ message }) => {
      const number = Number(message.data);
      got.push(number);
      mark(number, whileAway.has(number) ? "replayed" : "got");
    });
    const { faults } = stage.service;
    const answers: Promise<unknown>[] = [];
    for (let number = 0; number < COUNT; number++) {
      if (number === 6) {
        // So that some messages come while he is away.
        faults.refuseUpgrades({ with: 503, only: "recovery", times: 1 });
        faults.cutTransports({ userId: "bob" });
        report.say("Bob's socket is cut, and his first attempt to come back is refused.");
      }
      if (number === 14) {
        await until(() => bob.state === "Connected");
        faults.cutTransports({ userId: "ann" });
        report.say("Ann's socket is cut while she goes on sending.");
      }
      if (bob.state !== "Connected") whileAway.add(number);
      answers.push(ann.sendToGroup(ROOM, number, "json", { noEcho: true }));
      await pause(50);
    }
    await Promise.all(answers);
    await until(() => got.length >= COUNT);
    report.say(`${whileAway.size} messages came while Bob was away; the service kept them for him.`);
    checkDelivery(report, got, [...Array(COUNT).keys()]);
    report.check("Bob has the same connection as before", bob.connectionId === before);
    report.check(`the service has confirmed all ${COUNT} of Ann's calls`, answers.length === COUNT);
  },
};
