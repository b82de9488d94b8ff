import { describe, expect, test } from "vitest";
import { WebPubSubClient, WebPubSubJsonProtocol, type WebPubSubClientOptions } from "web-pubsub-client";
import { toSettings } from "../../src/core/options.js";
import { amount, positive } from "../../src/core/util/checkOptions.js";
import type { WebPubSubRetryOptions } from "../../src/core/models/options.js";

const FIXED = {
  maxRetries: 3,
  retryDelayInMs: 1_000,
  maxRetryDelayInMs: 30_000,
  mode: "Fixed",
  jitter: false,
};

describe("defaults", () => {
  test("without options", () => {
    for (const options of [undefined, {}]) {
      expect(toSettings(options)).toMatchObject({
        autoReconnect: true,
        autoRejoinGroups: true,
        restoreGroupStates: true,
        messageRetry: FIXED,
        keepAliveTimeoutInMs: 45_000,
        keepAliveIntervalInMs: 20_000,
        connectTimeoutInMs: 10_000,
        ackTimeoutInMs: 30_000,
        maxPendingOperations: 10_000,
        resendOnNewConnection: true,
        releaseDelayInMs: 1_000,
        protocol: { name: "json.reliable.webpubsub.azure.v1", isReliableSubProtocol: true },
        pingFrame: '{"type":"ping"}',
      });
    }
  });

  test("what is given stays", () => {
    const given: WebPubSubClientOptions = {
      autoReconnect: false,
      autoRejoinGroups: false,
      restoreGroupStates: false,
      keepAliveTimeoutInMs: 0,
      keepAliveIntervalInMs: 0,
      connectTimeoutInMs: 1,
      ackTimeoutInMs: 0,
      maxPendingOperations: 1,
      resendOnNewConnection: false,
      releaseDelayInMs: 0,
      protocol: WebPubSubJsonProtocol(),
    };
    expect(toSettings(given)).toMatchObject(given);
  });

  test("null is none, as in the reference client", () => {
    const nothing = Object.fromEntries(
      [
        "protocol",
        "autoReconnect",
        "messageRetryOptions",
        "reconnectRetryOptions",
        "keepAliveTimeoutInMs",
        "environment",
        "webSocket",
      ].map((name) => [name, null]),
    );
    const settings = toSettings(nothing);
    expect(settings.messageRetry).toEqual(FIXED);
    expect([settings.autoReconnect, settings.keepAliveTimeoutInMs]).toEqual([true, 45_000]);
    expect(settings.protocol.isReliableSubProtocol).toBe(true);
  });
});

describe("reconnectRetryOptions", () => {
  const reconnect = (given?: WebPubSubRetryOptions) =>
    toSettings({ reconnectRetryOptions: given }).reconnectRetry;

  test.each([undefined, {}, { maxRetries: undefined, mode: undefined }])(
    "%j: without limit, exponential, 1 s to 30 s, with jitter",
    (given) => {
      expect(reconnect(given)).toEqual({ ...FIXED, maxRetries: Infinity, mode: "Exponential", jitter: true });
    },
  );

  test.each<[WebPubSubRetryOptions, object]>([
    [{ maxRetries: 5 }, { maxRetries: 5 }],
    [{ retryDelayInMs: 10 }, { retryDelayInMs: 10 }],
    [{ maxRetryDelayInMs: 10 }, { maxRetryDelayInMs: 10 }],
    [{ mode: "Fixed" }, { mode: "Fixed", jitter: false }],
    [{ mode: "Fixed", jitter: true }, { mode: "Fixed" }],
    [{ mode: "Exponential" }, {}],
    [{ jitter: false }, { jitter: false }],
    [{ jitter: true }, { jitter: true }],
    [
      { maxRetries: 0, retryDelayInMs: 0 },
      { maxRetries: 0, retryDelayInMs: 0 },
    ],
  ])("with %j only what is given changes", (given, expected) => {
    expect(reconnect(given)).toEqual({ ...reconnect(), ...expected });
  });
});

describe("messageRetryOptions", () => {
  const message = (given: object) => toSettings({ messageRetryOptions: given }).messageRetry;

  test("negative values and null select the default", () => {
    expect(message({ maxRetries: -1, retryDelayInMs: -5, maxRetryDelayInMs: null, mode: null })).toEqual(
      FIXED,
    );
  });

  test.each(["maxRetries", "retryDelayInMs", "maxRetryDelayInMs"])("%s must be a number", (field) => {
    for (const value of ["5", NaN, {}]) {
      expect(() => message({ [field]: value })).toThrow(
        new TypeError(`messageRetryOptions.${field} must be a number.`),
      );
    }
  });

  test("the mode is one of two", () => {
    expect(() => message({ mode: "Linear" })).toThrow(
      new TypeError('messageRetryOptions.mode must be "Fixed" or "Exponential".'),
    );
    const options = { reconnectRetryOptions: { mode: "fixed" } } as unknown as WebPubSubClientOptions;
    expect(() => toSettings(options)).toThrow(/^reconnectRetryOptions\.mode/);
  });
});

describe("amounts", () => {
  test.each(["keepAliveTimeoutInMs", "keepAliveIntervalInMs", "ackTimeoutInMs", "releaseDelayInMs"])(
    "%s: a negative one is a RangeError in the reference's words, 0 is one",
    (name) => {
      expect(() => toSettings({ [name]: -1 })).toThrow(
        new RangeError(`${name} must be greater than or equal to 0.`),
      );
      expect(toSettings({ [name]: 0 })).toMatchObject({ [name]: 0 });
      expect(() => toSettings({ [name]: "5" })).toThrow(new TypeError(`${name} must be a number.`));
      expect(() => toSettings({ [name]: NaN })).toThrow(TypeError);
    },
  );

  test.each(["connectTimeoutInMs", "maxPendingOperations"])("%s must be greater than 0", (name) => {
    expect(() => toSettings({ [name]: 0 })).toThrow(new RangeError(`${name} must be greater than 0.`));
    expect(() => toSettings({ [name]: -1 })).toThrow(RangeError);
    expect(toSettings({ [name]: Infinity })).toMatchObject({ [name]: Infinity });
  });

  test("the constructor throws them", () => {
    expect(() => new WebPubSubClient("ws://host", { keepAliveTimeoutInMs: -1 })).toThrow(RangeError);
  });

  test("take their default when they are left out", () => {
    expect([amount("a", undefined, 5), positive("a", undefined, 5), amount("a", 0, 5)]).toEqual([5, 5, 0]);
  });
});

describe("the protocol", () => {
  const [parseMessages, writeMessage, name] = [() => null, () => "", "mine"];
  test.each([{}, { name, parseMessages }, { name, writeMessage }, { parseMessages, writeMessage }, "json"])(
    "%j is none",
    (protocol) => {
      expect(() => toSettings({ protocol } as unknown as WebPubSubClientOptions)).toThrow(
        /^options\.protocol must have name, .* WebPubSubJsonReliableProtocol\(\) makes one\.$/,
      );
    },
  );

  test("may be the application's own; one that can't write a ping has none", () => {
    const protocol = {
      name: "mine",
      isReliableSubProtocol: false,
      parseMessages: () => null,
      writeMessage: ({ kind }: { kind: string }): string => {
        throw new Error(`no ${kind}`);
      },
    };
    const settings = toSettings({ protocol });
    expect(settings.protocol).toBe(protocol);
    expect(settings.pingFrame).toBeUndefined();
  });
});

describe("W22: the caller's object", () => {
  const retry = Object.freeze({ maxRetries: 1 });
  const options = Object.freeze({
    autoReconnect: false,
    messageRetryOptions: retry,
    reconnectRetryOptions: retry,
    environment: Object.freeze({}),
  });

  test("may be frozen, inside too, and is never changed", () => {
    const before = structuredClone(options);
    const client = new WebPubSubClient("ws://host", options);
    expect(client.state).toBe("Stopped");
    expect(options).toEqual(before);
    expect(Object.keys(retry)).toEqual(["maxRetries"]);
  });

  test("is read once: later changes of it mean nothing", () => {
    const mutable = { connectTimeoutInMs: 5, messageRetryOptions: { maxRetries: 1 } };
    const settings = toSettings(mutable);
    mutable.connectTimeoutInMs = 6;
    mutable.messageRetryOptions.maxRetries = 2;
    expect(settings).toMatchObject({ connectTimeoutInMs: 5, messageRetry: { maxRetries: 1 } });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test("may be null, as in the reference client", () => {
    expect(toSettings(null)).toEqual(toSettings());
  });

  test.each([5, "x"])("can't be %j", (given) => {
    expect(() => toSettings(given as unknown as WebPubSubClientOptions)).toThrow(
      new TypeError("options must be an object."),
    );
  });
});
