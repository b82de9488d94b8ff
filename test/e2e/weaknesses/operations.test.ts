import { expect, test } from "vitest";
import { fromServer } from "../../helpers/frames.js";
import { follow } from "../../helpers/settlement.js";
import { compared, ending, watched } from "./scenario.js";
import { ours, type MakeSubject } from "./subject.js";
import { until } from "../../helpers/until.js";
import { WireService } from "./wireService.js";

const soon = { retryDelayInMs: 10 };

test("W1: one operation keeps its ack id over all retries", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.answer = () => "InternalServerError";
    const client = make(service.url, { messageRetryOptions: soon });
    await using _end = ending(client);
    await client.start();
    const join = follow(client.joinGroup("g"));
    await until(() => join.status === "rejected");
    return service.connection.frames.map(({ ackId }) => ackId);
  };
  expect(await compared(scenario)).toEqual({ ours: [1, 1, 1, 1], reference: [1, 2, 3, 4] });
});

test("W1: and over a recovery, so that the service can tell it was executed", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const executed = new Set<unknown>();
    // Executes the first sending, but its answer dies with the socket.
    service.answer = ({ ackId }, connection) => {
      const known = executed.has(ackId);
      executed.add(ackId);
      if (connection.recovers) return known ? "Duplicate" : "ok";
      connection.cut();
      return "silence";
    };
    const client = make(service.url, { messageRetryOptions: { maxRetries: 20, retryDelayInMs: 100 } });
    await using _end = ending(client);
    await client.start();
    const { isDuplicated } = await client.sendToGroup("g", "x", "text");
    return { isDuplicated, executions: executed.size };
  };
  expect(await compared(scenario)).toEqual({
    ours: { isDuplicated: true, executions: 1 },
    reference: { isDuplicated: false, executions: 2 },
  });
});

test("W2: what retrying can't help isn't retried", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.answer = () => "Forbidden";
    const client = make(service.url, { messageRetryOptions: soon });
    await using _end = ending(client);
    await client.start();
    const join = follow(client.joinGroup("g"));
    await until(() => join.status === "rejected");
    return service.connection.frames.length;
  };
  expect(await compared(scenario)).toEqual({ ours: 1, reference: 4 });
});

test("W2: nor is a message that can't be written", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { messageRetryOptions: { retryDelayInMs: 20_000 } });
    await using _end = ending(client);
    await client.start();
    const sent = follow(client.sendToGroup("g", 7, "text"));
    return await watched(make, sent);
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "pending" });
});

test("W3: one ack settles one operation", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.answer = () => "silence";
    const client = make(service.url, { messageRetryOptions: { maxRetries: 0 } });
    await using _end = ending(client);
    await client.start();
    const first = follow(client.joinGroup("allowed"));
    const second = follow(client.joinGroup("forbidden", { ackId: 1 }));
    await until(() => service.connection.frames.length > 0);
    // The answer to the first one.
    service.connection.send({ type: "ack", ackId: 1, success: true });
    await until(() => first.status === "resolved" && second.status !== "pending");
    return second.status;
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "resolved" });
});

test("W4: an ack that is lost on a working socket is asked for again", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.answer = () => (service.connection.frames.length === 1 ? "silence" : "Duplicate");
    const client = make(service.url, { ackTimeoutInMs: 300 });
    await using _end = ending(client);
    await client.start();
    const sent = follow(client.sendToGroup("g", "x", "text"));
    return [await watched(make, sent), service.connection.frames.map(({ ackId }) => ackId)];
  };
  expect(await compared(scenario)).toEqual({ ours: ["resolved", [1, 1]], reference: ["pending", [1]] });
});

test("W5: sending waits for the connection, however long that takes", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.token = "";
    const client = make(service.url, {
      messageRetryOptions: soon,
      reconnectRetryOptions: { retryDelayInMs: 20 },
    });
    await using _end = ending(client);
    await client.start();
    service.door = "closed";
    service.connection.cut();
    await until(() => service.turnedAway > 0);
    const sent = follow(client.sendToGroup("g", "x", "text"));
    // Longer than all the retries of an operation together.
    await until(() => service.turnedAway > 6 && (make === ours || sent.status !== "pending"));
    service.door = "open";
    await until(() => sent.status !== "pending");
    return sent.status;
  };
  expect(await compared(scenario)).toEqual({ ours: "resolved", reference: "rejected" });
});

test("W6: an ordinary burst is acknowledged while it lasts", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url);
    await using _end = ending(client);
    let received = 0;
    client.on("server-message", () => received++);
    await client.start();
    for (let n = 1; n <= 900; n++) service.connection.send(fromServer("x", n));
    await until(() => received === 900);
    await client.sendEvent("after", "x", "text");
    return service.connection.of("sequenceAck").length >= 900 / 90;
  };
  // The reference acknowledges by its clock, once a second: too late for the service's window.
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W7: JSON null and any view of bytes can be sent", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { messageRetryOptions: { maxRetries: 0 } });
    await using _end = ending(client);
    await client.start();
    const sent = await Promise.allSettled([
      client.sendToGroup("g", null, "json"),
      client.sendToGroup("g", new Uint8Array([0, 1, 2]).subarray(1), "binary"),
      client.sendToGroup("g", Buffer.from("xyz"), "binary"),
    ]);
    return [sent.map(({ status }) => status), service.connection.frames.map(({ data }) => data)];
  };
  expect(await compared(scenario)).toEqual({
    ours: [Array(3).fill("fulfilled"), [null, "AQI=", "eHl6"]],
    reference: [Array(3).fill("rejected"), []],
  });
});
