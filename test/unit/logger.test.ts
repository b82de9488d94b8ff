import { expect, test } from "vitest";
import { logger, withoutQuery } from "../../src/core/log.js";

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

test("the logger has the namespace of its own that the SDKs of Azure would give it", () => {
  expect((logger.info as { namespace?: string }).namespace).toBe("azure:web-pubsub-client:info");
});
