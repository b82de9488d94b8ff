import type { Figure } from "../figure.js";
import { ROOM, until } from "../stage.js";

export const restart: Figure = {
  id: "restart",
  title: "... the service restarts?",
  promise:
    "A new connection starts from nothing: messages of the gap are lost. `disconnected` and the next `connected` mark it. Groups are joined again.".replaceAll(
      "`",
      "",
    ),
  link: "promises.html#what-nobody-can-promise",
  plan: "Your server sends three messages to the room before, three while nobody is connected, and three after.",
  async run(stage, report) {
    const bob = await stage.member("bob", { reconnectRetryOptions: { mode: "Fixed", retryDelayInMs: 100 } });
    const before = bob.connectionId;
    const events: string[] = [];
    bob.on("disconnected", () => events.push("disconnected"));
    bob.on("connected", () => events.push("connected"));
    const mark = report.cells(9, "The messages that Bob gets");
    const got: number[] = [];
    bob.on("group-message", ({ message }) => {
      got.push(Number(message.data));
      mark(Number(message.data), "got");
    });
    const send = (...numbers: number[]): void => {
      for (const number of numbers) stage.hub.sendToGroup(ROOM, number);
    };
    const { faults } = stage.service;

    send(0, 1, 2);
    await until(() => got.length === 3);
    faults.refuseUpgrades({ with: 503 });
    faults.restartService({ sockets: "cut" });
    report.say("The service has forgotten everybody, and isn't up yet.");
    send(3, 4, 5);
    for (const number of [3, 4, 5]) mark(number, "missing");
    faults.reset();
    report.say("It is up again.");
    await until(() => stage.hub.members(ROOM).length === 1 && bob.state === "Connected");
    send(6, 7, 8);
    await until(() => got.at(-1) === 8);
    report.check(
      "Bob's program was told: disconnected, then connected",
      events.join() === "disconnected,connected",
    );
    report.check("he has a new connection", bob.connectionId !== before);
    report.check("he is in the room again, without a line of code", stage.hub.members(ROOM).length === 1);
    report.check(
      "the three messages of the gap are missing, which nobody can promise, and nothing else",
      got.join() === "0,1,2,6,7,8",
    );
    report.say("Where your application has a store, a handle with history asks it for those three.");
  },
};
