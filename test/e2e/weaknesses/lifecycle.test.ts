import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { fromServer } from "../../helpers/frames.js";
import { follow } from "../../helpers/settlement.js";
import { compared, ending, happens, relapses, watched } from "./scenario.js";
import { ours, reference, type MakeSubject, type Subject } from "./subject.js";
import { until } from "../../helpers/until.js";
import { WireService } from "./wireService.js";

/** The names of some events, as they come. */
function journal(client: Subject, ...events: string[]): string[] {
  const seen: string[] = [];
  for (const event of events) client.on(event, () => seen.push(event));
  return seen;
}

test("W13: stop() while connecting is kept", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    let give: (url: string) => void = () => undefined;
    const client = make({ getClientAccessUrl: () => new Promise((resolve) => (give = resolve)) });
    await using _end = ending(client);
    const seen = journal(client, "connected", "stopped");
    const started = follow(client.start());
    void client.stop();
    give(service.url);
    await until(() => started.status !== "pending");
    return [started.status, [...seen], service.connections.length];
  };
  expect(await compared(scenario)).toEqual({
    ours: ["rejected", ["stopped"], 0],
    reference: ["resolved", ["connected"], 1],
  });
});

test("W14: stop() during a recovery is kept", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { environment: { random: () => 0 } });
    await using _end = ending(client);
    const seen = journal(client, "stopped");
    await client.start();
    service.door = "closed";
    service.connection.cut();
    await until(() => service.turnedAway > 0);
    void client.stop();
    service.door = "open";
    await relapses(make, () => service.connections.length > 1);
    return [[...seen], service.connections.length];
  };
  expect(await compared(scenario)).toEqual({ ours: [["stopped"], 1], reference: [[], 2] });
});

test("W14: and before a new connection", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.token = "";
    const client = make(service.url, { reconnectRetryOptions: { retryDelayInMs: 100 } });
    await using _end = ending(client);
    const seen = journal(client, "stopped");
    await client.start();
    service.door = "closed";
    service.connection.cut();
    await until(() => service.turnedAway > 0);
    void client.stop();
    service.door = "open";
    await relapses(make, () => service.connections.length > 1);
    return [[...seen], service.connections.length];
  };
  expect(await compared(scenario)).toEqual({ ours: [["stopped"], 1], reference: [[], 2] });
});

test("W15: stop() while the socket is closing is kept", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { autoReconnect: true });
    await using _end = ending(client);
    const seen = journal(client, "stopped");
    await client.start();
    const { socket, transport } = service.connection;
    // The client's close frame goes unread by the service, so its socket stays where it is: closing.
    transport.removeAllListeners("data");
    const answered = once(transport, "data");
    transport.resume();
    socket.close(1011);
    await answered;
    void client.stop();
    socket.terminate();
    await relapses(make, () => service.connections.length > 1);
    return [[...seen], service.connections.length];
  };
  expect(await compared(scenario)).toEqual({
    ours: [["stopped"], 1],
    reference: [[], 2],
  });
});

test("W16: an attempt to recover that hangs is given up for the next one", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { connectTimeoutInMs: 1_000, environment: { random: () => 0 } });
    await using _end = ending(client);
    await client.start();
    service.door = "silent";
    service.connection.cut();
    await until(() => service.turnedAway > 0);
    service.door = "open";
    return await happens(make, () => service.connections.length > 1);
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W17: a recovery that proves nothing is given up, and nothing is sent on it", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.onConnection = (connection) => {
      connection.mute = service.connections.length === 2;
      if (!connection.mute) service.greet(connection);
    };
    const client = make(service.url, {
      connectTimeoutInMs: 1_000,
      environment: { random: () => 0 },
      messageRetryOptions: { maxRetries: 100, retryDelayInMs: 5 },
    });
    await using _end = ending(client);
    await client.start();
    service.connection.cut();
    await until(() => service.connections.length === 2);
    const status = await watched(make, follow(client.sendToGroup("g", "x", "text")));
    return [status, service.connections[1]?.frames.length];
  };
  expect(await compared(scenario)).toEqual({
    ours: ["resolved", 0],
    reference: ["pending", 1],
  });
});

test("W18: a connection that fell silent is dropped at once, not closed politely", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { keepAliveIntervalInMs: 20, keepAliveTimeoutInMs: 100 });
    await using _end = ending(client);
    await client.start();
    service.connection.socket.pause();
    return await happens(make, () => service.connections.length > 1, 600);
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W19: one missing answer to a rejoin doesn't keep connected back for ever", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.token = "";
    // Ours waits 5 s; here 5 s pass in 200 ms.
    const hasty = { setTimer: (callback: () => void, ms: number) => setTimeout(callback, ms / 25) };
    const client = make(service.url, { environment: hasty, reconnectRetryOptions: { retryDelayInMs: 10 } });
    await using _end = ending(client);
    const seen = journal(client, "connected");
    await client.start();
    await client.joinGroup("g");
    service.answer = () => "silence";
    service.connection.cut();
    await until(() => service.connections[1]?.of("joinGroup").length === 1);
    return await happens(make, () => seen.length === 2);
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W21: close code and reason reach the application", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url);
    await using _end = ending(client);
    const told: Record<string, unknown>[] = [];
    for (const event of ["connected", "disconnected", "stopped", "state-changed"]) {
      client.on(event, (args) => told.push(args));
    }
    await client.start();
    service.connection.socket.close(1008, "kicked");
    await until(() => service.connections.length === 2);
    return told.some(({ code, reason }) => code === 1008 && reason === "kicked");
  };
  expect(await compared(scenario)).toEqual({ ours: true, reference: false });
});

test("W22: the caller's options stay as they are, and may be frozen", async () => {
  const scenario = async (make: MakeSubject) => {
    const options = { reconnectRetryOptions: { maxRetries: 3 } };
    make("ws://host/client/hubs/chat", options);
    const untouched = JSON.stringify(options) === '{"reconnectRetryOptions":{"maxRetries":3}}';
    let frozen = true;
    try {
      make("ws://host/client/hubs/chat", Object.freeze({ autoReconnect: true }));
    } catch {
      frozen = false;
    }
    return { untouched, frozen };
  };
  expect(await compared(scenario)).toEqual({
    ours: { untouched: true, frozen: true },
    reference: { untouched: false, frozen: false },
  });
});

test("W23: a listener of messages that throws keeps none from the others", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url);
    await using _end = ending(client);
    client.on("server-message", () => {
      throw new Error("a listener");
    });
    const seen = journal(client, "server-message");
    await client.start();
    service.connection.send(fromServer("x", 1));
    // Its answer comes after the message.
    await client.sendEvent("e", "x", "text");
    return seen.length;
  };
  expect(await compared(scenario)).toEqual({ ours: 1, reference: 0 });
});

test("W26: a keep-alive timeout of 1 ms makes no busy loop", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { keepAliveTimeoutInMs: 1 });
    await using _end = ending(client);
    const timers = vi.spyOn(globalThis, "setTimeout");
    try {
      await client.start();
      await client.sendEvent("e", "x", "text");
      // The test's own wait for 2 ms.
      return await relapses(
        make,
        () => timers.mock.calls.filter(([, delay]) => (delay ?? 0) < 2).length > 20,
      );
    } finally {
      timers.mockRestore();
    }
  };
  // One after the other: both would be counted together.
  expect([await scenario(ours), await scenario(reference)]).toEqual([false, true]);
});
