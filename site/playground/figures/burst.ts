import { checkDelivery, type Figure } from "../figure.js";
import { ROOM, until } from "../stage.js";

const COUNT = 3_000;

export const burst: Figure = {
  id: "burst",
  title: "... thousands of messages come at once?",
  promise:
    "Received messages are acknowledged at the latest after 64 of them, which keeps the service's window of 1,000 messages nearly empty. Bursts of your own are no danger: the rest waits.",
  link: "promises.html#promises",
  plan: "Ann sends 3,000 messages in one go. Both sockets are cut while they are on their way.",
  async run(stage, report) {
    const [ann, bob] = [await stage.member("ann"), await stage.member("bob")];
    const got: number[] = [];
    let fullest = 0;
    const look = (): void => {
      for (const { userId, unacknowledged } of stage.hub.connections())
        if (userId === "bob") fullest = Math.max(fullest, unacknowledged);
    };
    const { faults } = stage.service;
    bob.on("group-message", ({ message }) => {
      got.push(Number(message.data));
      if (got.length % 10 === 0) look();
      if (got.length !== COUNT / 10) return;
      faults.cutTransports({ userId: "bob" });
      report.say(`Bob's socket is cut when he has ${got.length} messages.`);
    });
    let confirmed = 0;
    const sent = Array.from({ length: COUNT }, async (_, number) => {
      await ann.sendToGroup(ROOM, number, "json", { noEcho: true });
      if (++confirmed !== COUNT / 3) return;
      faults.cutTransports({ userId: "ann" });
      report.say(`Ann's socket is cut when ${confirmed.toLocaleString("en")} of her calls are confirmed.`);
    });
    report.say(`Ann has called sendToGroup ${COUNT.toLocaleString("en")} times.`);
    await Promise.all(sent);
    await until(() => got.length >= COUNT);
    checkDelivery(report, got, [...Array(COUNT).keys()]);
    report.check("the service has confirmed all of Ann's calls", confirmed === COUNT);
    report.check(`Bob's window had at most ${fullest} of 1,000 messages in it`, fullest < 1_000);
  },
};
