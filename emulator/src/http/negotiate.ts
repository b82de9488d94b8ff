import type { IncomingMessage, ServerResponse } from "node:http";
import type { Diagnostics } from "../service/diagnostics.js";
import { isHubName } from "../service/names.js";
import { isLoopback } from "./address.js";
import { errorBody } from "./refusal.js";

/** Makes a client URL. @param host by which the caller reaches the service. */
export type Negotiation = (hub: string, user: string | undefined, host: string) => Promise<string>;

const parameters = ["hub", "user"];

/**
 * `GET /negotiate?hub=chat&user=ann` answers a client URL, as an application's server would: as text, or as
 * `{"url"}` for those who accept JSON. Pages of this machine's names may ask; others' pages may not, since whoever has
 * such a URL is in.
 */
export async function negotiate(
  request: IncomingMessage,
  response: ServerResponse,
  make: Negotiation,
  diagnostics: Diagnostics,
): Promise<void> {
  const fail = (status: number, message: string) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(errorBody(status, message));
  };
  const { host = "", origin, accept = "" } = request.headers;
  /** A page can't read why it was refused: its browser only says that there was no permission. */
  const refuse = (message: string) => {
    const told = `No client URL for ${origin === undefined ? `a caller of ${host}` : `a page of ${origin}`}: ${message}`;
    diagnostics({ level: "warning", hub: "", connectionId: undefined, message: told });
    fail(403, message);
  };
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Vary", "Origin, Accept");
  // A foreign page could have its name resolve to this machine; then it is the host.
  if (!isLocal(`http://${host}`)) return refuse("The Host header must be localhost or a loopback address.");
  if (origin !== undefined) {
    if (!isLocal(origin)) return refuse("Only pages of localhost or a loopback address may ask.");
    response.setHeader("Access-Control-Allow-Origin", origin);
  }
  if (request.method === "OPTIONS") {
    const allowed = request.headers["access-control-request-headers"];
    if (allowed !== undefined) response.setHeader("Access-Control-Allow-Headers", allowed);
    response.writeHead(204, { "Access-Control-Allow-Methods": "GET" }).end();
    return;
  }
  if (request.method !== "GET") return fail(405, "Only GET is possible.");
  const { searchParams } = new URL(request.url ?? "", "http://localhost");
  const unknown = [...searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) return fail(400, `There is no parameter ${unknown}; it knows hub and user.`);
  const hub = searchParams.get("hub") ?? "";
  if (!isHubName(hub)) return fail(400, "The parameter hub must be a hub's name, as in ?hub=chat.");
  const url = await make(hub, searchParams.get("user") || undefined, host);
  const json = /\bapplication\/json\b/i.test(accept);
  response
    .writeHead(200, { "Content-Type": json ? "application/json" : "text/plain; charset=utf-8" })
    .end(json ? JSON.stringify({ url }) : url);
}

function isLocal(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const name = new URL(origin).hostname.replaceAll(/[[\]]/g, "");
  return isLoopback(name) || name.endsWith(".localhost");
}
