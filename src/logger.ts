import { createClientLogger } from "@azure/logger";

/** Namespace `web-pubsub-client`; switch it on with `setLogLevel` of `@azure/logger`. */
export const logger = createClientLogger("web-pubsub-client");

/** A URL fit for the log: its query holds tokens. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*/s, "");
}
