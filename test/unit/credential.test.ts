import { describe, expect, test } from "vitest";
import { WebPubSubClient, type WebPubSubClientCredential } from "web-pubsub-client";
import { toUrlSource } from "../../src/core/credential.js";

const url = "wss://host/client/hubs/chat?access_token=t";
const { signal: abortSignal } = new AbortController();

describe("an access URL", () => {
  test.each<[string, string | WebPubSubClientCredential]>([
    ["as a string", url],
    ["in an object", { getClientAccessUrl: url }],
    ["from a function", { getClientAccessUrl: async () => url }],
    [
      "from a function that isn't async",
      { getClientAccessUrl: (() => url) as unknown as () => Promise<string> },
    ],
  ])("%s", async (_how, credential) => {
    await expect(toUrlSource(credential)({ abortSignal })).resolves.toBe(url);
  });

  test("is asked for anew each time, with the attempt's signal, on the credential itself", async () => {
    class Issuer implements WebPubSubClientCredential {
      #count = 0;
      async getClientAccessUrl(options?: { abortSignal?: unknown }): Promise<string> {
        expect(options?.abortSignal).toBe(abortSignal);
        return `${url}${++this.#count}`;
      }
    }
    const getUrl = toUrlSource(new Issuer());
    expect([await getUrl({ abortSignal }), await getUrl({ abortSignal })]).toEqual([`${url}1`, `${url}2`]);
  });

  test("that is no string is refused in the reference's words", async () => {
    for (const [value, type] of [
      [5, "number"],
      [undefined, "undefined"],
      [{}, "object"],
    ] as const) {
      const credential = { getClientAccessUrl: async () => value } as unknown as WebPubSubClientCredential;
      await expect(toUrlSource(credential)({})).rejects.toThrow(
        new TypeError(`The clientAccessUrl must be a string but currently it's ${type}`),
      );
    }
  });

  test("that can't be had rejects with the credential's error", async () => {
    const error = new Error("no token today");
    const fail = async (): Promise<string> => {
      throw error;
    };
    await expect(toUrlSource({ getClientAccessUrl: fail })({})).rejects.toBe(error);
    const throwing = (): Promise<string> => {
      throw error;
    };
    await expect(toUrlSource({ getClientAccessUrl: throwing })({})).rejects.toBe(error);
  });
});

test.each([undefined, null, 5, {}, { getClientAccessUrl: 5 }, []])("%j is no credential", (given) => {
  const message = /^The first argument must be a client access URL or an object with getClientAccessUrl/;
  expect(() => toUrlSource(given as unknown as string)).toThrow(TypeError);
  expect(() => new WebPubSubClient(given as unknown as string)).toThrow(message);
});

test("start rejects when the credential gives no URL, whatever it throws", async () => {
  for (const thrown of [new Error("no"), "no", undefined, Object.create(null)] as unknown[]) {
    const getClientAccessUrl = async (): Promise<string> => {
      throw thrown;
    };
    const client = new WebPubSubClient({ getClientAccessUrl });
    await expect(client.start()).rejects.toMatchObject({ name: "ConnectionError", code: "Credential" });
    expect(client.state).toBe("Stopped");
  }
});
