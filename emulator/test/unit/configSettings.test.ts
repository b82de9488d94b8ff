import { expect, test } from "vitest";
import { readFlags, usage } from "../../src/config/flags.js";
import { UsageError, readVariables, settings } from "../../src/config/settings.js";

test("flags in all their forms", () => {
  expect(readFlags([])).toEqual({});
  expect(
    readFlags(["--port", "0", "--host=::1", "-c", "a.json", "--hub", "news", "--admin", "--verbose"]),
  ).toEqual({
    port: 0,
    host: "::1",
    config: "a.json",
    hub: "news",
    admin: true,
    verbose: true,
  });
  expect(readFlags(["-p", "65535", "-h", "-v"])).toEqual({ port: 65_535, help: true, version: true });
});

test.each([
  [["--prot", "1"], "There is no --prot (did you mean --port?)."],
  [["-x"], "There is no -x."],
  [["8080"], '"8080" is not expected: settings begin with --.'],
  [["--port"], "--port needs a value: --port <number>."],
  [["--port", "--verbose"], "--port needs a value"],
  [["--config="], "--config needs a value: --config <file>."],
  [["--verbose=yes"], "--verbose takes no value."],
  [["--port", "x"], '--port must be a whole number from 0 to 65535, but is "x".'],
  [["-p", "65536"], "-p must be a whole number from 0 to 65535"],
  [["--hub", "1"], "--hub must begin with a letter"],
])("%j is a mistake, and the message says what to do", (args, message) => {
  expect(() => readFlags(args)).toThrow(message);
  expect(() => readFlags(args)).toThrow(UsageError);
});

test("variables of the environment", () => {
  const variables = {
    PATH: "/bin",
    WEB_PUBSUB_EMULATOR_PORT: "81",
    WEB_PUBSUB_EMULATOR_ADMIN: "1",
    WEB_PUBSUB_EMULATOR_VERBOSE: "false",
    WEB_PUBSUB_EMULATOR_ACCESS_KEY: "key",
    WEB_PUBSUB_EMULATOR_HUB: "",
  };
  expect(readVariables(variables)).toEqual({ port: 81, admin: true, verbose: false, accessKey: "key" });
});

test.each([
  ["PROT", "1", "There is no setting WEB_PUBSUB_EMULATOR_PROT (did you mean WEB_PUBSUB_EMULATOR_PORT?)"],
  ["PORT", "x", 'WEB_PUBSUB_EMULATOR_PORT must be a whole number from 0 to 65535, but is "x".'],
  ["ADMIN", "yes", 'WEB_PUBSUB_EMULATOR_ADMIN must be true or false, but is "yes".'],
  ["ADMIN_TOKEN", "short", "WEB_PUBSUB_EMULATOR_ADMIN_TOKEN must have at least 16 characters"],
])("a wrong variable %s=%s stops it", (name, value, message) => {
  expect(() => readVariables({ [`WEB_PUBSUB_EMULATOR_${name}`]: value })).toThrow(UsageError);
  expect(() => readVariables({ [`WEB_PUBSUB_EMULATOR_${name}`]: value })).toThrow(message);
});

test("the help names every flag and every variable", () => {
  for (const { flag, variable } of settings) {
    if (flag !== undefined) expect(usage()).toContain(`--${flag}`);
    if (variable !== undefined) expect(usage()).toContain(variable);
  }
});
