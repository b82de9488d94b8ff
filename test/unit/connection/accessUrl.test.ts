import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { recoveryUrl, redact, redacted, withoutQuery } from "../../../src/core/connection/accessUrl.js";

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

describe("the URL of a recovery", () => {
  afterEach(() => void vi.unstubAllGlobals());

  const parse = URL;
  const identity = { connectionId: "A+b/c", userId: "", reconnectionToken: "t=1&2%3#?\u00e9" };
  test.each([
    ["wss://host/client/hubs/chat?access_token=a+b%2Bc%20d~", "a+b%2Bc%20d~", ""],
    ["wss://host/client/hubs/chat", undefined, ""],
    ["wss://host", undefined, ""],
    ["wss://host/?", undefined, ""],
    ["wss://user:p%40ss@host:8080/x?access_token=T#part?x", "T", "#part?x"],
    ["wss://[::1]:8080/x#part", undefined, "#part"],
    ["wss://host/x?awps_connection_id=old&access_token=T&awps_reconnection_token=old", "T", ""],
    ["wss://host/x?awps_reconnection_token=old&awps_connection_id=old#a", undefined, "#a"],
    [" wss://host/x?access_token=T \n", "T", ""],
  ])("of %j needs no URL of the platform", (url, token, fragment) => {
    vi.stubGlobal("URL", undefined);
    const built = recoveryUrl(url, identity);
    const { searchParams, hash, host, username, password, pathname } = new parse(built);
    expect(searchParams.getAll("awps_connection_id")).toEqual(["A+b/c"]);
    expect(searchParams.getAll("awps_reconnection_token")).toEqual(["t=1&2%3#?\u00e9"]);
    expect(hash).toBe(fragment);
    const given = new parse(url);
    expect({ host, username, password, pathname }).toEqual({
      host: given.host,
      username: given.username,
      password: given.password,
      pathname: given.pathname,
    });
    if (token !== undefined) expect(built).toContain(`access_token=${token}&`);
    expect(withoutQuery(built)).toBe(withoutQuery(url));
    expect(redact(`no way to ${built}`, built)).toBe(`no way to ${withoutQuery(url)}`);
  });
});

test.each([
  ["wss://[::1]:80/x?y", "wss://[::1]:80/x"],
  ["wss://ann:pw@[::1]/x", "wss://[::1]/x"],
  [" wss://host:80 ", "wss://host:80"],
  ["wss://host/a b?c", "wss://host/a"],
  ["wss://ho st/x", "an invalid URL"],
  ["wss://ann:pw@", "an invalid URL"],
  ["wss:host/x", "an invalid URL"],
  ["SECRET", "an invalid URL"],
  ["wss://host:port/x", "an invalid URL"],
])("%j is shown as %s", (given, shown) => expect(withoutQuery(given)).toBe(shown));

test("a path with a pattern of replacements brings no token back", () => {
  const odd = "wss://host/$&/$`?access_token=SECRET";
  expect(redact(`no way to ${odd}!`, odd)).toBe("no way to wss://host/$&/$`!");
});
