import { expect, test } from "vitest";
import { AzureLogger, setLogLevel } from "@azure/logger";
import { WebPubSubClient } from "web-pubsub-client";
import { withoutQuery } from "../../src/core/connection/accessUrl.js";

test.each([
  ["wss://host/client/hubs/chat?access_token=secret", "wss://host/client/hubs/chat"],
  ["wss://host/client/?hub=chat&access_token=secret#x", "wss://host/client/"],
  ["wss://host/client#access_token=secret?", "wss://host/client"],
  ["wss://host/client?a=1\nsecret", "wss://host/client"],
  ["wss://host/client", "wss://host/client"],
  ["wss://user:p@ss@host/client/x@y?a=1", "wss://host/client/x@y"],
  ["wss://host/client/hubs/chat&access_token=secret", "wss://host/client/hubs/chat&"],
  ["wss://host/client/hubs/chat%3Faccess_token=secret", "wss://host/client/hubs/chat%3F"],
  ["wss://user:pa/ss@host/client", "an invalid URL"],
  ["wss://user:pa?ss@host/client", "an invalid URL"],
  ["?access_token=secret", "an invalid URL"],
  ["", "an invalid URL"],
])("%s is logged without its token", (url, logged) => {
  expect(withoutQuery(url)).toBe(logged);
});

test("the complete client logs under the name that the SDKs of Azure would give it", async () => {
  const lines: string[] = [];
  const log = AzureLogger.log;
  AzureLogger.log = (...words: unknown[]) => void lines.push(words.join(" "));
  setLogLevel("info");
  await new WebPubSubClient("ws://127.0.0.1:1/").start().catch(() => undefined);
  setLogLevel();
  AzureLogger.log = log;
  expect(lines[0]).toMatch(/^azure:web-pubsub-client:info /);
});
