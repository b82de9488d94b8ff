/** Checks the options of a client and fills in their defaults. */
import { checkNames, type Advice } from "./advice.js";
import { WebPubSubJsonReliableProtocol } from "./codec/coreProtocols.js";
import type { WebPubSubClientProtocol } from "./codec/protocol.js";
import type { RetryPolicy } from "./connection/retryPolicy.js";
import { createEnvironment } from "./environment/default.js";
import type { Environment } from "./environment/environment.js";
import { SILENT, type ClientLogger } from "./log.js";
import type { WebPubSubClientOptions, WebPubSubRetryOptions } from "./models/options.js";
import { amount, checkOptions, flag, positive, type OptionTable } from "./util/checkOptions.js";
import type { ListenerRegistry } from "./util/listeners.js";
import { safely } from "./util/safely.js";

/** The parts of a client that the core doesn't choose. */
export interface Parts {
  /** Makes the protocol of a client without the option `protocol`. */
  readonly protocol: () => WebPubSubClientProtocol;
  /** Makes the registry of a client's listeners. Default: the core's `Listeners`. */
  readonly listeners?: () => ListenerRegistry;
  /** The logger of a client without the option `logger`. Default: silent. */
  readonly logger?: ClientLogger;
  /** Tells the application's author of mistakes. Default: nobody does. */
  readonly advice?: Advice;
}

/** The parts of a `CoreClient`. */
export const CORE: Parts = { protocol: WebPubSubJsonReliableProtocol };

interface Checked {
  readonly autoReconnect: boolean;
  readonly autoRejoinGroups: boolean;
  readonly restoreGroupStates: boolean;
  readonly keepAliveTimeoutInMs: number;
  readonly keepAliveIntervalInMs: number;
  readonly connectTimeoutInMs: number;
  readonly ackTimeoutInMs: number;
  readonly maxPendingOperations: number;
  readonly resendOnNewConnection: boolean;
  readonly releaseDelayInMs: number;
}

/** The caller's options, complete and checked. */
export interface Settings extends Checked {
  /** The codec of the client. */
  readonly protocol: WebPubSubClientProtocol;
  /** An encoded ping; undefined if the codec can't write one. */
  readonly pingFrame: string | ArrayBuffer | undefined;
  /** The platform, with what the options replace of it. */
  readonly environment: Environment;
  /** Where the log goes. A logger that throws is already caught. */
  readonly logger: ClientLogger;
  /** @internal */
  readonly advice: Advice | undefined;
  /** How operations are retried (`messageRetryOptions`). */
  readonly messageRetry: RetryPolicy;
  /** How attempts to connect are repeated (`reconnectRetryOptions`). */
  readonly reconnectRetry: RetryPolicy;
}

const TABLE: OptionTable<Checked> = {
  autoReconnect: [flag, true],
  autoRejoinGroups: [flag, true],
  restoreGroupStates: [flag, true],
  keepAliveTimeoutInMs: [amount, 45_000],
  keepAliveIntervalInMs: [amount, 20_000],
  connectTimeoutInMs: [positive, 10_000],
  ackTimeoutInMs: [amount, 30_000],
  maxPendingOperations: [positive, 10_000],
  resendOnNewConnection: [flag, true],
  releaseDelayInMs: [amount, 1_000],
};

const MESSAGE_RETRY: RetryPolicy = {
  maxRetries: 3,
  retryDelayInMs: 1_000,
  maxRetryDelayInMs: 30_000,
  mode: "Fixed",
  jitter: false,
};
const RECONNECT_RETRY: RetryPolicy = {
  ...MESSAGE_RETRY,
  maxRetries: Infinity,
  mode: "Exponential",
  jitter: true,
};

/** Settings of clients without options, by their parts. */
const shared = new Map<Parts, Settings>();

/** Completes and checks options. The caller's object isn't changed. Clients without options share one result. */
export function toSettings(options?: WebPubSubClientOptions | null, parts: Parts = CORE): Settings {
  if (options !== undefined && options !== null) return complete(options, parts);
  let settings = shared.get(parts);
  if (!settings) shared.set(parts, (settings = complete({}, parts)));
  return settings;
}

function complete(options: WebPubSubClientOptions, parts: Parts): Settings {
  checkNames(parts, options, "options", {});
  checkNames(parts, options.environment, "environment", {}, "environment");
  const logger = toLogger(options.logger) ?? parts.logger ?? SILENT;
  const protocol = checkProtocol(options.protocol) ?? parts.protocol();
  return Object.freeze({
    ...checkOptions(TABLE, options),
    advice: parts.advice,
    logger,
    protocol,
    pingFrame: writePing(protocol, logger),
    environment: createEnvironment(options.environment ?? {}, options.webSocket ?? undefined),
    messageRetry: toRetryPolicy("messageRetryOptions", options.messageRetryOptions, MESSAGE_RETRY, parts),
    reconnectRetry: toRetryPolicy(
      "reconnectRetryOptions",
      options.reconnectRetryOptions,
      RECONNECT_RETRY,
      parts,
    ),
  });
}

function toLogger(given: ClientLogger | null | undefined): ClientLogger | undefined {
  if (given === undefined || given === null) return undefined;
  const logger = { ...SILENT };
  for (const level of ["info", "warning", "error"] as const) {
    if (typeof given[level] !== "function") throw new TypeError(`logger.${level} must be a function.`);
    // What a logger throws has nowhere to go; it must not stop the client.
    const log = safely(
      (words: unknown[]) => given[level](...words),
      () => undefined,
    );
    logger[level] = (...words) => log(words);
  }
  return logger;
}

function checkProtocol(
  protocol: WebPubSubClientProtocol | null | undefined,
): WebPubSubClientProtocol | undefined {
  if (protocol === undefined || protocol === null) return undefined;
  const isProtocol =
    typeof protocol.name === "string" &&
    typeof protocol.parseMessages === "function" &&
    typeof protocol.writeMessage === "function" &&
    (protocol.frames === undefined || typeof protocol.frames?.add === "function");
  if (!isProtocol) {
    throw new TypeError(
      "options.protocol must have name, parseMessages, writeMessage and, if any, frames.add; WebPubSubJsonReliableProtocol() makes one.",
    );
  }
  return protocol;
}

/** The application's codec may not know pings; then there is no keep-alive. */
function writePing(
  protocol: WebPubSubClientProtocol,
  logger: ClientLogger,
): string | ArrayBuffer | undefined {
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
  parts: Parts,
): RetryPolicy {
  checkNames(parts, given, name, {}, name);
  const pick = (field: "maxRetries" | "retryDelayInMs" | "maxRetryDelayInMs"): number => {
    const value = given?.[field];
    return typeof value === "number" && value < 0
      ? defaults[field]
      : amount(`${name}.${field}`, value, defaults[field]);
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
    jitter: flag(`${name}.jitter`, given?.jitter, mode === "Exponential"),
  };
}
