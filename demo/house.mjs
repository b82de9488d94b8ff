import { startEmulator } from "web-pubsub-emulator";
import * as label from "./label.mjs";

const hub = "demo";
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** The local service with a server inside that takes events, answers them and sends on its own. */
export async function openHouse(ledger) {
  const emulator = await startEmulator({
    hubs: {
      [hub]: {
        handlers: [
          {
            events: "question",
            onEvent({ userId, dataType, data }) {
              const { number } = label.read({ dataType, data });
              ledger.note("server", { stream: `${userId} asks`, number });
              ledger.expect([userId], `answers to ${userId}`);
              return { data: label.write(`answers to ${userId}`, number) };
            },
          },
        ],
      },
    },
  });
  return {
    endpoint: emulator.endpoint,
    faults: emulator.faults,
    hasServer: true,
    urlFor: (userId) => emulator.clientAccessUrl(hub, { userId, roles }),
    tell: (userId, data) => emulator.hub(hub).sendToUser(userId, data),
    close: () => emulator.close(),
  };
}

/** A service that runs elsewhere: no faults, and no server that we could speak for. */
export function visitHouse(url) {
  return {
    endpoint: url.split("?")[0],
    faults: undefined,
    hasServer: false,
    urlFor: async () => url,
    tell: undefined,
    close: async () => {},
  };
}
