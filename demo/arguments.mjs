import { parseArgs } from "node:util";

export const usage = `Usage: npm run demo [-- --url <client access URL>] [--messages <number>]

Three clients talk in two groups while their transports are cut; every message is counted.

  --url <url>          run against this service instead of a local one (no faults then). The token
                       must carry the roles webpubsub.joinLeaveGroup and webpubsub.sendToGroup;
                       there is no server that could answer, so only group messages fly
  --messages <number>  messages that each client publishes (default: 400; with --url: 60)
  --help               print this
`;

/** A mistake in how the command was called. */
export class UsageError extends Error {}

/** What the command line asks for. */
export function readArguments(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        url: { type: "string" },
        messages: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { url, messages = url === undefined ? "400" : "60", help } = values;
  if (!/^[1-9]\d{0,5}$/.test(messages)) throw new UsageError("--messages must be a number from 1 to 999999.");
  if (url !== undefined && !/^wss?:\/\//.test(url)) {
    throw new UsageError("--url must be a ws:// or wss:// URL with an access token.");
  }
  return { url, messages: Number(messages), help };
}
