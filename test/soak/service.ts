import { startEmulator, type Fault } from "web-pubsub-emulator";
import { gauge } from "./gauge.js";

/** What the conductor asks of the service's process. */
export type ServiceOrder =
  | { readonly type: "faults"; readonly faults: readonly Fault[] }
  | { readonly type: "heal" }
  | { readonly type: "traffic"; readonly on: boolean }
  | { readonly type: "count" }
  | { readonly type: "view" }
  | { readonly type: "gauge" }
  | { readonly type: "end" };

const [users = "0", recoveryWindowInMs = "30000"] = process.argv.slice(2);
const emulator = await startEmulator({
  recoveryWindowInMs: Number(recoveryWindowInMs),
  log: () => undefined,
  // Answers with what it was asked.
  hubs: { soak: { handlers: [{ events: "ask", onEvent: ({ data }) => ({ data: data as object }) }] } },
});
const hub = emulator.hub("soak");
const names = Array.from({ length: Number(users) }, (_, i) => `u${i}`);
const numbers = new Map<string, number>();
const say = (message: unknown): void => void process.send?.(message);

let turn = 0;
let sends = false;
// Each user hears from the service once a second.
const timer = setInterval(() => {
  if (!sends) return;
  for (let i = 0; i < names.length / 20; i++) {
    const user = names[turn++ % names.length] ?? "";
    const number = (numbers.get(user) ?? 0) + 1;
    numbers.set(user, number);
    hub.sendToUser(user, { number });
  }
}, 50);

process.on("message", (order: ServiceOrder) => {
  switch (order.type) {
    case "faults":
      for (const fault of order.faults) emulator.faults.inject(fault);
      return;
    case "heal":
      emulator.faults.reset();
      return;
    case "traffic":
      sends = order.on;
      return;
    case "count":
      return say({ type: "count", connections: hub.connections().length });
    case "view":
      return say({ type: "view", connections: hub.connections() });
    case "gauge":
      return void gauge().then((result) => say({ type: "gauge", ...result }));
    case "end":
      clearInterval(timer);
      void emulator.close().then(() => process.disconnect());
  }
});
const urls = await Promise.all(
  names.map((userId) =>
    emulator.clientAccessUrl("soak", {
      userId,
      roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"],
      expiresInMinutes: 600,
    }),
  ),
);
say({ type: "ready", endpoint: emulator.endpoint, urls });
