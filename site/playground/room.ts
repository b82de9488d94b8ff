import { button, byId } from "./dom.js";
import type { LogPanel } from "./logPanel.js";
import { Person } from "./person.js";
import type { Stage } from "./stage.js";

/** Three people in a room, and what breaks the connections of all. */
export function openRoom(stage: Stage, log: LogPanel): void {
  const people = ["Ann", "Bob", "Cem"].map((name) => new Person(stage, name, log));
  byId("people").append(...people.map((person) => person.card()));
  for (const person of people) void person.start();

  const { faults } = stage.service;
  const act = (label: string, title: string, strike: () => void): HTMLButtonElement =>
    button(
      label,
      () => {
        log.say("you", label);
        strike();
        refuse.setAttribute(
          "aria-pressed",
          String(faults.active.some(({ kind }) => kind === "refuseUpgrades")),
        );
      },
      { title },
    );
  const refuse = act(
    "Refuse connections",
    "Every attempt to connect is answered with 503, until you heal it.",
    () => faults.refuseUpgrades({ with: 503 }),
  );
  refuse.setAttribute("aria-pressed", "false");
  byId("faults").append(
    act("Cut all", "All sockets are dropped. The connections can be recovered.", () =>
      faults.cutTransports(),
    ),
    act("Restart the service", "Every connection is forgotten.", () => faults.restartService()),
    refuse,
    act("Heal", "Ends all faults.", () => faults.reset()),
  );
}
