import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkObject,
  checkString,
  checkStrings,
  optional,
} from "./check.js";
import { type HubOptions, checkFunction, checkHubName, checkHubs } from "./hubOptions.js";
import type { KeyAndCertificate } from "./http/certificate.js";
import { printable } from "./printable.js";
import type { Diagnostic } from "./service/diagnostics.js";
import { defaultRecoveryWindowInMs } from "./service/limits.js";
import { isGroupName } from "./service/names.js";

/** The development key of the vendor's own emulator: public, so no secret. */
export const developmentAccessKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH";

/** Options of `startEmulator`. All may be left out. */
export interface EmulatorOptions {
  /** TCP port; 0, the default: any free one. */
  readonly port?: number;
  /** Address to listen at. Default: "127.0.0.1". */
  readonly host?: string;
  /** Signs and checks tokens. Default: the vendor emulator's public development key. */
  readonly accessKey?: string;
  /** A second key, as the cloud service has one: checks tokens too. Default: none. */
  readonly secondaryAccessKey?: string;
  /** Settings by hub name, in any case. Hubs not listed exist on demand. */
  readonly hubs?: Readonly<Record<string, HubOptions>>;
  /**
   * Serves the trace page, snapshots and faults at `/admin`: to this machine, and where `host` isn't loopback, to others
   * by a token. Default: false.
   */
  readonly admin?: boolean;
  /** The token that opens `/admin` to other hosts. Default: a new one, `Emulator.adminToken`. */
  readonly adminToken?: string;
  /**
   * Origins, such as `http://localhost:5173`, whose pages may use `/admin` too: a page of an application with the
   * client's panel. Default: none.
   */
  readonly adminOrigins?: readonly string[];
  /**
   * Speaks HTTPS and WSS, with this key and its certificate in PEM, or with `true` by a certificate that is made for
   * this machine and signs itself: `Emulator.certificate`. Default: false.
   */
  readonly https?: boolean | KeyAndCertificate;
  /**
   * Takes bearer tokens of Microsoft Entra for REST calls, of which only audience and times are checked: anybody can
   * make such a token. Default: false.
   */
  readonly acceptUnvalidatedEntraTokens?: boolean;
  /**
   * Answers `GET /negotiate?hub=chat&user=ann` by a client URL with every right on groups, to pages of this machine's
   * own names. Default: false.
   */
  readonly negotiate?: boolean;
  /** How long a dropped reliable connection can be recovered, in milliseconds. Default: 30,000. */
  readonly recoveryWindowInMs?: number;
  /** Gets warnings: failed handlers, skipped messages. Default: one line each on standard error. */
  readonly log?: (diagnostic: Diagnostic) => void;
}

/** What a client access URL allows. All may be left out. */
export interface ClientUrlOptions {
  /** User id of the client. Default: none. */
  readonly userId?: string;
  /** Default: none, the client may only send events. */
  readonly roles?: readonly string[];
  /** Groups joined on connecting. Default: none. */
  readonly groups?: readonly string[];
  /** Default: 60. Fractions are fine. */
  readonly expiresInMinutes?: number;
}

export interface CheckedOptions {
  readonly port: number;
  readonly host: string;
  readonly accessKey: string;
  readonly secondaryAccessKey: string | undefined;
  readonly recoveryWindowInMs: number;
  readonly admin: boolean;
  readonly adminToken: string | undefined;
  readonly adminOrigins: readonly string[];
  readonly https: true | KeyAndCertificate | undefined;
  readonly acceptUnvalidatedEntraTokens: boolean;
  readonly negotiate: boolean;
  readonly log: (diagnostic: Diagnostic) => void;
  /** By lower-case name. */
  readonly hubs: ReadonlyMap<string, HubOptions>;
}

/** Longest time that a timer can take, in milliseconds. */
export const maxTimerInMs = 2 ** 31 - 1;
/** Every option of `startEmulator`. */
export const optionNames: readonly string[] = [
  "port",
  "host",
  "accessKey",
  "secondaryAccessKey",
  "hubs",
  "recoveryWindowInMs",
  "admin",
  "adminToken",
  "adminOrigins",
  "https",
  "acceptUnvalidatedEntraTokens",
  "negotiate",
  "log",
];

/** Fills in defaults; a bad value or an unknown name throws an error that says so. */
export function checkOptions(options: EmulatorOptions): CheckedOptions {
  checkObject("options", options, optionNames);
  const host = optional(options.host, (value) => checkString("host", value)) ?? "127.0.0.1";
  const flag = (name: "admin" | "acceptUnvalidatedEntraTokens" | "negotiate") =>
    optional(options[name], (value) => checkBoolean(name, value)) ?? false;
  const recoveryWindowInMs = optional(options.recoveryWindowInMs, (value) =>
    checkNumber("recoveryWindowInMs", value, 0, maxTimerInMs),
  );
  return {
    port: optional(options.port, (value) => checkInteger("port", value, 0, 65_535)) ?? 0,
    host,
    accessKey:
      optional(options.accessKey, (value) => checkString("accessKey", value)) ?? developmentAccessKey,
    secondaryAccessKey: optional(options.secondaryAccessKey, (value) =>
      checkString("secondaryAccessKey", value),
    ),
    admin: flag("admin"),
    adminToken: optional(options.adminToken, (value) => checkAdminToken("adminToken", value)),
    adminOrigins: optional(options.adminOrigins, checkAdminOrigins) ?? [],
    https: optional(options.https, checkHttps),
    acceptUnvalidatedEntraTokens: flag("acceptUnvalidatedEntraTokens"),
    negotiate: flag("negotiate"),
    recoveryWindowInMs: recoveryWindowInMs ?? defaultRecoveryWindowInMs,
    log: loggingTo(
      optional(options.log, (value) => checkFunction("log", value) as (entry: Diagnostic) => void),
    ),
    hubs: checkHubs(options.hubs),
  };
}

export function checkAdminToken(name: string, value: unknown): string {
  const token = checkString(name, value);
  // It goes into a header, a URL and a cookie.
  if (/^[\w.~-]{16,}$/.test(token)) return token;
  throw new RangeError(`${name} must have at least 16 characters, of letters, digits and - . _ ~ only.`);
}

function checkAdminOrigins(value: unknown): readonly string[] {
  return checkStrings("adminOrigins", value).map((origin, at) => checkOrigin(`adminOrigins[${at}]`, origin));
}

/** As browsers send it: scheme, name and port, nothing else. */
export function checkOrigin(name: string, origin: string): string {
  if (/^https?:\/\/([a-z\d.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/.test(origin)) return origin;
  throw new RangeError(
    `${name} must be an origin such as http://localhost:5173, but is ${printable(origin)}.`,
  );
}

function checkHttps(value: unknown): true | KeyAndCertificate | undefined {
  if (typeof value === "boolean") return value ? true : undefined;
  if (typeof value !== "object" || value === null)
    throw new TypeError(`https must be true, false or { key, cert }, but is ${JSON.stringify(value)}.`);
  const { key, cert } = checkObject("https", value, ["key", "cert"]);
  return { key: checkString("https.key", key), cert: checkString("https.cert", cert) };
}

/** Checks what a client access URL is to be made of. */
export function checkClientUrl(
  hub: unknown,
  options: ClientUrlOptions,
): Required<Omit<ClientUrlOptions, "userId">> {
  checkHubName("hub", hub);
  checkObject("options", options, ["userId", "roles", "groups", "expiresInMinutes"]);
  optional(options.userId, (value) => checkString("userId", value));
  const groups = optional(options.groups, (value) => checkStrings("groups", value)) ?? [];
  for (const group of groups) {
    if (!isGroupName(group))
      throw new RangeError("groups must hold names of 1 to 1,024 characters, not all blank.");
  }
  return {
    groups,
    roles: optional(options.roles, (value) => checkStrings("roles", value)) ?? [],
    expiresInMinutes:
      optional(options.expiresInMinutes, (value) =>
        // A token from the past is worth having: a test may want one that has expired.
        checkNumber("expiresInMinutes", value, -1_000_000, 1_000_000_000),
      ) ?? 60,
  };
}

/** What the caller's function throws must not come between the service and its clients. */
export function loggingTo(log = logToStderr): (diagnostic: Diagnostic) => void {
  return (diagnostic) => {
    try {
      log(diagnostic);
    } catch (error) {
      console.error("[web-pubsub-emulator] The log function failed:", error);
    }
  };
}

function logToStderr({ level, hub, connectionId, message }: Diagnostic): void {
  if (level !== "warning") return;
  const subject = [hub, connectionId].filter(Boolean).join("/");
  console.warn(`[web-pubsub-emulator] ${printable(subject === "" ? message : `${subject}: ${message}`)}`);
}
