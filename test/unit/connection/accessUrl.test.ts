import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { redact, redacted } from "../../../src/core/connection/accessUrl.js";

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
  ])("%s", (words, clean) => expect(redact(words, url)).toBe(clean));

  test("a URL without a query has none", () => {
    expect(redact("wss://host/x is away", "wss://host/x")).toBe("wss://host/x is away");
  });

  test("a password and a token given beside are secrets", () => {
    expect(redact("no way for ann:pw@host with T", "wss://ann:pw@host/", "T")).toBe("no way for host with ");
    expect(redact("Invalid URL: wss://ann:p/w@host", "wss://ann:p/w@host")).toBe(
      "Invalid URL: an invalid URL",
    );
  });
});

describe("an error about a URL", () => {
  test.each([
    ["in its message", new TypeError(`Bad: ${url}`)],
    ["in a field", Object.assign(new TypeError("Bad: wss://host/client/hubs/chat"), { input: url })],
  ])("with a token %s becomes one without, of the same name and code", (_where, error) => {
    const clean = redacted(Object.assign(error, { code: "ERR_INVALID_URL" }), url);
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
  ])("whose %s quotes it loses that", (_where, error) => {
    expect(inspect(redacted(error, url), { depth: 9, showHidden: true })).not.toMatch(/SECRET|OTHER/);
  });
});
