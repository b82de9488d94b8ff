import { guess } from "../check.js";
import { checkHubName } from "../hubOptions.js";
import { checkAdminToken, checkOrigin } from "../options.js";

/** A mistake in how the command was called: told without a stack. */
export class UsageError extends Error {}

/** What flags and environment variables say. */
export interface Settings {
  readonly port?: number;
  readonly host?: string;
  readonly config?: string;
  readonly hub?: string;
  readonly accessKey?: string;
  readonly secondaryAccessKey?: string;
  readonly admin?: boolean;
  readonly adminToken?: string;
  readonly adminOrigins?: readonly string[];
  readonly https?: boolean;
  readonly negotiate?: boolean;
  readonly acceptUnvalidatedEntraTokens?: boolean;
  readonly verbose?: boolean;
  readonly help?: boolean;
  readonly version?: boolean;
}

export interface SettingDescription {
  readonly name: keyof Settings;
  /** Left out: not to be given as a flag. */
  readonly flag?: string;
  readonly short?: string;
  /** What stands for the value in the help; left out: it is yes or no. */
  readonly value?: string;
  /** Left out: not to be given as an environment variable. */
  readonly variable?: string;
  readonly help: readonly string[];
}

const prefix = "WEB_PUBSUB_EMULATOR_";

/** Every setting of the command line, in the order of the help. */
export const settings: readonly SettingDescription[] = [
  {
    name: "port",
    flag: "port",
    short: "p",
    value: "<number>",
    variable: `${prefix}PORT`,
    help: ["TCP port to listen on (default: 8080; 0: any free one)"],
  },
  {
    name: "host",
    flag: "host",
    value: "<address>",
    variable: `${prefix}HOST`,
    help: ["address to listen at (default: 127.0.0.1, this machine only)"],
  },
  {
    name: "config",
    flag: "config",
    short: "c",
    value: "<file>",
    variable: `${prefix}CONFIG`,
    help: [
      "handlers and other options: a JSON file, or a module whose default",
      "export they are; changes of hubs apply when it is saved",
    ],
  },
  {
    name: "hub",
    flag: "hub",
    value: "<name>",
    variable: `${prefix}HUB`,
    help: ["hub of the client URL that is printed (default: chat)"],
  },
  {
    name: "admin",
    flag: "admin",
    variable: `${prefix}ADMIN`,
    help: [
      "serve the trace page and faults over HTTP at /admin: to this",
      "machine, to other hosts by the token that is printed",
    ],
  },
  {
    name: "adminOrigins",
    flag: "admin-origins",
    value: "<origins>",
    variable: `${prefix}ADMIN_ORIGINS`,
    help: [
      "pages that may use /admin too, such as http://localhost:5173;",
      "several with commas between them",
    ],
  },
  {
    name: "https",
    flag: "https",
    variable: `${prefix}HTTPS`,
    help: ["speak HTTPS and WSS, with a certificate that is made now"],
  },
  {
    name: "negotiate",
    flag: "negotiate",
    variable: `${prefix}NEGOTIATE`,
    help: ["answer GET /negotiate?hub=chat&user=ann by a client URL, to pages", "of localhost"],
  },
  {
    name: "acceptUnvalidatedEntraTokens",
    flag: "accept-unvalidated-entra-tokens",
    variable: `${prefix}ACCEPT_UNVALIDATED_ENTRA_TOKENS`,
    help: ["take Microsoft Entra tokens of servers; nobody checks who has", "signed them"],
  },
  {
    name: "verbose",
    flag: "verbose",
    variable: `${prefix}VERBOSE`,
    help: ["print what happens on connections"],
  },
  {
    name: "accessKey",
    value: "<key>",
    variable: `${prefix}ACCESS_KEY`,
    help: ["signs and checks tokens (default: a public development key)"],
  },
  {
    name: "secondaryAccessKey",
    value: "<key>",
    variable: `${prefix}SECONDARY_ACCESS_KEY`,
    help: ["checks tokens too"],
  },
  {
    name: "adminToken",
    value: "<token>",
    variable: `${prefix}ADMIN_TOKEN`,
    help: ["opens /admin to other hosts (default: a new one each time)"],
  },
  { name: "help", flag: "help", short: "h", help: ["print this and exit"] },
  { name: "version", flag: "version", short: "v", help: ["print the version and exit"] },
];

/** What the environment says. An unknown variable with our prefix is most likely a misspelt one. */
export function readVariables(environment: Readonly<Record<string, string | undefined>>): Settings {
  const read: Record<string, unknown> = {};
  const known = settings.flatMap(({ variable }) => variable ?? []);
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || text === undefined) continue;
    const setting = settings.find((candidate) => candidate.variable === variable);
    if (setting === undefined)
      throw new UsageError(
        `There is no setting ${variable}${guess(variable, known)}; remove it from the environment.`,
      );
    if (text === "") continue;
    read[setting.name] =
      setting.value === undefined ? yesOrNo(variable, text) : valueOf(setting, variable, text);
  }
  return read;
}

function yesOrNo(variable: string, text: string): boolean {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new UsageError(`${variable} must be true or false, but is ${JSON.stringify(text)}.`);
}

/** The setting's value, if the text fits. @param source how the user gave it. */
export function valueOf(
  { name }: SettingDescription,
  source: string,
  text: string,
): string | number | string[] {
  switch (name) {
    case "port":
      if (!/^\d+$/.test(text) || Number(text) > 65_535)
        throw new UsageError(
          `${source} must be a whole number from 0 to 65535, but is ${JSON.stringify(text)}.`,
        );
      return Number(text);
    case "hub":
      return checked(() => checkHubName(source, text));
    case "adminToken":
      return checked(() => checkAdminToken(source, text));
    case "adminOrigins":
      return text.split(",").map((origin) => checked(() => checkOrigin(source, origin.trim())));
    default:
      return text;
  }
}

function checked(check: () => string): string {
  try {
    return check();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
