import { createClientLogger } from "@azure/logger";
import { toError } from "./errors.js";

/** Namespace `web-pubsub-client`; switch it on with `setLogLevel` of `@azure/logger`. */
export const logger = createClientLogger("web-pubsub-client");

/** A URL fit for the log: its query holds tokens, and before its host may stand a password. */
export function withoutQuery(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`.replace(/access_token.*/s, "");
  } catch {
    // What is where in it, nobody knows.
    return "an invalid URL";
  }
}

/** Does what may fail without harm: the log tells. Returns whether it was done. */
export function attempt(what: string, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (thrown) {
    logger.info(`Could not ${what}: ${toError(thrown).message}`);
    return false;
  }
}
