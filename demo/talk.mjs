import * as label from "./label.mjs";

/**
 * The service gives a connection up that has 1,000 messages unacknowledged. Whoever publishes while
 * a receiver is away has to mind that; here everybody pauses at this many.
 */
const BACKLOG = 400;
/** How many of its operations a client leaves unanswered: its acknowledgements queue behind them. */
const IN_FLIGHT = 50;

/**
 * Everybody publishes to every group in turn, asks the server, and the server tells everybody things.
 * @param onSent called with the progress, from 0 to 1
 * @returns false if something that is due has stopped coming
 */
export async function talk({ guests, groups, house, ledger, messages, onSent }) {
  const names = guests.map(({ name }) => name);
  let rounds = 0;
  const speak = async ({ name, client }) => {
    const pending = new Set();
    const send = (operation) => {
      const settled = operation.finally(() => pending.delete(settled));
      // Not awaited one by one: messages are to be on their way when a fault strikes.
      settled.catch(() => {});
      pending.add(settled);
    };
    for (let number = 1; number <= messages; number++) {
      for (const group of groups) {
        ledger.expect(names, `${name} in ${group}`);
        send(client.sendToGroup(group, label.write(`${name} in ${group}`, number)));
      }
      if (house.hasServer) {
        if (number % 2 === 0) {
          ledger.expect(["server"], `${name} asks`);
          send(client.sendEvent("question", label.write(`${name} asks`, number / 2)));
        }
        ledger.expect([name], `news for ${name}`);
        house.tell(name, label.write(`news for ${name}`, number));
      }
      onSent(++rounds / (messages * guests.length));
      while (pending.size >= IN_FLIGHT) await Promise.race(pending);
      if (!(await ledger.untilBacklog(BACKLOG))) return;
    }
    await Promise.all(pending);
  };
  await Promise.all(guests.map(speak));
  return ledger.untilBacklog(0);
}
