import { expect, test } from "vitest";
import { follow } from "../../helpers/settlement.js";
import { compared, ending, watched } from "./scenario.js";
import type { MakeSubject } from "./subject.js";
import { until } from "../../helpers/until.js";
import { WireService } from "./wireService.js";

test("W8: start's signal ends a handshake that hangs", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.door = "silent";
    const client = make(service.url);
    await using _end = ending(client);
    const abort = new AbortController();
    const started = follow(client.start({ abortSignal: abort.signal }));
    await until(() => service.turnedAway > 0);
    abort.abort();
    return await watched(make, started);
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "pending" });
});

test("W8: and a handshake that hangs ends without a signal too", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.door = "silent";
    const client = make(service.url, { connectTimeoutInMs: 50 });
    await using _end = ending(client);
    return await watched(make, follow(client.start()));
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "pending" });
});

test("W9: an abort while the ack is awaited rejects at once", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.answer = () => "silence";
    const client = make(service.url, { messageRetryOptions: { retryDelayInMs: 20_000 } });
    await using _end = ending(client);
    await client.start();
    const abort = new AbortController();
    const join = follow(client.joinGroup("g", { abortSignal: abort.signal }));
    await until(() => service.connection.frames.length > 0);
    abort.abort();
    return await watched(make, join);
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "pending" });
});

test("W9: and so does one between two retries", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    service.answer = () => "InternalServerError";
    const client = make(service.url, { messageRetryOptions: { retryDelayInMs: 20_000 } });
    await using _end = ending(client);
    await client.start();
    const abort = new AbortController();
    const join = follow(client.joinGroup("g", { abortSignal: abort.signal }));
    await until(() => service.connection.frames.length > 0);
    // The refusal has arrived when what was sent after it is answered.
    await client.sendEvent("e", "x", "text", { fireAndForget: true });
    await until(() => service.connection.of("event").length > 0);
    abort.abort();
    return await watched(make, join);
  };
  expect(await compared(scenario)).toEqual({ ours: "rejected", reference: "pending" });
});

test("W10: what was aborted before the call is not sent", async () => {
  const scenario = async (make: MakeSubject) => {
    await using service = await WireService.open();
    const client = make(service.url, { messageRetryOptions: { maxRetries: 0 } });
    await using _end = ending(client);
    await client.start();
    const join = follow(client.joinGroup("g", { abortSignal: AbortSignal.abort() }));
    await until(() => join.status === "rejected");
    await client.sendEvent("after", "x", "text");
    return service.connection.frames.map(({ type }) => type);
  };
  expect(await compared(scenario)).toEqual({ ours: ["event"], reference: ["joinGroup", "event"] });
});
