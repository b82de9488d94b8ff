import { parseArgs } from "node:util";
import { guess } from "../check.js";
import { type Settings, UsageError, settings, valueOf } from "./settings.js";

const flagged = settings.filter(({ flag }) => flag !== undefined);

/** What the arguments say; a mistake among them throws a `UsageError`. */
export function readFlags(args: readonly string[]): Settings {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      flagged.map(({ flag = "", short, value }) => [
        flag,
        { type: value === undefined ? "boolean" : "string", ...(short !== undefined && { short }) } as const,
      ]),
    ),
    // The parser's own complaints don't say what to do instead.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const read: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional")
      throw new UsageError(`${JSON.stringify(token.value)} is not expected: settings begin with --.`);
    if (token.kind !== "option") continue;
    const setting = flagged.find(({ flag }) => flag === token.name);
    if (setting === undefined) {
      const known = flagged.map(({ flag = "" }) => `--${flag}`);
      throw new UsageError(`There is no ${token.rawName}${guess(token.rawName, known)}.`);
    }
    if (setting.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
      read[setting.name] = true;
    } else {
      if (
        token.value === undefined ||
        (!token.inlineValue && token.value.startsWith("-")) ||
        token.value === ""
      )
        throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${setting.value}.`);
      read[setting.name] = valueOf(setting, token.rawName, token.value);
    }
  }
  return read;
}

/** What `--help` prints. */
export function usage(): string {
  const flags = flagged.map(({ flag = "", short, value, help }) => ({
    left: `${short === undefined ? "    " : `-${short}, `}--${flag}${value === undefined ? "" : ` ${value}`}`,
    help,
  }));
  const variables = settings.flatMap(({ variable, flag, help }) =>
    variable === undefined ? [] : [{ left: variable, help: flag === undefined ? help : [`like --${flag}`] }],
  );
  return `Usage: web-pubsub-emulator [settings]

A local Azure Web PubSub service for development and tests.

${table(flags)}

Of a setting given twice, the flag counts before the environment variable, and that before the file:

${table(variables)}
`;
}

function table(rows: readonly { readonly left: string; readonly help: readonly string[] }[]): string {
  const width = Math.max(...rows.map(({ left }) => left.length)) + 2;
  return rows
    .map(({ left, help }) => `  ${left.padEnd(width)}${help.join(`\n${" ".repeat(width + 2)}`)}`)
    .join("\n");
}
