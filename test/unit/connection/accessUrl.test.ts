import { inspect } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { harmless, withoutSecrets } from "../../../src/core/connection/accessUrl.js";

const url = "wss://host/client/hubs/chat?access_token=SECRET%2F1&awps_reconnection_token=OTHER#x";

describe("words about a URL", () => {
  test.each([
    [`no way to ${url}`, "no way to wss://host/client/hubs/chat"],
    [
      "no way to /client/hubs/chat?access_token=SECRET%2F1&awps_reconnection_token=OTHER#x",
      "no way to /client/hubs/chat",
    ],
    ["SECRET%2F1 isn't welcome, nor OTHER", " isn't welcome, nor "],
    ["Unexpected server response: 401", "Unexpected server response: 401"],
  ])("%s", (words, clean) => expect(withoutSecrets(words, url)).toBe(clean));

  test("a URL without a query has none", () => {
    expect(withoutSecrets("wss://host/x is away", "wss://host/x")).toBe("wss://host/x is away");
  });

  test("a password and a token given beside are secrets", () => {
    expect(withoutSecrets("no way for ann:pw@host with T", "wss://ann:pw@host/", "T")).toBe(
      "no way for host with ",
    );
    expect(withoutSecrets("Invalid URL: wss://ann:p/w@host", "wss://ann:p/w@host")).toBe(
      "Invalid URL: an invalid URL",
    );
  });
});

describe("an error about a URL", () => {
  test.each([
    ["in its message", new TypeError(`Bad: ${url}`)],
    ["in a field", Object.assign(new TypeError("Bad: wss://host/client/hubs/chat"), { input: url })],
  ])("with a token %s is replaced by one without, of the same name and code", (_where, error) => {
    const clean = harmless(Object.assign(error, { code: "ERR_INVALID_URL" }), url);
    expect(clean).toMatchObject({
      name: "TypeError",
      code: "ERR_INVALID_URL",
      message: "Bad: wss://host/client/hubs/chat",
    });
    expect(inspect(clean, { depth: 9, showHidden: true })).not.toMatch(/SECRET|OTHER/);
  });

  test.each([
    ["cause", new Error("x", { cause: new Error("y", { cause: new Error(url) }) })],
    ["field", Object.assign(new Error("x"), { request: { options: [url] } })],
    ["URL", Object.assign(new Error("x"), { target: new URL(url) })],
  ])("whose %s says it is another one", (_where, error) => {
    expect(inspect(harmless(error, url), { depth: 9, showHidden: true })).not.toMatch(/SECRET|OTHER/);
  });

  test("with a field that leads back to it stays itself", () => {
    const error = Object.assign(new Error("x"), { self: {} });
    error.self = error;
    expect(harmless(error, url)).toBe(error);
  });

  test("that says nothing of it stays itself", () => {
    const error = new Error("connect ECONNREFUSED");
    expect(harmless(error, url)).toBe(error);
  });

  test("reads the URL once, however many fields the error has", () => {
    let read = 0;
    class CountedURL extends URL {
      constructor(text: string) {
        super(text);
        read++;
      }
    }
    vi.stubGlobal("URL", CountedURL);
    onTestFinished(() => void vi.unstubAllGlobals());
    harmless(Object.assign(new Error("connect"), { code: "c", address: "a", syscall: "s" }), url);
    harmless(new Error(`Bad: ${url}`), url);
    expect(read).toBe(2);
  });
});
