import * as label from "./label.mjs";

/**
 * The service gives a connection up that has 1,000 messages unacknowledged. Whoever publishes while
 * a receiver is away has to mind that; here everybody pauses at this many.
 */
const BACKLOG = 400;

/**
 * Everybody publishes to every group in turn, asks the server, and the server tells everybody things.
 * @param onSent called with the progress, from 0 to 1
 * @returns false if something that is due has stopped coming
 */
export async function talk({ guests, groups, house, ledger, messages, onSent }) {
  const operations = [];
  let fail;
  const failure = new Promise((_, reject) => (fail = reject));
  const send = (operation) => {
    // Not awaited here: messages are to be on their way when a fault strikes.
    operation.catch(fail);
    operations.push(operation);
  };
  const names = guests.map(({ name }) => name);
  for (let number = 1; number <= messages; number++) {
    for (const { name, client } of guests) {
      for (const group of groups) {
        const stream = `${name} in ${group}`;
        ledger.expect(names, stream);
        send(client.sendToGroup(group, label.write(stream, number)));
      }
      if (!house.hasServer) continue;
      if (number % 2 === 0) {
        ledger.expect(["server"], `${name} asks`);
        send(client.sendEvent("question", label.write(`${name} asks`, number / 2)));
      }
      ledger.expect([name], `news for ${name}`);
      house.tell(name, label.write(`news for ${name}`, number));
    }
    onSent(number / messages);
    if (!(await Promise.race([ledger.untilBacklog(BACKLOG), failure]))) return false;
  }
  await Promise.all(operations);
  return ledger.untilBacklog(0);
}
