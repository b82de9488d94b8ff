import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  WebPubSubClient,
  WebPubSubJsonProtocol,
  type WebPubSubClientCredential,
  type WebPubSubClientOptions,
} from "web-pubsub-client";
import { Stage, URL } from "../helpers/stage.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a URL, a credential with a string and one with a function all do", async () => {
  const credentials: WebPubSubClientCredential[] = [
    { getClientAccessUrl: URL },
    { getClientAccessUrl: async () => URL },
  ];
  for (const credential of [URL, ...credentials]) {
    const stage = new Stage({ credential });
    await stage.connect();
    expect(stage.socket.url.href).toBe(URL);
    expect(stage.client.state).toBe("Connected");
  }
});

test("a credential that is a class instance keeps its this", async () => {
  class Credential {
    readonly #url = URL;
    getClientAccessUrl(): Promise<string> {
      return Promise.resolve(this.#url);
    }
  }
  const stage = new Stage({ credential: new Credential() });
  await stage.connect();
  expect(stage.socket.url.href).toBe(URL);
});

test("without a protocol it is reliable JSON, asked for as the only subprotocol", async () => {
  const stage = new Stage();
  await stage.begin();
  expect(stage.socket.protocol).toBe("json.reliable.webpubsub.azure.v1");
  expect(stage.socket.binaryType).toBe("arraybuffer");
});

test("the protocol given is the one asked for", async () => {
  const stage = new Stage({ protocol: WebPubSubJsonProtocol(), autoReconnect: false });
  await stage.begin();
  expect(stage.socket.protocol).toBe("json.webpubsub.azure.v1");
});

test("autoReconnect false is kept beside defaults; empty options reconnect", async () => {
  const proud = new Stage({ autoReconnect: false });
  await proud.connect("A", "");
  await proud.drop();
  expect(proud.client.state).toBe("Stopped");

  const plain = new Stage({});
  await plain.connect("A", "");
  await plain.drop();
  expect(plain.client.state).toBe("Connecting");
});

test("what can't be a credential is refused at once", () => {
  for (const credential of [undefined, null, 7, {}, { getClientAccessUrl: 7 }]) {
    expect(() => new WebPubSubClient(credential as unknown as string)).toThrow(TypeError);
  }
});

test.each<[WebPubSubClientOptions, typeof RangeError | typeof TypeError, RegExp]>([
  [{ keepAliveTimeoutInMs: -1 }, RangeError, /keepAliveTimeoutInMs must be greater than or equal to 0\./],
  [{ keepAliveIntervalInMs: -1 }, RangeError, /keepAliveIntervalInMs must be greater than or equal to 0\./],
  [{ connectTimeoutInMs: 0 }, RangeError, /connectTimeoutInMs/],
  [{ maxPendingOperations: 0 }, RangeError, /maxPendingOperations/],
  [{ ackTimeoutInMs: Number.NaN }, TypeError, /ackTimeoutInMs/],
  [{ messageRetryOptions: { mode: "Sometimes" as "Fixed" } }, TypeError, /messageRetryOptions\.mode/],
  [{ protocol: {} as ReturnType<typeof WebPubSubJsonProtocol> }, TypeError, /options\.protocol/],
])("options %j are refused", (options, type, words) => {
  expect(() => new WebPubSubClient(URL, options)).toThrow(type);
  expect(() => new WebPubSubClient(URL, options)).toThrow(words);
});

test("a credential that gives no string rejects start with what came instead", async () => {
  const stage = new Stage({
    credential: { getClientAccessUrl: (async () => 7) as unknown as () => Promise<string> },
  });
  const started = await stage.begin();
  expect(started.error?.message).toContain("The clientAccessUrl must be a string but currently it's number");
  expect(started.error).toMatchObject({ name: "ConnectionError", code: "Credential" });
  expect(stage.sockets).toHaveLength(0);
  expect(stage.client.state).toBe("Stopped");
});

test("state, connectionId and userId follow the connection", async () => {
  const stage = new Stage();
  expect([stage.client.state, stage.client.connectionId, stage.client.userId]).toEqual([
    "Stopped",
    undefined,
    undefined,
  ]);
  await stage.begin();
  expect(stage.client.connectionId).toBeUndefined();
  await stage.accept("A");
  expect([stage.client.connectionId, stage.client.userId]).toEqual(["A", "ann"]);
  await stage.drop();
  expect([stage.client.state, stage.client.connectionId]).toEqual(["Recovering", "A"]);
  await stage.client.stop();
  expect([stage.client.connectionId, stage.client.userId]).toEqual([undefined, undefined]);
});
