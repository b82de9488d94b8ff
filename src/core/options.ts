import type { RetryPolicy } from "./connection/retryPolicy.js";
import { createEnvironment } from "./environment/default.js";
import type { Environment } from "./environment/environment.js";
import { logger } from "./log.js";
import type { WebPubSubClientOptions, WebPubSubRetryOptions } from "./models/options.js";
import { WebPubSubJsonReliableProtocol } from "./codec/index.js";
import type { WebPubSubClientProtocol } from "./codec/protocol.js";
import { checkFlag } from "./util/checkFlag.js";

/** The caller's options, complete and checked. */
export interface Settings {
  readonly protocol: WebPubSubClientProtocol;
  /** A ping as it goes over the wire; none where the codec can't write one. */
  readonly pingFrame: string | ArrayBuffer | undefined;
  readonly environment: Environment;
  readonly autoReconnect: boolean;
  readonly autoRejoinGroups: boolean;
  readonly restoreGroupStates: boolean;
  readonly messageRetry: RetryPolicy;
  readonly reconnectRetry: RetryPolicy;
  readonly keepAliveTimeoutInMs: number;
  readonly keepAliveIntervalInMs: number;
  readonly connectTimeoutInMs: number;
  readonly ackTimeoutInMs: number;
  readonly maxPendingOperations: number;
  readonly resendOnNewConnection: boolean;
  readonly releaseDelayInMs: number;
}

const MESSAGE_RETRY: RetryPolicy = {
  maxRetries: 3,
  retryDelayInMs: 1_000,
  maxRetryDelayInMs: 30_000,
  mode: "Fixed",
  jitter: false,
};
const RECONNECT_RETRY: RetryPolicy = { ...MESSAGE_RETRY, maxRetries: Infinity };
const RECONNECT_UNASKED: RetryPolicy = { ...RECONNECT_RETRY, mode: "Exponential", jitter: true };

let byDefault: Settings | undefined;

/** Completes and checks options. The caller's object is only read. Clients without options share one result. */
export function toSettings(options?: WebPubSubClientOptions): Settings {
  return options === undefined || options === null ? (byDefault ??= complete({})) : complete(options);
}

function complete(options: WebPubSubClientOptions): Settings {
  if (typeof options !== "object") throw new TypeError("options must be an object.");
  const reconnect = options.reconnectRetryOptions;
  const untouched =
    typeof (reconnect ?? {}) === "object" &&
    Object.values(reconnect ?? {}).every((value) => value === undefined || value === null);
  const protocol = toProtocol(options.protocol);
  return Object.freeze({
    protocol,
    pingFrame: writePing(protocol),
    environment: createEnvironment(options.environment ?? {}, options.webSocket ?? undefined),
    autoReconnect: checkFlag("autoReconnect", options.autoReconnect, true),
    autoRejoinGroups: checkFlag("autoRejoinGroups", options.autoRejoinGroups, true),
    restoreGroupStates: checkFlag("restoreGroupStates", options.restoreGroupStates, true),
    messageRetry: toRetryPolicy("messageRetryOptions", options.messageRetryOptions, MESSAGE_RETRY),
    reconnectRetry: untouched
      ? RECONNECT_UNASKED
      : toRetryPolicy("reconnectRetryOptions", reconnect, RECONNECT_RETRY),
    keepAliveTimeoutInMs: amount("keepAliveTimeoutInMs", options.keepAliveTimeoutInMs, 45_000),
    keepAliveIntervalInMs: amount("keepAliveIntervalInMs", options.keepAliveIntervalInMs, 20_000),
    connectTimeoutInMs: positive("connectTimeoutInMs", options.connectTimeoutInMs, 10_000),
    ackTimeoutInMs: amount("ackTimeoutInMs", options.ackTimeoutInMs, 30_000),
    maxPendingOperations: positive("maxPendingOperations", options.maxPendingOperations, 10_000),
    resendOnNewConnection: checkFlag("resendOnNewConnection", options.resendOnNewConnection, true),
    releaseDelayInMs: amount("releaseDelayInMs", options.releaseDelayInMs, 1_000),
  });
}

function toProtocol(protocol: WebPubSubClientProtocol | undefined): WebPubSubClientProtocol {
  if (protocol === undefined || protocol === null) return WebPubSubJsonReliableProtocol();
  const isProtocol =
    typeof protocol.name === "string" &&
    typeof protocol.parseMessages === "function" &&
    typeof protocol.writeMessage === "function";
  if (!isProtocol) {
    throw new TypeError(
      "options.protocol must have name, parseMessages and writeMessage; WebPubSubJsonReliableProtocol() makes one.",
    );
  }
  return protocol;
}

/** A codec of the application's may not know pings; then there is no keep-alive. */
function writePing(protocol: WebPubSubClientProtocol): string | ArrayBuffer | undefined {
  try {
    return protocol.writeMessage({ kind: "ping" });
  } catch {
    logger.info(`Could not write a ping: keep-alive is off (${protocol.name}).`);
    return undefined;
  }
}

/** Missing and negative values take the default, as in the reference client. */
function toRetryPolicy(
  name: string,
  given: WebPubSubRetryOptions | undefined,
  defaults: RetryPolicy,
): RetryPolicy {
  if (typeof (given ?? {}) !== "object") throw new TypeError(`${name} must be an object.`);
  const pick = (field: "maxRetries" | "retryDelayInMs" | "maxRetryDelayInMs"): number => {
    const value = given?.[field];
    if (value === undefined || value === null) return defaults[field];
    if (typeof value !== "number" || Number.isNaN(value))
      throw new TypeError(`${name}.${field} must be a number.`);
    return value < 0 ? defaults[field] : value;
  };
  const mode = given?.mode ?? defaults.mode;
  if (mode !== "Fixed" && mode !== "Exponential") {
    throw new TypeError(`${name}.mode must be "Fixed" or "Exponential".`);
  }
  return {
    maxRetries: pick("maxRetries"),
    retryDelayInMs: pick("retryDelayInMs"),
    maxRetryDelayInMs: pick("maxRetryDelayInMs"),
    mode,
    jitter: checkFlag(`${name}.jitter`, given?.jitter, mode === "Exponential"),
  };
}

/** A number from 0 up; 0 switches the thing off. */
export function amount(name: string, value: number | undefined, byDefault: number): number {
  const chosen = value ?? byDefault;
  if (typeof chosen !== "number" || Number.isNaN(chosen)) throw new TypeError(`${name} must be a number.`);
  if (chosen < 0) throw new RangeError(`${name} must be greater than or equal to 0.`);
  return chosen;
}

/** A number above 0. */
export function positive(name: string, value: number | undefined, byDefault: number): number {
  const chosen = amount(name, value, byDefault);
  if (chosen === 0) throw new RangeError(`${name} must be greater than 0.`);
  return chosen;
}
